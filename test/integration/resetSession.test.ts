import type { IDataObject } from 'n8n-workflow';

import type { AuditEntry } from '../../client';
import { startSandbox, type FaultRequest, type Sandbox, type SandboxOptions } from '../../sandbox';
import { differs, itUnless } from '../support/edition';
import { idleTimer } from '../support/idleTime';
import { runNode, type RunOptions, type RunOutcome } from './engine';
import { auditOf, credentialFor, shortPauses } from './support';

// The limits of the contract, which the tests that wait for one shorten; the others run on machines that are slow and busy.
const mockLimits = { HANDSHAKE_MS: 10_000, WRITE_MS: 5_000, ANSWER_MS: 10_000 };
const mockKeepalive = { PING_INTERVAL_MS: 30_000, DEAD_AFTER_MS: 60_000 };
jest.mock('../../client/v1/runtime/limits', () => mockLimits);
jest.mock('../../client/transport/node/keepaliveTimes', () => mockKeepalive);

let sandbox: Sandbox;

async function start(options: SandboxOptions = {}): Promise<void> {
	sandbox = await startSandbox(options);
}
beforeEach(shortPauses);
afterEach(async () => {
	jest.restoreAllMocks();
	await sandbox?.close();
});

const parameters: IDataObject = { botId: 'order-status', sessionId: '={{ $json.session }}' };

const sessions = (count: number) => Array.from({ length: count }, (_, index) => ({ json: { session: `s-${index}` } }));

async function reset(
	more: IDataObject = {},
	options: Partial<RunOptions> = {},
	fields: IDataObject = {},
): Promise<RunOutcome> {
	return await runNode({
		type: 'cognigyResetSession',
		credential: credentialFor(sandbox, fields),
		parameters: { ...parameters, ...more },
		items: sessions(1),
		onError: 'continueRegularOutput',
		...options,
	});
}

/** Starts a session in the sandbox, so that there is something to reset. */
async function startSession(sessionId: string, botId = 'order-status'): Promise<void> {
	await runNode({
		type: 'cognigyTriggerFlow',
		credential: credentialFor(sandbox),
		parameters: { botId, flowId: 'main', userId: 'u', sessionId, context: '{"name": "Ada"}' },
	});
}

it('resets a session, checks it, and says so in the promised shape', async () => {
	await start();
	await startSession('s-0');

	const { output } = await reset({ options: { auditInput: 'full' } });

	expect(output).toEqual([
		{
			json: {
				sessionId: 's-0',
				status: 'RESET_COMPLETE',
				verified: true,
				flowState: 'RESET',
				remainingVariables: 0,
				latencyMs: expect.any(Number),
				audit: {
					timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
					operation: 'resetSession',
					botId: 'order-status',
					sessionId: 's-0',
					status: 'success',
					latencyMs: expect.any(Number),
					attempts: 1,
					checks: 1,
					input: {
						maxDurationSec: 900,
						clearVariables: true,
						clearHistory: true,
						clearNluContext: true,
						verify: true,
					},
				},
			},
			pairedItem: { item: 0 },
		},
	]);
	expect(output[0]?.json['latencyMs']).toBe(auditOf(output[0]).latencyMs);
	expect(sandbox.runtimeState('s-0')).toMatchObject({ flowState: 'RESET', variables: {}, history: [], resets: 1 });
});

it('clears what it is told to, and no more', async () => {
	await start();
	await startSession('s-0');

	const { output } = await reset({
		clearVariables: false,
		clearHistory: false,
		clearNluContext: false,
		maxDurationSec: 60,
		options: { stateClearMatrix: '{"flowState": "RESET"}' },
	});

	expect(output[0]?.json).toMatchObject({ verified: true, flowState: 'RESET', remainingVariables: 1 });
	expect(sandbox.runtimeState('s-0')).toMatchObject({ variables: { name: 'Ada' }, dialogState: 'ACTIVE' });
	expect(sandbox.requests.at(-2)?.body).toMatchObject({ maxDurationSec: 60, stateClearMatrix: { flowState: 'RESET' } });
});

it('without Verify it does not ask, and does not claim that the session is clean', async () => {
	await start();

	const { output } = await reset({ verify: false });

	expect(output[0]?.json).toMatchObject({ verified: false, flowState: null, remainingVariables: null });
	expect(auditOf(output[0])).not.toHaveProperty('checks');
	expect(sandbox.stats()).toMatchObject({ resets: 1, stateChecks: 0 });
});

