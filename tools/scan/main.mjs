// n8n's own check of community packages, run on the packages as they would be published and on their sources
// (docs/editions.md#the-check). Without the network: what it looks up there (provenance) is there only once published.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { findingsIn, findPackageRoot, SOURCE_PATTERNS, TARBALL_PATTERNS } from './findings.mjs';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
/** How many errors each package may have: never more, and no longer more than it has. */
const budget = JSON.parse(readFileSync(new URL('budget.json', import.meta.url), 'utf8'));
/** Largest package for n8n Cloud, in bytes. */
const MAX_PACKED_BYTES = { 'n8n-nodes-cognigy-cloud': 250_000 };

let problems = 0;
for (const [name, allowed] of Object.entries(budget)) {
	const folder = findPackageRoot(root, name);
	if (!folder) throw new Error(`No package.json of this repository names ${name}`);
	const packed = unpack(folder);
	try {
		report(name, 'tarball', await findingsIn(packed.folder, TARBALL_PATTERNS), allowed.tarball);
		report(name, 'sources', await findingsIn(folder, SOURCE_PATTERNS), allowed.sources);
		const most = MAX_PACKED_BYTES[name] ?? Infinity;
		console.log(`${name}: ${(packed.bytes / 1000).toFixed(1)} kB packed`);
		if (packed.bytes > most) fail(`${name} may have ${most / 1000} kB at most`);
	} finally {
		rmSync(packed.temporary, { recursive: true, force: true });
	}
}
process.exitCode = problems > 0 ? 1 : 0;

function report(name, where, findings, allowed) {
	console.log(`${name}, ${where}: ${findings.length} errors`);
	const byRule = Map.groupBy(findings, ({ rule }) => rule);
	for (const [rule, { length }] of byRule) console.log(`  ${String(length).padStart(4)} ${rule}`);
	if (findings.length > allowed) {
		for (const { file, line, rule, message } of findings) console.log(`  ${file}:${line} ${rule}: ${message}`);
		fail(`${name}, ${where}: ${allowed} errors are allowed (tools/scan/budget.json)`);
	} else if (findings.length < allowed) {
		fail(`${name}, ${where}: fewer than allowed; set it to ${findings.length} in tools/scan/budget.json`);
	}
}

function fail(problem) {
	problems++;
	console.log(`FAILED: ${problem}`);
}

/** The package as npm would publish it. */
function unpack(folder) {
	const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'scan-')));
	run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', temporary], folder);
	const [tarball] = run('ls', [temporary], temporary).split('\n');
	run('tar', ['-xzf', tarball], temporary);
	return { temporary, folder: join(temporary, 'package'), bytes: statSync(join(temporary, tarball)).size };
}

function run(command, args, cwd) {
	const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
	return stdout;
}
