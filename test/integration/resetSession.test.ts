import type { IDataObject } from 'n8n-workflow';

import type { AuditEntry } from '../../client';
import { startSandbox, type FaultRequest, type Sandbox, type SandboxOptions } from '../../sandbox';
import { idleTimer } from '../support/idleTime';
import { runNode, type RunOptions, type RunOutcome } from './engine';
import { auditOf, credentialFor } from './support';

// The limits of the contract, shortened: nobody waits 10 s for an answer here, nor a minute for a dead peer.
jest.mock('../../client/v1/runtime/limits', () => ({ HANDSHAKE_MS: 400, WRITE_MS: 400, ANSWER_MS: 400 }));
jest.mock('../../client/transport/node/keepaliveTimes', () => ({ PING_INTERVAL_MS: 300, DEAD_AFTER_MS: 1500 }));

jest.setTimeout(20_000);

let sandbox: Sandbox;

async function start(options: SandboxOptions = {}): Promise<void> {
	sandbox = await startSandbox(options);
}
afterEach(async () => {
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

interface Expected {
	/** Missing: the reset succeeds all the same. */
	category?: string;
	attempts: number;
	/** Words in the error. */
	says?: string;
	/** How often the engine carried the reset out. */
	ran?: number;
}

const always = 1000;

describe('each fault of the channel has its category and number of attempts', () => {
	it.each<[string, FaultRequest, Expected]>([
		// The upgrade.
		['upgrade 401, once', { operation: 'connect', kind: 'status', status: 401 }, { attempts: 2 }],
		[
			'upgrade 401, even with a new token',
			{ operation: 'connect', kind: 'status', status: 401, times: always },
			{ category: 'authentication', attempts: 2, says: '(401)', ran: 0 },
		],
		[
			'upgrade 403',
			{ operation: 'connect', kind: 'status', status: 403, times: always },
			{ category: 'permission', attempts: 1, says: 'bot:runtime:execute or session:manage', ran: 0 },
		],
		[
			'upgrade 404',
			{ operation: 'connect', kind: 'status', status: 404, times: always },
			{ category: 'notFound', attempts: 1, says: 'no runtime channel for bot "order-status"', ran: 0 },
		],
		['upgrade 429, once', { operation: 'connect', kind: 'status', status: 429 }, { attempts: 2 }],
		[
			'upgrade 429, always',
			{ operation: 'connect', kind: 'status', status: 429, times: always },
			{ category: 'rateLimit', attempts: 3, ran: 0 },
		],
		['upgrade 503, once', { operation: 'connect', kind: 'status', status: 503 }, { attempts: 2 }],
		[
			'upgrade 503, always',
			{ operation: 'connect', kind: 'status', status: 503, times: always },
			{ category: 'server', attempts: 3, ran: 0 },
		],
		[
			'a redirect',
			{ operation: 'connect', kind: 'status', status: 302, headers: { location: 'https://elsewhere.invalid/' } },
			{ category: 'protocol', attempts: 1, says: 'status 302', ran: 0 },
		],
		[
			'a web page',
			{ operation: 'connect', kind: 'status', status: 200, body: '<html></html>' },
			{ category: 'protocol', attempts: 1, says: 'instead of opening a WebSocket', ran: 0 },
		],
		['no subprotocol', { operation: 'connect', kind: 'noSubprotocol' }, { category: 'protocol', attempts: 1, ran: 0 }],
		['handshake hangs, once', { operation: 'connect', kind: 'hang' }, { attempts: 2 }],
		['handshake cut, once', { operation: 'connect', kind: 'dropBefore' }, { attempts: 2 }],
		['handshake reset, once', { operation: 'connect', kind: 'resetBefore' }, { attempts: 2 }],
		['cut right after the upgrade, once', { operation: 'connect', kind: 'dropAfter' }, { attempts: 2 }],
		[
			'handshake cut, always',
			{ operation: 'connect', kind: 'dropBefore', times: always },
			{ category: 'network', attempts: 3, ran: 0 },
		],
		// The answer.
		['late answer', { operation: 'reset', kind: 'latency', ms: 200 }, { attempts: 1 }],
		['lost answer, once', { operation: 'reset', kind: 'lostAnswer' }, { attempts: 2, ran: 2 }],
		[
			'lost answer, always',
			{ operation: 'reset', kind: 'lostAnswer', times: always },
			{ category: 'timeout', attempts: 3, says: 'gave no answer', ran: 3 },
		],
		['cut before it ran, once', { operation: 'reset', kind: 'dropBefore' }, { attempts: 2 }],
		['cut after it ran, once', { operation: 'reset', kind: 'dropAfter' }, { attempts: 2, ran: 2 }],
		['reset after it ran, once', { operation: 'reset', kind: 'resetAfter' }, { attempts: 2, ran: 2 }],
		[
			'cut, always',
			{ operation: 'reset', kind: 'dropBefore', times: always },
			{ category: 'network', attempts: 3, says: '(1006)', ran: 0 },
		],
		['1000, once', { operation: 'reset', kind: 'close', code: 1000 }, { attempts: 2 }],
		['1001, once', { operation: 'reset', kind: 'close', code: 1001 }, { attempts: 2 }],
		['1011, once', { operation: 'reset', kind: 'close', code: 1011 }, { attempts: 2 }],
		['1012, once', { operation: 'reset', kind: 'close', code: 1012 }, { attempts: 2 }],
		['1013, once', { operation: 'reset', kind: 'close', code: 1013 }, { attempts: 2 }],
		['4000, once', { operation: 'reset', kind: 'close', code: 4000 }, { attempts: 2 }],
		[
			'1011, always',
			{ operation: 'reset', kind: 'close', code: 1011, reason: 'engine\nbroke', times: always },
			{ category: 'server', attempts: 3, says: '(1011): engine broke', ran: 0 },
		],
		[
			'1008',
			{ operation: 'reset', kind: 'close', code: 1008, reason: 'not yours' },
			{ category: 'rejected', attempts: 1, says: 'rejected by the Cognigy engine (1008): not yours', ran: 0 },
		],
		[
			'1009',
			{ operation: 'reset', kind: 'close', code: 1009 },
			{ category: 'rejected', attempts: 1, says: 'too large', ran: 0 },
		],
		[
			'1003',
			{ operation: 'reset', kind: 'close', code: 1003 },
			{ category: 'protocol', attempts: 1, says: 'did not understand', ran: 0 },
		],
		[
			'another status',
			{ operation: 'reset', kind: 'answer', body: { status: 'RESET_FAILED' } },
			{ category: 'rejected', attempts: 1, says: '"RESET_FAILED" instead of RESET_COMPLETE' },
		],
		[
			'no status',
			{ operation: 'reset', kind: 'answer', body: {} },
			{ category: 'protocol', attempts: 1, says: 'field status' },
		],
		[
			'not JSON',
			{ operation: 'reset', kind: 'answer', body: 'OK' },
			{ category: 'protocol', attempts: 1, says: 'not JSON' },
		],
		[
			'a list',
			{ operation: 'reset', kind: 'answer', body: [] },
			{ category: 'protocol', attempts: 1, says: 'not a JSON object' },
		],
		[
			'another session',
			{ operation: 'reset', kind: 'wrongSession' },
			{ category: 'protocol', attempts: 1, says: 'about another session' },
		],
		['binary', { operation: 'reset', kind: 'binary' }, { category: 'protocol', attempts: 1, says: 'not text' }],
		['huge', { operation: 'reset', kind: 'hugeFrame' }, { category: 'protocol', attempts: 1, says: 'too large' }],
		['frozen, once', { operation: 'reset', kind: 'freeze' }, { attempts: 2 }],
	])('%s', async (_case, fault, { category, attempts, says = '', ran }) => {
		await start();
		sandbox.faults.inject(fault);

		const { output } = await reset({ options: { retries: 2, timeoutSeconds: 5 } });

		const audit = auditOf(output[0]);
		expect(output[0]?.json).toMatchObject(
			category
				? { error: expect.stringContaining(says), errorCategory: category }
				: { status: 'RESET_COMPLETE', verified: true },
		);
		expect(output[0]?.json['error'] ?? '').toContain(says && 's-0');
		expect(audit.attempts).toBe(attempts);
		expect(audit.latencyMs).toBeLessThan(5_500);
		if (ran !== undefined) expect(sandbox.runtimeState('s-0')?.resets ?? 0).toBe(ran);
		await sandbox.when(() => sandbox.stats().channel.open <= (fault.kind === 'freeze' ? 1 : 0));
	});

	it('Retry-After of a refused upgrade is obeyed', async () => {
		await start();
		const headers = { 'retry-after': '1' };
		sandbox.faults.inject({ operation: 'connect', kind: 'status', status: 429, headers });

		const { output } = await reset();

		expect(auditOf(output[0]).attempts).toBe(2);
		const [first, second] = sandbox.requests.filter(({ operation }) => operation === 'connect');
		expect(Date.parse(second?.time ?? '') - Date.parse(first?.time ?? '')).toBeGreaterThanOrEqual(990);
	});

	it('a missing scope is named as the service names it', async () => {
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

		expect(output.every(({ json }) => json['errorCategory'] === 'authentication')).toBe(true);
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
		expect(auditOf(output[0]).latencyMs).toBeLessThan(3000);
		expect(auditOf(output[0]).checks).toBeGreaterThan(1);
	});

	it.each<FaultRequest>([
		{ operation: 'stateCheck', kind: 'lostAnswer' },
		{ operation: 'stateCheck', kind: 'dropBefore' },
		{ operation: 'stateCheck', kind: 'close', code: 1012 },
	])('is repeated without another reset when it fails for a moment: $kind', async (fault) => {
		await start();
		sandbox.faults.inject(fault);

		const { output } = await reset({ options: { timeoutSeconds: 4 } });

		expect(output[0]?.json).toMatchObject({ verified: true });
		expect(auditOf(output[0])).toMatchObject({ attempts: 1, checks: 1 });
		expect(sandbox.stats()).toMatchObject({ resets: 1, stateChecks: 2 });
	});

	it.each<[FaultRequest, string]>([
		[{ operation: 'stateCheck', kind: 'close', code: 1008 }, 'rejected'],
		[{ operation: 'stateCheck', kind: 'wrongSession' }, 'protocol'],
		[{ operation: 'stateCheck', kind: 'answer', body: { error: 'no such request' } }, 'protocol'],
		[{ operation: 'stateCheck', kind: 'answer', body: { flowState: 7 } }, 'protocol'],
	])('is final: %j', async (fault, category) => {
		await start();
		sandbox.faults.inject(fault);

		const { output } = await reset();

		expect(output[0]?.json['errorCategory']).toBe(category);
		expect(sandbox.stats()).toMatchObject({ resets: 1, stateChecks: 1 });
	});
});

describe('channels', () => {
	it('are as many as concurrency for 1,000 resets, and all closed at the end', async () => {
		await start();

		const { output } = await reset({ options: { concurrency: 10 } }, { items: sessions(1000) });

		expect(output.map(({ json }) => json['sessionId'])).toEqual(sessions(1000).map(({ json }) => json.session));
		expect(output.every(({ json }) => json['verified'] === true)).toBe(true);
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

	it('a frozen peer is noticed by the keepalive, long before the time limit', async () => {
		await start();
		sandbox.faults.inject({ operation: 'reset', kind: 'freeze', times: always });

		const { output } = await reset({ options: { retries: 0, timeoutSeconds: 3600 } });

		expect(output[0]?.json).toMatchObject({
			error: expect.stringContaining('the connection to Cognigy is dead'),
			errorCategory: 'network',
		});
		expect(auditOf(output[0]).latencyMs).toBeLessThan(5000);
	});

	it('a handshake that hangs ends within Timeout', async () => {
		await start();
		sandbox.faults.inject({ operation: 'connect', kind: 'hang', times: always });

		const { output } = await reset({ options: { retries: 10, timeoutSeconds: 1 } });

		expect(output[0]?.json['errorCategory']).toBe('timeout');
		expect(auditOf(output[0]).latencyMs).toBeLessThan(2000);
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