describe('bad input is refused unsent, naming the parameter (guarantee 9)', () => {
	it.each<[string, IDataObject, string]>([
		['an empty session id', { sessionId: '={{ "" }}' }, 'Session ID is empty'],
		['a session id of spaces', { sessionId: '  ' }, 'Session ID is empty'],
		['an empty bot id', { botId: '={{ "" }}' }, 'Bot ID is empty'],
		['too short a duration', { maxDurationSec: 59 }, 'Max Duration (Seconds) must be a whole number from 60 to 3600'],
		['too long a duration', { maxDurationSec: 3601 }, 'Max Duration (Seconds) must be a whole number from 60 to 3600'],
		['a broken duration', { maxDurationSec: 60.5 }, 'Max Duration (Seconds) must be a whole number from 60 to 3600'],
		[
			'a duration that is no number',
			{ maxDurationSec: '={{ "long" }}' },
			'Max Duration (Seconds) must be a whole number',
		],
		['a flag that is none', { verify: '={{ "perhaps" }}' }, 'Verify must be true or false'],
		[
			'an unknown key',
			{ options: { stateClearMatrix: '{"mood": "GOOD"}' } },
			'State Clear Matrix has the unknown key "mood"',
		],
		['an empty state', { options: { stateClearMatrix: { flowState: '' } } }, 'stateClearMatrix.flowState is empty'],
		[
			'a state that is no text',
			{ options: { stateClearMatrix: { flowState: 1 } } },
			'stateClearMatrix.flowState must be text',
		],
		['broken JSON', { options: { stateClearMatrix: '{' } }, 'State Clear Matrix is not valid JSON'],
		['a list', { options: { stateClearMatrix: '[]' } }, 'State Clear Matrix must be a JSON object'],
		[
			'a date',
			{ options: { stateClearMatrix: '={{ new Date() }}' } },
			'State Clear Matrix must be a JSON object, and is a Date,',
		],
		['no time to verify', { options: { verifyTimeoutSeconds: 0 } }, 'Verify Timeout (Seconds) must be a number from 1'],
		['no time at all', { options: { timeoutSeconds: 0 } }, 'Timeout (Seconds) must be a number from 1 to 3600'],
	])('%s', async (_case, wrong, words) => {
		await start();

		const one = await reset(wrong);
		const stopped = await reset(wrong, { onError: 'stopWorkflow' });

		expect(one.output[0]?.json).toMatchObject({ error: expect.stringContaining(words), errorCategory: 'invalidInput' });
		expect(auditOf(one.output[0])).toMatchObject({ operation: 'resetSession', attempts: 0, status: 'error' });
		expect(stopped.error?.message).toContain(words);
		expect(sandbox.requests).toEqual([]);
	});

	it('a credential without tenant', async () => {
		await start();

		const { output } = await reset({}, {}, { tenantId: '' });

		expect(output[0]?.json['error']).toBe('Tenant ID in the credential is empty; the runtime channel needs it');
		expect(sandbox.requests).toEqual([]);
	});

	it('numbers and flags that come as text are fine', async () => {
		await start();

		const { output } = await reset({ maxDurationSec: '={{ "120" }}', verify: '={{ "false" }}' });

		expect(output[0]?.json).toMatchObject({ status: 'RESET_COMPLETE', verified: false });
		expect(sandbox.requests.at(-1)?.body).toMatchObject({ maxDurationSec: 120 });
	});
});

const always = 1000;

