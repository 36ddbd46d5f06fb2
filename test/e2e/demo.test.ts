import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { projectFolder } from '../../n8n-host';
import { ApiKeys } from '../../sandbox/cognigyAi/apiKeys';
import { seed } from '../../sandbox/cognigyAi/seed';
import { n8nMajor, readTree } from './support';

jest.setTimeout(900_000);

const recordedTokens = join(mkdtempSync(join(tmpdir(), 'tokens-')), 'tokens.txt');
afterAll(() => rmSync(dirname(recordedTokens), { recursive: true }));
const demoFolder = join(projectFolder, '.cache', 'demo');

interface Ended {
	exitCode: number | string | null | undefined;
	output: string;
}

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

/** All lines of a part of the output, which ends with an empty one. */
function block({ output }: Ended, title: string): string {
	const [, rows = ''] = new RegExp(`\\n${title}\\n(( +.*\\n)*)`).exec(output) ?? [];
	return rows;
}

/** What the n8n of each port has logged. */
function logs(): string {
	return readdirSync(demoFolder)
		.map((folder) => readFileSync(join(demoFolder, folder, 'n8n.log'), 'utf8'))
		.join('\n');
}

/** What the demo shows of an event that the CRM has sent twice (guarantee 1). */
function expectRedelivery(demo: Ended): void {
	const [, sessionId] = /session +([0-9a-f-]{36})\n/.exec(block(demo, 'What the CRM got back \\(HTTP 200\\)')) ?? [];
	const again = block(demo, 'What the CRM got back for the same event again \\(HTTP 200\\)');
	expect(again).toMatch(new RegExp(`^ +session +${sessionId}\\n +reply +Order A-1001 has been shipped`));
	expect(again).toMatch(/repeated +true\n +attempts +0\n +flows started +0 \(from the sandbox: 1 before, 1 after\)\n/);
}

/** What the demo shows of the conversation that a workflow has waited for. */
function expectOutcome(demo: Ended): void {
	const told = block(demo, 'What the claims system was told when the conversation was over');
	expect(told).toMatch(/^ +request +POST \/claims -> 200\n +session +[0-9a-f-]{36}\n/);
	expect(told).toMatch(/outcome +\{"status":"answered","claimId":"C-1001","answer":"The lid\."\}\n/);
}

describe('with Cognigy v1', () => {
	const PASSWORD = 'demo-password';
	let demo: Ended;

	beforeAll(async () => {
		demo = await runDemo('--once', '--n8n', n8nMajor);
	});

	it('takes an event of a CRM through a real n8n to the bot, and ends well', () => {
		expect(demo.output).toContain('Order A-1001 has been shipped');
		expect(demo.exitCode).toBe(0);
	});

	it('prints what came back: session, status, reply, latency, audit', () => {
		expect(demo.output).toMatch(/session +[0-9a-f-]{36}\n/);
		expect(demo.output).toMatch(/status +started\n/);
		expect(demo.output).toMatch(/reply +Order A-1001 has been shipped/);
		expect(demo.output).toMatch(/latency +\d+ ms/);
		expect(demo.output).toMatch(/operation +triggerFlow\n/);
		expect(demo.output).toMatch(/attempts +1\n/);
	});

	it('starts nothing when the CRM sends the event again, and prints it', () => {
		expectRedelivery(demo);
	});

	it("starts the second workflow by the bot's answer, and prints what it got", () => {
		expect(demo.output).toContain('bot-messages.json');
		expect(demo.output).toMatch(
			/What the bot's answer started in n8n\n +execution +\d+\n +user +customer-42\n +text +Order A-1001 has been shipped/,
		);
	});

	it('shows what the second workflow has told the CRM', () => {
		const told = block(demo, 'What the CRM was told');
		expect(told).toMatch(/^ +request +POST \/messages -> 200\n/);
		expect(told).toMatch(/text +Order A-1001 has been shipped/);
	});

	it('goes on with a parked workflow when the customer has answered, and prints it', () => {
		expect(demo.output).toContain('claim-ask-customer.json');
		expectOutcome(demo);
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
		const everything = demo.output + readTree(demoFolder);

		// The search looks in the right places.
		expect(tokens.length).toBeGreaterThan(1);
		expect(everything).toContain('Cognigy audit');
		expect(everything).toContain('customer-42');
		expect([PASSWORD, ...tokens].filter((secret) => everything.includes(secret))).toEqual([]);
	});
});

