/** `npm run scan` finds what n8n's check refuses, also where a comment forbids it to. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from '../../unit/docs/support';

let folder: string;
beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), 'scanned-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** In a process of its own: ESLint loads its configuration as ES modules. */
function rulesBrokenBy(code: string): string[] {
	writeFileSync(join(folder, 'code.js'), code);
	const tool = pathToFileURL(join(root, 'tools/scan/findings.mjs')).href;
	const script = `
		const { findingsIn, TARBALL_PATTERNS } = await import(${JSON.stringify(tool)});
		console.log(JSON.stringify(await findingsIn(${JSON.stringify(folder)}, TARBALL_PATTERNS)));`;
	// The check makes a folder there, and leaves it.
	const env = { ...process.env, TMPDIR: folder };
	const args = ['--input-type=module', '-e', script];
	const output = execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
	const findings = JSON.parse(output) as Array<{ rule: string }>;
	return findings.map(({ rule }) => rule.replace(/^.*\//, ''));
}

it('finds timers, the environment, modules of Node and the console, whatever comments say', () => {
	const code = [
		'/* eslint-disable */',
		'setTimeout(() => {}, 1);',
		'process.exit();',
		"require('node:http');",
		'console.log(1);',
	].join('\n');
	expect(rulesBrokenBy(code).sort()).toEqual([
		'no-console',
		'no-restricted-globals',
		'no-restricted-globals',
		'no-restricted-imports',
	]);
});

it('finds nothing in what the cloud edition is made of', () => {
	const code = [
		"require('node:crypto');",
		"fetch('https://example.com');",
		'AbortSignal.timeout(1);',
		"new WebSocket('wss://example.com');",
		'performance.now();',
	].join('\n');
	expect(rulesBrokenBy(code)).toEqual([]);
});
