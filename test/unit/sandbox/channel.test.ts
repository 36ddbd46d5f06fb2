import type { Sandbox } from '../../../sandbox';
import { checkFrame, hangUp, openChannel, resetFrame, type ChannelClient } from './channelClient';
import { call, closeSandboxes, logIn, manualClock, sandboxFor, startBody, startUrl } from './support';

let sandbox: Sandbox;
let token: string;
let channel: ChannelClient;
const clock = manualClock();

beforeEach(async () => {
	sandbox = await sandboxFor({ now: clock.now });
	token = await logIn(sandbox);
	channel = await openChannel(sandbox, { token });
});
afterEach(() => {
	hangUp();
	return closeSandboxes();
});

const start = (sessionId: string, botId = 'order-status') =>
	call(startUrl(sandbox, botId), { token, body: { ...startBody, context: { colour: 'red' }, sessionId } });
const reset = (sessionId: string, changes?: Record<string, unknown>) => channel.ask(resetFrame(sessionId, changes));
const check = (sessionId: string) => channel.ask(checkFrame(sessionId));

describe('a session', () => {
	it('that was started runs, with the context of its start as variables', async () => {
		await start('s-1');

		expect(await check('s-1')).toEqual({
			sessionId: 's-1',
			flowState: 'RUNNING',
			dialogState: 'ACTIVE',
			engineState: 'RUNNING',
			variables: { colour: 'red' },
		});
	});

	it('that is reset is in the states that the matrix says, and wiped', async () => {
		await start('s-1');

		expect(await reset('s-1')).toEqual({
			status: 'RESET_COMPLETE',
			sessionId: 's-1',
			processedAt: new Date(clock.now()).toISOString(),
		});

		expect(await check('s-1')).toEqual({
			sessionId: 's-1',
			flowState: 'RESET',
			dialogState: 'COLD',
			engineState: 'INITIALIZED',
			variables: {},
		});
		expect(sandbox.runtimeState('s-1')).toMatchObject({ history: [], nluContext: {}, resets: 1 });
		expect(sandbox.sessions[0]?.transcript).not.toEqual([]);
	});

	it('may be reset again, which does no harm', async () => {
		await start('s-1');
		await reset('s-1');

		expect(await reset('s-1')).toMatchObject({ status: 'RESET_COMPLETE' });
		expect(await check('s-1')).toMatchObject({ flowState: 'RESET', variables: {} });
		expect(sandbox.runtimeState('s-1')).toMatchObject({ resets: 2 });
	});

	it('keeps what a reset does not ask for', async () => {
		await start('s-1');

		await reset('s-1', {
			stateClearMatrix: { dialogState: 'WARM' },
			contextWipeDirective: { clearVariables: false, clearHistory: false },
		});

		expect(sandbox.runtimeState('s-1')).toMatchObject({
			flowState: 'RUNNING',
			dialogState: 'WARM',
			engineState: 'RUNNING',
			variables: { colour: 'red' },
			history: [{ text: 'Hello' }, { type: 'bot' }],
			nluContext: { lastInput: 'Hello' },
			resets: 1,
		});
	});

	it.each(['clearVariables', 'clearHistory', 'clearNLUContext'])('loses with %s only that', async (wiped) => {
		await start('s-1');
		const none = { clearVariables: false, clearHistory: false, clearNLUContext: false };
		await reset('s-1', { contextWipeDirective: { ...none, [wiped]: true } });

		const { variables, history, nluContext } = sandbox.runtimeState('s-1') ?? {};
		expect([variables, history, nluContext].map((part) => Object.keys(part ?? {}).length === 0)).toEqual([
			wiped === 'clearVariables',
			wiped === 'clearHistory',
			wiped === 'clearNLUContext',
		]);
	});

	it('that nobody knows is reset all the same, and clean afterwards', async () => {
		expect(await check('s-9')).toMatchObject({ sessionId: 's-9', flowState: 'UNKNOWN' });

		expect(await reset('s-9')).toMatchObject({ status: 'RESET_COMPLETE', sessionId: 's-9' });
		expect(await check('s-9')).toMatchObject({ flowState: 'RESET', variables: {} });
	});

	it('that expired is reset as one that nobody knows', async () => {
		await start('s-1');
		clock.advance(30 * 60_000);
		expect(await check('s-1')).toMatchObject({ flowState: 'UNKNOWN', variables: {} });

		await reset('s-1', { stateClearMatrix: {} });

		expect(await check('s-1')).toMatchObject({ flowState: 'RESET', dialogState: 'COLD', variables: {} });
	});

	it('that was reset is remembered for half an hour', async () => {
		await reset('s-9');
		clock.advance(30 * 60_000 - 1);
		expect(await check('s-9')).toMatchObject({ flowState: 'RESET' });

		clock.advance(1);
		expect(await check('s-9')).toMatchObject({ flowState: 'UNKNOWN' });
	});

	it('of another bot is refused: the client has mixed up its channels', async () => {
		await start('s-1', 'Größe/Test "1" ✓');

		expect(await channel.askInVain(resetFrame('s-1'))).toEqual({
			code: 1008,
			reason: 'sessionId: The session belongs to another bot.',
		});
		expect(sandbox.runtimeState('s-1')).toMatchObject({ flowState: 'RUNNING', resets: 0 });

		channel = await openChannel(sandbox, { token });
		expect(await channel.askInVain(checkFrame('s-1'))).toMatchObject({ code: 1008 });
	});

	it('of slow-support waits for a blocking action: two checks after each reset', async () => {
		const slow = await sandboxFor({ slowStartMs: 0 });
		token = await logIn(slow);
		await call(startUrl(slow, 'slow-support'), { token, body: { ...startBody, sessionId: 's-1' } });
		channel = await openChannel(slow, { token, botId: 'slow-support' });
		expect(await check('s-1')).toMatchObject({ flowState: 'RUNNING' });

		for (let run = 0; run < 2; run += 1) {
			await reset('s-1');
			const states = [await check('s-1'), await check('s-1'), await check('s-1'), await check('s-1')];
			expect(states.map(({ flowState }) => flowState)).toEqual(['WAITING', 'WAITING', 'RESET', 'RESET']);
		}
	});
});