describe('with Cognigy.AI', () => {
	const PASSWORD = 'demo-webhook-password';
	let demo: Ended;

	beforeAll(async () => {
		demo = await runDemo('--platform', 'cognigy-ai', '--once', '--n8n', n8nMajor);
	});

	it('runs all templates of the platform, and ends well', () => {
		const templates = [
			'cognigy-ai-crm-webhook-trigger-flow.json',
			'cognigy-ai-bot-messages.json',
			'cognigy-ai-webhook-bot-messages.json',
			'cognigy-ai-claim-ask-customer.json',
			'cognigy-ai-transcript-to-crm.json',
			'cognigy-ai-scheduled-session-reset.json',
		];
		expect(templates.filter((template) => !demo.output.includes(template))).toEqual([]);
		expect(demo.output).toContain('running it once');
		expect(demo.exitCode).toBe(0);
	});

	it('brings the reply of the bot back to the CRM, and prints it with session, status, latency and audit', () => {
		const answer = block(demo, 'What the CRM got back \\(HTTP 200\\)');
		expect(answer).toMatch(/session +[0-9a-f-]{36}\n/);
		expect(answer).toMatch(/status +COMPLETED\n/);
		expect(answer).toMatch(/reply +Order A-1001 has been shipped/);
		expect(answer).toMatch(/latency +\d+ ms/);

		const audit = block(demo, 'The audit of the flow start');
		expect(audit).toMatch(/operation +triggerFlow\n/);
		expect(audit).toMatch(/attempts +1\n/);
	});

	it('starts nothing when the CRM sends the event again, and prints it', () => {
		expectRedelivery(demo);
	});

	it('tells the CRM why its event got nowhere, and prints it', () => {
		expect(block(demo, 'What the CRM got back when another snapshot ran \\(HTTP 502\\)')).toMatch(
			/error +Endpoint "Orders REST" does not run snapshot "v1.1".*\n +errorCategory +notPublished\n/,
		);
	});

	it.each([
		["What the bot's answer over Socket.IO started in n8n", 'customer-42', 'Order A-1002 is being packed'],
		["What the bot's call of the webhook started in n8n", 'customer-7', 'Order A-1003 was delivered'],
	])('starts a workflow by what the bot says, and prints what it got: %s', (title, user, text) => {
		expect(block(demo, title)).toMatch(new RegExp(`^ +execution +\\d+\\n +user +${user}\\n +text +${text}`));
	});

	it('goes on with a parked workflow when the customer has answered, and prints it', () => {
		expectOutcome(demo);
	});

	it('shows what the CRM was told of the chat', () => {
		const told = block(demo, 'What the CRM was told');
		expect(told).toMatch(/^ +request +POST \/messages -> 200\n/);
		expect(told).toMatch(/sessionId +chat-1\n +userId +customer-42\n/);
		expect(told).toMatch(/text +Order A-1002 is being packed/);
	});

	it('hands the transcript of the expired session to the CRM, and prints it', () => {
		const [, sessionId] = /session +([0-9a-f-]{36})\n/.exec(demo.output) ?? [];
		const note = block(demo, 'The transcript that the CRM got, once the session was over');
		expect(note).toMatch(
			new RegExp(`^ +request +POST /notes -> 200\\n +sessionId +${sessionId}\\n +userId +customer-42\\n`),
		);
		expect(note).toMatch(/ +text +user: Where is my order\?\n +text +bot: Order A-1001 has been shipped .*\n$/);
	});

	it('resets the next session that expires, and prints its audit', () => {
		const reset = block(demo, 'The audit of the reset, once the session had expired');
		expect(reset).toMatch(/^ +sessionId +[0-9a-f-]{36}\n +result +success\n +verified +true\n/);
	});

	it("leaves no key or password anywhere, and no token in its output and n8n's log (guarantee 6)", () => {
		const keys = new ApiKeys().all().map(({ key }) => key);
		const user = Buffer.from(`cognigy:${PASSWORD}`).toString('base64');
		const tokens = seed(0, '').endpoints.map(({ URLToken }) => URLToken);
		const files = readTree(demoFolder);

		// The search looks in the right places. The workflows themselves name their endpoints.
		expect(files).toContain('Cognigy audit');
		expect(tokens.some((token) => files.includes(token))).toBe(true);
		expect([...keys, PASSWORD, user].filter((secret) => (demo.output + files).includes(secret))).toEqual([]);
		const shown = demo.output + logs();
		expect(shown).toContain('Cognigy audit');
		expect(tokens.filter((token) => shown.includes(token))).toEqual([]);
	});
});
