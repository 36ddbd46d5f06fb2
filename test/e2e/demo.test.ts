import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { projectFolder } from '../../n8n-host';
import { n8nMajor, readTree } from './support';

jest.setTimeout(900_000);

const PASSWORD = 'demo-password';
const recordedTokens = join(mkdtempSync(join(tmpdir(), 'tokens-')), 'tokens.txt');

interface Ended {
	exitCode: number | string | null | undefined;
	output: string;
}

let demo: Ended;

beforeAll(async () => {
	demo = await runDemo('--once', '--n8n', n8nMajor);
});

/** `npm run demo` without the set-up before it. */
async function runDemo(...options: string[]): Promise<Ended> {
	const env = {
		...process.env,
		NODE_OPTIONS: `--require ${join(__dirname, 'recordTokens.cjs')}`,
		RECORDED_TOKENS: recordedTokens,
	};
	const program = ['--import', 'tsx', join(projectFolder, 'demo', 'main.ts'), ...options];
	return await new Promise((resolve) => {
		execFile(process.execPath, program, { cwd: projectFolder, env }, (error, stdout, stderr) =>
			resolve({ exitCode: error ? error.code : 0, output: stdout + stderr }),
		);
	});
}

it('takes an event of a CRM through a real n8n to the bot, and ends well', () => {
	expect(demo.output).toContain('Order A-1001 has been shipped');
	expect(demo.exitCode).toBe(0);
});

it('prints what came back: session, status, latency, audit', () => {
	expect(demo.output).toMatch(/session +[0-9a-f-]{36}\n/);
	expect(demo.output).toMatch(/status +started\n/);
	expect(demo.output).toMatch(/latency +\d+ ms/);
	expect(demo.output).toMatch(/operation +triggerFlow\n/);
	expect(demo.output).toMatch(/attempts +1\n/);
});

it("starts the second workflow by the bot's answer, and prints what it got", () => {
	expect(demo.output).toContain('bot-messages.json');
	expect(demo.output).toMatch(
		/What the bot's answer started in n8n\n +execution +\d+\n +user +customer-42\n +text +Order A-1001 has been shipped/,
	);
});

it('resets the expired session by the third workflow, and prints its audit', () => {
	expect(demo.output).toContain('scheduled-session-reset.json');
	const [, sessionId] = /session +([0-9a-f-]{36})\n/.exec(demo.output) ?? [];
	expect(demo.output).toMatch(
		new RegExp(
			`The audit of the reset, once the session had expired\\n +sessionId +${sessionId}\\n +result +success\\n`,
		),
	);
	expect(demo.output).toMatch(/verified +true\n/);
	expect(demo.output).toMatch(/checks +1\n/);
});

it("leaves no password and no token in its output, n8n's log or execution data (guarantee 6)", () => {
	const tokens = readFileSync(recordedTokens, 'utf8').trim().split('\n');
	const everything = demo.output + readTree(join(projectFolder, '.cache', 'demo'));

	// The search looks in the right places.
	expect(tokens.length).toBeGreaterThan(1);
	expect(everything).toContain('Cognigy audit');
	expect(everything).toContain('customer-42');
	expect([PASSWORD, ...tokens].filter((secret) => everything.includes(secret))).toEqual([]);
});
