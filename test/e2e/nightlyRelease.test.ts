/** The template of a nightly release, night after night, in a real n8n. */
import { executionError, nodeOutput, type EndedExecution, type StoredWorkflow } from '../../n8n-host';
import { tableFillIns, tableRows } from '../../demo/dataTables';
import { filledTemplate, templateFile } from '../../demo/templates';
import type { CognigyAiSandbox } from '../../sandbox';
import { n8nMajor, startCognigyAiE2e, type E2e } from './support';

jest.setTimeout(240_000);

const FILE = templateFile('cognigy-ai-nightly-release.json');
const TABLE = 'cognigy_ai_releases';
const RELEASE_NODES = ['Endpoint Now', 'Create Snapshot', 'Deploy', 'Delete Old Snapshot', 'Roll Back'];
/** What the bot is asked, and says: right, and wrong by the template. */
const RIGHT = 'Where is my order A-1001?';
const WRONG = 'Where is my order A-1003?';

let e2e: E2e<CognigyAiSandbox>;
let secrets: string[];
const workflows: Record<string, StoredWorkflow> = {};

beforeAll(async () => {
	e2e = await startCognigyAiE2e();
	const { apiUrl: apiBaseUrl, endpointUrl: endpointBaseUrl, apiKey, projectId } = e2e.sandbox;
	secrets = [apiKey, e2e.sandbox.endpoint('Orders REST').urlToken];
	const credential = await e2e.client.createCredential('Cognigy.AI', 'cognigyAiApi', {
		apiBaseUrl,
		endpointBaseUrl,
		apiKey,
		projectId,
	});
	const credentials = [credential];
	const tables = await tableFillIns(e2e.client, FILE, n8nMajor, 'Release Log');
	for (const question of [RIGHT, WRONG]) {
		const definition = filledTemplate(FILE, {
			...Object.fromEntries(RELEASE_NODES.map((name) => [name, { credentials }])),
			...tables,
			'Endpoint Now': {
				credentials,
				parameters: { endpoint: { __rl: true, mode: 'list', value: e2e.sandbox.endpoint('Orders REST').id } },
			},
			'Warm-Up': { parameters: { amount: 0 } },
			'Smoke Test': { credentials, parameters: { input: question } },
		});
		workflows[question] = await e2e.client.createWorkflow({ ...definition, name: question });
	}
});
afterAll(async () => {
	await e2e?.stop();
});

const begin = async (question: string): Promise<string> => {
	const workflow = workflows[question];
	if (!workflow) throw new Error(`There is no workflow "${question}".`);
	return await e2e.client.runWorkflow(workflow, 'Every Night');
};

/** One night. */
async function run(question: string): Promise<EndedExecution> {
	return await e2e.client.waitForExecution(await begin(question), { timeoutMs: 60_000 });
}

const runsNow = () => e2e.sandbox.endpoint('Orders REST').deployment;
const log = async () =>
	(await tableRows(e2e.client, TABLE)).map(({ snapshot, before, state }) => [snapshot, before, state]);
const nightly = () => e2e.sandbox.snapshots.filter((name) => name.startsWith('nightly-'));

it('deploys a snapshot, asks the bot, takes it back when the reply is wrong, and tells what a killed night has left', async () => {
	const { sandbox } = e2e;

	const good = await run(RIGHT);
	expect(executionError(good)).toBeUndefined();
	const [first = ''] = nightly();
	expect(runsNow()).toBe(first);
	expect(await log()).toEqual([[first, 'the live project', 'checked']]);
	const [smoke] = nodeOutput(good, 'Smoke Test');
	expect(smoke).toMatchObject({ reply: 'Order A-1001 has been shipped and arrives on Friday.' });
	expect(sandbox.session(String(smoke?.['sessionId']))).toMatchObject({
		conversation: [{ source: 'user', testMode: true }, { source: 'bot' }],
	});

	const wrong = await run(WRONG);
	const [, second = ''] = nightly();
	expect(runsNow()).toBe(first);
	expect((await log())[1]).toEqual([second, `snapshot "${first}"`, 'rolled back']);
	expect(executionError(wrong)?.message).toBe(
		`The smoke test of snapshot "${second}" failed: the bot said "Order A-1003 was delivered on Monday.". Endpoint "Orders REST" runs snapshot "${first}" again`,
	);

	// The bot never answers, and n8n is killed while it waits: between deployment and check.
	sandbox.faults.inject({ operation: 'message', kind: 'latency', ms: 120_000 });
	await begin(RIGHT);
	await sandbox.when(() => sandbox.stats().calls.message === 3, 60_000);
	await e2e.n8n.kill();
	sandbox.faults.clear();
	const [, , third = ''] = nightly();
	expect(runsNow()).toBe(third);
	await e2e.startAgain();

	const next = await run(RIGHT);
	expect(executionError(next)?.message).toBe(
		`The last release was cut short before its check. Endpoint "Orders REST" runs snapshot "${third}" now. Snapshot "${third}" was to be deployed to it, and nobody has checked that; before, it ran snapshot "${first}". Look at it, then run this workflow again`,
	);
	expect(runsNow()).toBe(third);
	expect((await log()).map(([, , state]) => state)).toEqual(['checked', 'rolled back', 'cut short']);

	// The next night goes on, and tidies up: what was there before it stays.
	const after = await run(RIGHT);
	expect(executionError(after)).toBeUndefined();
	const left = nightly();
	expect(left).toEqual([second, third, runsNow()]);
	expect((await log()).at(-1)).toEqual([runsNow(), `snapshot "${third}"`, 'checked']);
});

it('shows no key and no address of an endpoint: in items, the log or the table (guarantee 6)', async () => {
	const executions = await Promise.all(
		Object.values(workflows).map(async (workflow) => {
			const all = await e2e.client.executions(workflow);
			return await Promise.all(all.map(async ({ id }) => await e2e.client.execution(id)));
		}),
	);
	const shown = JSON.stringify([executions, await tableRows(e2e.client, TABLE)]) + e2e.wholeLog();

	expect(shown).toContain('Cognigy audit');
	expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
});