/** What becomes of each fault the fault matrix says (test/faults), for the client. Here is how some of them look in n8n. */
describe('a fault of the channel', () => {
	it.each<[string, FaultRequest, number]>([
		['in the upgrade', { operation: 'connect', kind: 'status', status: 503 }, 1],
		['that loses the answer', { operation: 'reset', kind: 'dropAfter' }, 2],
		['that closes it', { operation: 'reset', kind: 'close', code: 1012 }, 1],
	])('%s is ridden out, and counted', async (_case, fault, ran) => {
		await start();
		sandbox.faults.inject(fault);

		const { output } = await reset();

		expect(output[0]?.json).toMatchObject({ status: 'RESET_COMPLETE', verified: true });
		expect(auditOf(output[0]).attempts).toBe(2);
		expect(sandbox.runtimeState('s-0')?.resets).toBe(ran);
	});

	type Told = [string, FaultRequest, string, number, string];
	const refusals: Told[] = [
		[
			'an upgrade that is refused',
			{ operation: 'connect', kind: 'status', status: 404, times: always },
			'notFound',
			1,
			'no runtime channel for bot "order-status"',
		],
		[
			'a web page in its place',
			{ operation: 'connect', kind: 'status', status: 200, body: '<html></html>', times: always },
			'protocol',
			1,
			'instead of opening a WebSocket',
		],
		[
			'a subprotocol that is missing',
			{ operation: 'connect', kind: 'noSubprotocol', times: always },
			'protocol',
			1,
			'does not open a WebSocket',
		],
	];
	/** Why, nobody knows: the token may be too old, or it may pass. */
	const unseen = ([what, fault]: Told): Told => [
		what,
		fault,
		'rejected',
		3,
		'refused to open the runtime channel; the reason it gave cannot be seen',
	];

	it.each<Told>([
		...(differs('unseen-refusals') ? refusals.map(unseen) : refusals),
		[
			'an engine that says no',
			{ operation: 'reset', kind: 'close', code: 1008, reason: 'not\nyours' },
			'rejected',
			1,
			'rejected by the Cognigy engine (1008): not yours',
		],
		[
			'another status',
			{ operation: 'reset', kind: 'answer', body: { status: 'RESET_FAILED' } },
			'rejected',
			1,
			'"RESET_FAILED" instead of RESET_COMPLETE',
		],
	])('is told: %s', async (_case, fault, errorCategory, attempts, says) => {
		await start();
		sandbox.faults.inject(fault);

		const { output } = await reset({ options: { retries: 1, timeoutSeconds: 60 } });

		expect(output[0]?.json).toMatchObject({ error: expect.stringContaining(says), errorCategory });
		expect(output[0]?.json['error']).toContain('s-0');
		expect(auditOf(output[0]).attempts).toBe(attempts);
		await sandbox.when(() => sandbox.stats().channel.open === 0);
	});

	it('is told: no answer at all', async () => {
		await start();
		sandbox.faults.inject({ operation: 'reset', kind: 'lostAnswer', times: always });
		jest.replaceProperty(mockLimits, 'ANSWER_MS', 400);

		const { output } = await reset({ options: { retries: 1, timeoutSeconds: 4 } });

		expect(output[0]?.json).toMatchObject({
			error: expect.stringMatching(/"s-0".*gave no answer/),
			errorCategory: 'timeout',
		});
		expect(auditOf(output[0]).attempts).toBe(2);
		await sandbox.when(() => sandbox.stats().channel.open === 0);
	});

	itUnless('unseen-refusals')('a missing scope is named as the service names it', async () => {
		await start();
		sandbox.setPermissions('demo', ['session:manage']);

		const { output } = await reset();

		expect(output[0]?.json).toMatchObject({
			error: 'Resetting session "s-0" failed: the permission bot:runtime:execute is missing (403)',
			errorCategory: 'permission',
		});
	});

	it('a token that expired is renewed by one login, for all items', async () => {
		await start();
		const credential = credentialFor(sandbox);
		await reset({}, { credential });
		sandbox.expireTokens();

		const { output } = await reset({ options: { concurrency: 10 } }, { credential, items: sessions(30) });

		expect(output.filter(({ json }) => json['verified'] === true)).toHaveLength(30);
		expect(sandbox.stats().logins).toBe(2);
	});

	it('a service that refuses even new tokens is not asked for a login per item', async () => {
		await start();
		sandbox.faults.inject({ operation: 'connect', kind: 'status', status: 401, times: always });

		const { output } = await reset({}, { items: sessions(20) });

		const errorCategory = differs('unseen-refusals') ? 'rejected' : 'authentication';
		expect(output.map(({ json }) => json['errorCategory'])).toEqual(Array(20).fill(errorCategory));
		expect(sandbox.stats().logins).toBe(2);
	});
});

describe('the check afterwards', () => {
	it('is asked again until the flow is no longer busy', async () => {
		await start();
		sandbox.faults.inject({ operation: 'stateCheck', kind: 'busy', times: 3 });

		const { output } = await reset();

		expect(output[0]?.json).toMatchObject({ verified: true, flowState: 'RESET' });
		expect(auditOf(output[0])).toMatchObject({ attempts: 1, checks: 4 });
	});

	it.each<[string, FaultRequest, IDataObject, string]>([
		[
			'the state last seen',
			{ operation: 'stateCheck', kind: 'busy', flowState: 'IN_WEBHOOK', times: always },
			{ timeoutSeconds: 1 },
			'not clean yet: flow state IN_WEBHOOK, 0 variables remain',
		],
		[
			'how many variables remain',
			{ operation: 'stateCheck', kind: 'busy', flowState: 'RESET', variables: { a: 1, b: 2 }, times: always },
			{ verifyTimeoutSeconds: 1 },
			'not clean yet: flow state RESET, 2 variables remain',
		],
	])('out of time, the error says %s', async (_what, fault, options, words) => {
		await start();
		sandbox.faults.inject(fault);

		const { output } = await reset({ options });

		expect(output[0]?.json).toMatchObject({ error: expect.stringContaining(words), errorCategory: 'timeout' });
		expect(auditOf(output[0]).checks).toBeGreaterThan(1);
	});
});

