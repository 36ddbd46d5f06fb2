// n8n's own check of community packages, run on the packages as they would be published and on their sources
// (docs/editions.md#the-check). Without the network: what it looks up there (provenance) is there only once published.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
/** How many errors each package may have: never more, and no longer more than it has. */
const budget = JSON.parse(readFileSync(new URL('budget.json', import.meta.url), 'utf8'));
/** Largest package for n8n Cloud, in bytes. */
const MAX_PACKED_BYTES = { 'n8n-nodes-cognigy-cloud': 250_000 };

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'scan-')));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));
// The check makes a folder there, and leaves it.
process.env.TMPDIR = temporary;
const { findingsIn, findPackageRoot, SOURCE_PATTERNS, TARBALL_PATTERNS } = await import('./findings.mjs');

let problems = 0;
for (const [name, allowed] of Object.entries(budget)) {
	const folder = findPackageRoot(root, name);
	if (!folder) throw new Error(`No package.json of this repository names ${name}`);
	const packed = unpack(name, folder);
	report(name, 'tarball', await findingsIn(packed.folder, TARBALL_PATTERNS), allowed.tarball);
	report(name, 'sources', await findingsIn(folder, SOURCE_PATTERNS), allowed.sources);
	const most = MAX_PACKED_BYTES[name] ?? Infinity;
	console.log(`${name}: ${(packed.bytes / 1000).toFixed(1)} kB packed`);
	if (packed.bytes > most) fail(`${name} may have ${most / 1000} kB at most`);
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
function unpack(name, folder) {
	const place = join(temporary, name);
	mkdirSync(place);
	run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', place], folder);
	const [tarball] = readdirSync(place);
	run('tar', ['-xzf', tarball], place);
	return { folder: join(place, 'package'), bytes: statSync(join(place, tarball)).size };
}

function run(command, args, cwd) {
	const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
	return stdout;
}
