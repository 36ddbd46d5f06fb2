import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode, type RunOptions, type RunOutcome } from './engine';
import { auditOf, credentialFor } from './support';
import { silentBots, startWithNode } from './support/sessions';

jest.setTimeout(20_000);

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;
/** How far the clock of n8n is ahead of the real one, in ms. */
let ahead: number;

beforeEach(async () => {
	ahead = 0;
	const real = Date.now.bind(Date);
	sandbox = await startSandbox({ ...silentBots, slowStartMs: 10, now: real });
	credential = credentialFor(sandbox);
	jest.spyOn(Date, 'now').mockImplementation(() => real() + ahead);
});
afterEach(async () => {
	jest.restoreAllMocks();
	closeAllClients();
	await sandbox.close();
});

/** Sessions live half an hour. */
function expire(): void {
	ahead += 31 * 60_000;
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `s-${index}`);

async function sweep(parameters: IDataObject = {}, more: Partial<RunOptions> = {}): Promise<RunOutcome> {
	return await runNode({
		type: 'cognigyResetSession',
		credential,
		parameters: { operation: 'expired', ...parameters },
		...more,
	});
}

/** Sessions that began in the same millisecond may come in any order. */
const sessionsOf = (items: INodeExecutionData[]) => items.map(({ json }) => json['sessionId']).sort();

it('resets every expired session that nobody has reset yet: an item for each', async () => {
	await startWithNode(credential, ['s-1', 's-2']);
	await startWithNode(credential, 's-3', { botId: 'slow-support' });
	expire();
	await startWithNode(credential, 'open');
	await runNode({
		type: 'cognigyResetSession',
		credential,
		parameters: { botId: 'order-status', sessionId: 's-2' },
	});
	sandbox.resetStats();

	const { output } = await sweep();

	expect(output.map(({ json, pairedItem }) => ({ ...json, pairedItem }))).toEqual(
		[
			['s-1', 'order-status'],
			['s-3', 'slow-support'],
		].map(([sessionId, botId]) => ({
			sessionId,
			status: 'RESET_COMPLETE',
			verified: true,
			flowState: 'RESET',
			remainingVariables: 0,
			latencyMs: expect.any(Number),
			audit: expect.objectContaining({ operation: 'resetSession', sessionId, botId, status: 'success' }),
			pairedItem: { item: 0 },
		})),
	);
	expect(sandbox.stats().resets).toBe(2);
	expect((await sweep()).output).toEqual([]);
});

it('resets those of one bot only when asked to', async () => {
	await startWithNode(credential, 's-1');
	await startWithNode(credential, 's-2', { botId: 'slow-support' });
	expire();

	expect(sessionsOf((await sweep({ botId: 'slow-support' })).output)).toEqual(['s-2']);
	expect(sessionsOf((await sweep()).output)).toEqual(['s-1']);
});

it('puts out nothing where nothing has expired, and does not even log in', async () => {
	await startWithNode(credential, 's-1');
	closeAllClients();
	sandbox.resetStats();

	const { output, error } = await sweep();

	expect(output).toEqual([]);
	expect(error).toBeUndefined();
	expect(sandbox.stats()).toMatchObject({ logins: 0, connects: 0 });
});

it("never touches another credential's sessions", async () => {
	const theirs = credentialFor(sandbox, { username: 'starter', password: 'starter-password' });
	await startWithNode(theirs, 'theirs');
	await startWithNode(credential, 'ours');
	expire();

	expect(sessionsOf((await sweep()).output)).toEqual(['ours']);
	expect(sandbox.runtimeState('theirs')?.resets).toBe(0);
});

it('two runs at once never reset the same session', async () => {
	await startWithNode(credential, ids(40));
	expire();
	sandbox.resetStats();

	const runs = await Promise.all([sweep(), sweep(), sweep()]);

	const reset = runs.flatMap(({ output }) => sessionsOf(output));
	expect(reset.sort()).toEqual(ids(40).sort());
	expect(sandbox.stats().resets).toBe(40);
});

it('several input items reset each session once', async () => {
	await startWithNode(credential, ids(3));
	expire();

	const { output } = await sweep({}, { items: [{ json: {} }, { json: {} }] });

	expect(sessionsOf(output)).toEqual(ids(3));
	expect(output.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 0 }, { item: 0 }]);
});

describe('a reset that fails', () => {
	beforeEach(async () => {
		await startWithNode(credential, ids(5));
		expire();
		sandbox.faults.inject({
			operation: 'reset',
			kind: 'close',
			code: 1008,
			reason: 'rejected',
			match: { sessionId: 's-2' },
		});
	});

	it('becomes an error item; the others are reset, and the next run finds it again', async () => {
		const { output } = await sweep({}, { onError: 'continueRegularOutput' });
		const again = await sweep();

		expect(output).toHaveLength(5);
		const failed = output.filter(({ json }) => json['error'] !== undefined);
		expect(failed).toHaveLength(1);
		expect(failed[0]?.json).toMatchObject({ errorCategory: 'rejected' });
		expect(auditOf(failed[0])).toMatchObject({ sessionId: 's-2', botId: 'order-status', status: 'error' });
		expect(sessionsOf(again.output)).toEqual(['s-2']);
	});

	it('goes to the error output', async () => {
		const { output, errorOutput } = await sweep({}, { onError: 'continueErrorOutput' });

		expect(sessionsOf(output)).toEqual(['s-0', 's-1', 's-3', 's-4']);
		expect(errorOutput.map((item) => auditOf(item).sessionId)).toEqual(['s-2']);
	});

	it('stops the workflow; what was not reset is found by the next run', async () => {
		const { error } = await sweep({ options: { concurrency: 1 } });
		const again = await sweep();

		expect(error).toMatchObject({ name: 'NodeApiError', message: expect.stringContaining('s-2') });
		const done = ids(5).filter((id) => sandbox.runtimeState(id)?.resets === 1);
		expect(sessionsOf(again.output)).toContain('s-2');
		expect(done).toEqual(ids(5));
	});
});

it('sessions of a run that was cancelled are found by the next one', async () => {
	await startWithNode(credential, ids(4));
	expire();
	sandbox.faults.inject({ operation: 'reset', kind: 'hang', times: 2 });
	let cancel = () => {};
	const run = sweep(
		{ options: { concurrency: 2 } },
		{ onStart: (cancelExecution) => (cancel = cancelExecution) },
	).catch((error: unknown) => error);
	await sandbox.when(() => sandbox.stats().resets === 2);
	cancel();
	await run;
	sandbox.faults.clear();
	// Nobody waits for what a node does after its execution was cancelled.
	const found: unknown[] = [];
	for (let attempt = 0; found.length < 4 && attempt < 100; attempt++) {
		await new Promise(setImmediate);
		found.push(...sessionsOf((await sweep()).output));
	}

	expect(found.sort()).toEqual(ids(4));
});

it('wrong parameters are refused before a session is taken', async () => {
	await startWithNode(credential, 's-1');
	expire();
	sandbox.resetStats();

	const { error } = await sweep({ maxDurationSec: 5 });

	expect(error).toMatchObject({ name: 'NodeOperationError', message: expect.stringContaining('Max Duration') });
	expect(sandbox.stats().resets).toBe(0);
	expect(sessionsOf((await sweep()).output)).toEqual(['s-1']);
});