describe('channels', () => {
	it('are as many as concurrency for 200 resets, and all closed at the end', async () => {
		await start();

		const { output } = await reset({ options: { concurrency: 10 } }, { items: sessions(200) });

		expect(output.map(({ json }) => json['sessionId'])).toEqual(sessions(200).map(({ json }) => json.session));
		expect(output.every(({ json }) => json['verified'] === true)).toBe(true);
		if (differs('cannot-cut')) await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(sandbox.stats().channel).toMatchObject({ opened: 10, maxOpen: 10, open: 0, overlaps: 0 });
		expect(sandbox.stats().logins).toBe(1);
	});

	it('make room for those of other bots', async () => {
		await start();
		const bots = ['order-status', 'returns-draft', 'slow-support', 'Größe/Test "1" ✓'];
		const items = Array.from({ length: 20 }, (_, index) => ({
			json: { session: `s-${index}`, bot: bots[index % bots.length] },
		}));

		const { output } = await reset({ botId: '={{ $json.bot }}', options: { concurrency: 1 } }, { items });

		expect(output.every(({ json }) => json['verified'] === true)).toBe(true);
		expect(sandbox.stats().channel.maxOpen).toBeLessThanOrEqual(2);
		await sandbox.when(() => sandbox.stats().channel.open === 0);
	});

	itUnless('no-ping')('a frozen peer is noticed by the keepalive, long before the time limit', async () => {
		await start();
		sandbox.faults.inject({ operation: 'reset', kind: 'freeze', times: always });
		jest.replaceProperty(mockKeepalive, 'PING_INTERVAL_MS', 300);
		jest.replaceProperty(mockKeepalive, 'DEAD_AFTER_MS', 1500);

		const { output } = await reset({ options: { retries: 0, timeoutSeconds: 3600 } });

		expect(output[0]?.json).toMatchObject({
			error: expect.stringContaining('the connection to Cognigy is dead'),
			errorCategory: 'network',
		});
		expect(auditOf(output[0]).latencyMs).toBeLessThan(60_000);
	});

	it('a frozen peer is noticed by the time limit at the latest', async () => {
		await start();
		sandbox.faults.inject({ operation: 'reset', kind: 'freeze', times: always });

		const { output } = await reset({ options: { retries: 0, timeoutSeconds: 1 } });

		expect(output[0]?.json['errorCategory']).toBe('timeout');
	});

	it('a handshake that hangs ends within Timeout', async () => {
		await start();
		sandbox.faults.inject({ operation: 'connect', kind: 'hang', times: always });

		const { output } = await reset({ options: { retries: 10, timeoutSeconds: 1 } });

		expect(output[0]?.json['errorCategory']).toBe('timeout');
		expect(auditOf(output[0]).latencyMs).toBeLessThan(mockLimits.HANDSHAKE_MS);
		await sandbox.when(() => sandbox.stats().inFlight === 0);
	});

	it.each<[string, FaultRequest]>([
		['while dialling', { operation: 'connect', kind: 'hang', times: always }],
		['while waiting for the answer', { operation: 'reset', kind: 'hang', times: always }],
		['between two checks', { operation: 'stateCheck', kind: 'busy', times: always }],
	])('cancelling the execution closes them within a second, %s (guarantee 7)', async (_when, fault) => {
		await start();
		sandbox.faults.inject(fault);
		let cancel = () => {};
		const options = { items: sessions(20), onStart: (stop: () => void) => void (cancel = stop) };

		const run = reset({ options: { concurrency: 5, timeoutSeconds: 600 } }, options).catch(() => {});
		await sandbox.when(() => sandbox.stats()[fault.operation === 'stateCheck' ? 'stateChecks' : 'connects'] >= 5);
		const idleMs = idleTimer();
		cancel();
		await run;
		await sandbox.when(() => sandbox.stats().channel.open === 0 && sandbox.stats().inFlight === 0);

		expect(idleMs()).toBeLessThan(1000);
		expect(sandbox.stats().connects).toBe(5);
	});

	it('leave no timer and no socket behind', async () => {
		await start();
		const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

		await reset({ options: { concurrency: 5 } }, { items: sessions(20) });

		await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeLessThanOrEqual(before);
	});
});

it('no token shows in items or errors, whatever the service says (guarantee 6)', async () => {
	await start();
	const everything: string[] = [];
	const entries: AuditEntry[] = [];
	for (const fault of ['hang', 'dropBefore', 'noSubprotocol'] as const) {
		sandbox.faults.inject({ operation: 'connect', kind: fault, times: 3 });
		const { output, run } = await reset({ options: { retries: 0, timeoutSeconds: 1 } });
		entries.push(auditOf(output[0]));
		everything.push(JSON.stringify([output, run]));
	}

	expect(entries.every(({ status }) => status === 'error')).toBe(true);
	for (const text of everything) expect(text).not.toMatch(/token=|wss?:\/\/[^"]*\?/);
});