describe('the connection', () => {
	it('serves one request after the other', async () => {
		for (const sessionId of ['s-1', 's-2', 's-3']) {
			expect(await reset(sessionId)).toMatchObject({ sessionId });
			expect(await check(sessionId)).toMatchObject({ sessionId });
		}
		expect(sandbox.stats()).toMatchObject({ connects: 1, resets: 3, stateChecks: 3, channel: { opened: 1 } });
	});

	it('answers pings, also while a request is unanswered', async () => {
		sandbox.faults.inject({ operation: 'reset', kind: 'hang' });
		channel.send(resetFrame('s-1'));
		await channel.ping();

		expect(channel.pongs).toBe(1);
		expect(sandbox.stats().channel).toMatchObject({ pings: 1, overlaps: 0 });
	});

	it('is closed with 1008 when a second request comes while one is unanswered', async () => {
		sandbox.faults.inject({ operation: 'reset', kind: 'latency', ms: 3_600_000 });
		channel.send(resetFrame('s-1'));

		expect(await channel.askInVain(checkFrame('s-1'))).toEqual({
			code: 1008,
			reason: 'Another request on this connection is still unanswered.',
		});
		expect(channel.unreadFrames).toBe(0);
		expect(sandbox.stats().channel).toMatchObject({ overlaps: 1 });
		expect(sandbox.requests.slice(-2)).toMatchObject([
			{ operation: 'reset', ran: true, answered: false, closeCode: null },
			{ operation: 'stateCheck', ran: false, answered: false, closeCode: 1008 },
		]);
	});

	it('can be ended by the client', async () => {
		channel.webSocket.close(1000);

		expect(await channel.closed).toMatchObject({ code: 1000 });
		await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(sandbox.requests.at(-1)).toMatchObject({ operation: 'connect', closeCode: 1000 });
	});
});

describe('a reset is refused with 1008 and a reason that names', () => {
	it.each([
		['sessionId', resetFrame('')],
		['sessionId', resetFrame('s-1', { sessionId: undefined })],
		['stateClearMatrix', resetFrame('s-1', { stateClearMatrix: undefined })],
		["stateClearMatrix: .*'mood'", resetFrame('s-1', { stateClearMatrix: { mood: 'RESET' } })],
		['stateClearMatrix.flowState', resetFrame('s-1', { stateClearMatrix: { flowState: 1 } })],
		['contextWipeDirective', resetFrame('s-1', { contextWipeDirective: undefined })],
		['contextWipeDirective.clearHistory', resetFrame('s-1', { contextWipeDirective: { clearVariables: true } })],
		['contextWipeDirective.clearVariables', resetFrame('s-1', { contextWipeDirective: { clearHistory: true } })],
		[
			"contextWipeDirective: .*'clearAll'",
			resetFrame('s-1', { contextWipeDirective: { clearVariables: true, clearHistory: true, clearAll: true } }),
		],
		['maxDurationSec', resetFrame('s-1', { maxDurationSec: 59 })],
		['maxDurationSec', resetFrame('s-1', { maxDurationSec: 3601 })],
		['maxDurationSec', resetFrame('s-1', { maxDurationSec: 60.5 })],
		['timestamp', resetFrame('s-1', { timestamp: undefined })],
		['timestamp', resetFrame('s-1', { timestamp: 1769860800 })],
		['timestamp', resetFrame('s-1', { timestamp: '2026-01-31' })],
		['timestamp', resetFrame('s-1', { timestamp: '2026-01-31T12:00Z' })],
		['timestamp', resetFrame('s-1', { timestamp: '2026-02-30T12:00:00Z' })],
		['timestamp', resetFrame('s-1', { timestamp: '2026-01-31T12:00:00' })],
		["'extra'", resetFrame('s-1', { extra: 1 })],
	])('%s', async (field, frame) => {
		const { code, reason } = await channel.askInVain(frame);

		expect(code).toBe(1008);
		expect(reason).toMatch(new RegExp(field));
		expect(sandbox.requests.at(-1)).toMatchObject({ operation: 'reset', ran: false, closeCode: 1008, refusal: reason });
		expect(sandbox.runtimeState('s-1')).toBeUndefined();
	});
});

it.each([
	['without the optional fields', { maxDurationSec: undefined }],
	['of the shortest time', { maxDurationSec: 60 }],
	['of the longest time', { maxDurationSec: 3600 }],
	['with an offset and fractions of a second', { timestamp: '2026-01-31T13:00:00.123456+01:00' }],
])('a reset %s is good', async (_case, changes) => {
	expect(await reset('s-1', changes)).toMatchObject({ status: 'RESET_COMPLETE' });
});

describe('a frame', () => {
	it.each([
		['a check of no session', checkFrame(''), 1008, /^sessionId: /],
		['a query of something else', checkFrame('s-1', { request: 'HISTORY' }), 1008, /^request: /],
		['a check with more in it', checkFrame('s-1', { extra: 1 }), 1008, /'extra'/],
		['an unknown type', { type: 'constructor', sessionId: 's-1' }, 1008, /^type: /],
		['no type', {}, 1008, /^type: /],
		['no JSON', '{"type":', 1003, /not JSON/],
		['no object', [resetFrame('s-1')], 1003, /not a JSON object/],
		['null', 'null', 1003, /not a JSON object/],
		['a binary one', Buffer.from(JSON.stringify(resetFrame('s-1'))), 1003, /text frames/],
	])('that is %p is refused', async (_case, frame, code, reason) => {
		expect(await channel.askInVain(frame)).toEqual({ code, reason: expect.stringMatching(reason) });
		expect(sandbox.requests.at(-1)).toMatchObject({ method: 'WS', path: '/ws/v1', ran: false, closeCode: code });
	});

	it('of up to 64 KiB is read', async () => {
		const sessionId = 'x'.repeat(64 * 1024 - JSON.stringify(checkFrame('')).length);

		expect(await check(sessionId)).toMatchObject({ sessionId });
	});

	it('of more than 64 KiB is closed with 1009', async () => {
		const sessionId = 'x'.repeat(64 * 1024 + 1 - JSON.stringify(checkFrame('')).length);

		expect(await channel.askInVain(checkFrame(sessionId))).toMatchObject({ code: 1009 });
		expect(sandbox.stats()).toMatchObject({ stateChecks: 0 });
	});

	it.each(['', 'x'])('is refused with no longer a reason than fits, and no half characters: %p', async (start) => {
		const { code, reason } = await channel.askInVain(resetFrame('s-1', { [start + 'ü'.repeat(200)]: 1 }));

		expect(code).toBe(1008);
		expect(Buffer.byteLength(reason)).toBeGreaterThan(120);
		expect(reason).toMatch(/ü$/);
	});
});
