import { CognigyError } from '../../../../client/errors';
import { SessionRecorder } from '../../../../client/registry/sessionRecorder';
import {
	Starts,
	type MadeStart,
	type PlannedStart,
	type StartCaller,
	type StartedFlow,
} from '../../../../client/starts/starts';
import { Deadline } from '../../../../client/time/deadline';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { account } from '../../../support/registrySessions';

const HOUR_MS = 60 * 60_000;
const TIMEOUT_MS = 60_000;

let clock: FakeClock;
let registry: MemoryRegistry;
let sent: string[];
beforeEach(() => {
	clock = new FakeClock();
	registry = new MemoryRegistry();
	sent = [];
});

const plan = (changes: Partial<PlannedStart> = {}): PlannedStart => ({
	action: 'Starting it',
	sessionId: 's1',
	session: { botId: 'b', flowId: 'f', userId: 'u', ttlSeconds: 60, context: { secret: 'of the context' } },
	target: ['b', 'f'],
	content: { input: 'hi' },
	...changes,
});
const keyed = (changes: Partial<PlannedStart> = {}) => plan({ idempotencyKey: 'k', ...changes });

const flow = (sessionId = 's1', changes: Partial<StartedFlow> = {}): StartedFlow => ({
	result: {
		sessionId,
		status: 'started',
		botId: 'b',
		flowId: 'f',
		userId: 'u',
		session: { id: sessionId, createdAt: 'then', expiresAt: 'later', ttlSeconds: 60 },
	},
	...changes,
});

const failure = (changes: Partial<CognigyError['details']> = {}) =>
	new CognigyError({ category: 'server', message: 'It failed', advice: 'Look', ...changes });

/** Somebody who starts, as a process of his own would with the same registry. */
class Starter {
	readonly warnings: string[] = [];
	readonly repeated: string[] = [];
	readonly #starts: Starts;

	constructor(private readonly origin = '') {
		const kept = { registry, recorder: new SessionRecorder(registry, account) };
		this.#starts = new Starts({ kept, account, clock, random: () => 0 });
	}

	async make(
		what: PlannedStart,
		send: () => Promise<StartedFlow> = async () => flow(what.sessionId),
		stop?: AbortSignal,
	): Promise<MadeStart> {
		const deadline = new Deadline(clock, TIMEOUT_MS, stop ? [stop] : []);
		const caller: StartCaller = {
			origin: this.origin,
			context: { deadline, retries: 0, trace: { attempts: 0 } },
			onWarning: (message) => this.warnings.push(message),
			warnings: this.warnings,
			onRepeated: (sessionId) => this.repeated.push(sessionId),
		};
		try {
			return await this.#starts.make(what, caller, async () => {
				sent.push(what.sessionId);
				return await send();
			});
		} finally {
			deadline.dispose();
		}
	}
}

const mayHaveRun = async () => await Promise.reject(failure({ mayHaveRun: true }));
const didNotRun = async () => await Promise.reject(failure());

/** A start whose answer the test gives. */
function held(): { send: () => Promise<StartedFlow>; answer: (flow: StartedFlow) => void; fail: (e: unknown) => void } {
	let answer: (flow: StartedFlow) => void = () => {};
	let fail: (error: unknown) => void = () => {};
	const answered = new Promise<StartedFlow>((resolve, reject) => {
		answer = resolve;
		fail = reject;
	});
	answered.catch(() => {});
	return { send: async () => await answered, answer: (given) => answer(given), fail: (error) => fail(error) };
}

/** What becomes of it, while time goes on. */
async function over<T>(work: Promise<T>, limitMs = 2 * TIMEOUT_MS): Promise<T> {
	let isOver = false;
	const end = () => (isOver = true);
	void work.then(end, end);
	for (let ms = 0; ms < limitMs; ms += 500) {
		await settle();
		if (isOver) break;
		await clock.advance(500);
	}
	return await work;
}

describe('a start with a key', () => {
	it('is made once: whoever asks again is told what came of it', async () => {
		const first = await new Starter('a').make(keyed());
		const other = new Starter('b');
		const second = await other.make(keyed({ sessionId: 's2' }));

		expect(sent).toEqual(['s1']);
		expect(first).toMatchObject({ isRepeated: false, result: flow().result });
		expect(second).toMatchObject({ isRepeated: true, result: flow().result });
		expect(second.collectReply).toBeUndefined();
		expect(other.repeated).toEqual(['s1']);
		expect(registry.count('record')).toBe(1);
		expect(clock.pendingTimers).toBe(0);
	});

	it('is another one for another bot or flow, and without a key', async () => {
		const starter = new Starter();
		await starter.make(keyed());
		for (const target of [['b2', 'f'], ['b', 'f2'], ['bf'], ['b', 'f', 'k']]) await starter.make(keyed({ target }));
		await starter.make(keyed({ idempotencyKey: 'k2' }));
		await starter.make(plan());
		await starter.make(plan());
		expect(sent).toHaveLength(8);
	});

	it('may not stand for something else: nothing is sent then, and it says whose key it is', async () => {
		const starter = new Starter('a');
		await starter.make(keyed());
		const error = await cognigyErrorOf(new Starter('b').make(keyed({ sessionId: 's2', content: { input: 'ho' } })));
		expect(error).toMatchObject({ category: 'invalidInput', parameter: 'idempotencyKey', mayHaveRun: false });
		expect(error.message).toMatch(/idempotencyKey "k" was used for something else.*"s1"/);
		expect(sent).toEqual(['s1']);
		// The order of its fields is no difference.
		await starter.make(keyed({ idempotencyKey: 'o', content: { a: 1, b: 2 } }));
		expect(await new Starter().make(keyed({ idempotencyKey: 'o', content: { b: 2, a: 1 } }))).toMatchObject({
			isRepeated: true,
		});
	});

	it('is refused at once for something else, also while it is under way', async () => {
		const { send, answer } = held();
		const first = new Starter().make(keyed(), send);
		await settle();
		const error = await cognigyErrorOf(new Starter().make(keyed({ content: {} })));
		expect(error.parameter).toBe('idempotencyKey');
		answer(flow());
		await first;
		expect(sent).toEqual(['s1']);
	});

	it('that certainly did not run is free again', async () => {
		const starter = new Starter();
		await cognigyErrorOf(starter.make(keyed(), didNotRun));
		expect(await starter.make(keyed({ sessionId: 's2' }))).toMatchObject({ isRepeated: false });
		expect(sent).toEqual(['s1', 's2']);
		expect(clock.pendingTimers).toBe(0);
	});

	it('that may have run is never sent again: the error says so, with its session', async () => {
		const first = await cognigyErrorOf(new Starter().make(keyed(), mayHaveRun));
		const starter = new Starter();
		const second = await cognigyErrorOf(starter.make(keyed({ sessionId: 's2' })));
		expect(first.message).toContain('The flow may have run, with session "s1"; it was not sent again');
		expect(second).toMatchObject({ category: 'server', mayHaveRun: true });
		expect(second.message).toBe(`An earlier start with the idempotency key "k" failed: ${first.message}`);
		expect(second.advice).toContain('another key');
		expect(starter.repeated).toEqual(['s1']);
		expect(sent).toEqual(['s1']);
		expect(clock.pendingTimers).toBe(0);
	});

	it.each([
		[undefined, 24],
		[1, 1],
		[168, 168],
	])('is known for its window: %p', async (idempotencyHours, hours) => {
		const what = keyed(idempotencyHours === undefined ? {} : { idempotencyHours });
		const starter = new Starter();
		await starter.make(what);
		await clock.advance(hours * HOUR_MS - 1);
		expect(await starter.make(what)).toMatchObject({ isRepeated: true });
		await clock.advance(1);
		expect(await starter.make(what)).toMatchObject({ isRepeated: false });
		expect(sent).toHaveLength(2);
	});
});

describe('the same step of an execution', () => {
	it('gets the first result, as if it were the first time', async () => {
		const first = await new Starter('step').make(plan());
		const again = new Starter('step');
		// What changes each time, the time for example, makes it no other start.
		const second = await again.make(plan({ sessionId: 's2', content: { input: 'later' } }));
		expect(second).toMatchObject({ isRepeated: false, result: first.result });
		expect(again.repeated).toEqual(['s1']);
		expect(sent).toEqual(['s1']);
	});

	it('fails again with the same words where it may have run', async () => {
		for (const what of [plan(), keyed()]) {
			const first = await cognigyErrorOf(new Starter('step').make(what, mayHaveRun));
			const second = await cognigyErrorOf(new Starter('step').make(what));
			expect(second.details).toEqual(first.details);
		}
		expect(sent).toHaveLength(2);
	});

	it('is sent again where it certainly did not run', async () => {
		await cognigyErrorOf(new Starter('step').make(plan(), didNotRun));
		await new Starter('step').make(plan());
		expect(sent).toHaveLength(2);
	});

	it('is known by its key too, whatever is sent with it', async () => {
		await new Starter('step').make(keyed());
		const again = await new Starter('step').make(keyed({ content: { input: 'later' } }));
		expect(again.isRepeated).toBe(false);
		expect(sent).toHaveLength(1);
	});

	it('is another one than the next step, and is known for a day', async () => {
		await new Starter('step').make(plan());
		await new Starter('step 2').make(plan());
		expect(sent).toHaveLength(2);
		await clock.advance(24 * HOUR_MS - 1);
		await new Starter('step').make(plan());
		expect(sent).toHaveLength(2);
		await clock.advance(1);
		await new Starter('step').make(plan());
		expect(sent).toHaveLength(3);
	});
});

describe('two at the same moment', () => {
	it('one is sent, the other waits for its result', async () => {
		const { send, answer } = held();
		const first = new Starter().make(keyed(), send);
		await settle();
		const second = new Starter().make(keyed({ sessionId: 's2' }));
		await clock.advance(20_000);
		answer(flow());
		expect(await over(first)).toMatchObject({ isRepeated: false });
		expect(await over(second)).toMatchObject({ isRepeated: true, result: { sessionId: 's1' } });
		expect(sent).toEqual(['s1']);
		expect(clock.pendingTimers).toBe(0);
	});

	it('the other one waits for the reply too', async () => {
		const reply = { messages: [], reply: 'Hello' };
		const first = await new Starter().make(keyed(), async () => flow('s1', { collectReply: async () => reply }));
		const waiting = new Starter().make(keyed({ sessionId: 's2' }));
		await clock.advance(5_000);
		expect(await Promise.race([waiting, settle().then(() => 'waits')])).toBe('waits');
		await first.complete(reply);
		expect((await over(waiting)).result).toEqual({ ...flow().result, ...reply });
		expect(await new Starter().make(keyed())).toMatchObject({ result: reply });
		expect(clock.pendingTimers).toBe(0);
	});

	it('is told of the start without the reply when its own time is over, or its owner is gone', async () => {
		const owner = await new Starter().make(keyed(), async () => flow('s1', { collectReply: async () => ({}) }));
		expect((await over(new Starter().make(keyed()))).result).toEqual(flow().result);
		await owner.complete();
		expect((await new Starter().make(keyed())).result).toEqual(flow().result);
		expect(sent).toEqual(['s1']);
	});

	it('the other one makes it when the first certainly did not', async () => {
		const { send, fail } = held();
		const first = new Starter().make(keyed(), send);
		await settle();
		const second = new Starter().make(keyed({ sessionId: 's2' }));
		await clock.advance(3_000);
		fail(failure());
		await cognigyErrorOf(over(first));
		expect(await over(second)).toMatchObject({ isRepeated: false, result: { sessionId: 's2' } });
		expect(sent).toEqual(['s1', 's2']);
	});

	it('the other one fails in time, with words of its own, and sends nothing', async () => {
		const { send, answer } = held();
		const first = new Starter().make(keyed(), send);
		await settle();
		const error = await cognigyErrorOf(over(new Starter().make(keyed({ sessionId: 's2' }))));
		expect(error).toMatchObject({ category: 'timeout', mayHaveRun: true });
		expect(error.message).toMatch(/being made by another execution, with session "s1". Nothing was sent by this one/);
		expect(clock.monotonic()).toBeLessThan(TIMEOUT_MS + 1_000);
		answer(flow());
		expect(await over(first)).toMatchObject({ isRepeated: false });
		expect(sent).toEqual(['s1']);
	});

	it('the other one may be stopped', async () => {
		const { send } = held();
		void new Starter().make(keyed(), send);
		await settle();
		const stop = new AbortController();
		const waiting = new Starter().make(keyed(), undefined, stop.signal);
		await clock.advance(1_000);
		stop.abort();
		expect(await cognigyErrorOf(waiting)).toMatchObject({ category: 'cancelled' });
		expect(sent).toEqual(['s1']);
	});
});

describe('whoever makes a start', () => {
	it('is known to live for as long as it takes', async () => {
		const { send, answer } = held();
		const first = new Starter().make(keyed(), send);
		for (let seconds = 0; seconds < 300; seconds += 50) {
			await clock.advance(50_000);
			const error = await cognigyErrorOf(over(new Starter().make(keyed({ sessionId: 's2' }))));
			expect(error.message).toContain('is being made by another execution');
		}
		answer(flow());
		expect(await over(first)).toMatchObject({ isRepeated: false });
		expect(sent).toEqual(['s1']);
		expect(clock.pendingTimers).toBe(0);
	});

	it.each(['k', undefined])(
		'and died is not followed by anybody who makes it again (key %p)',
		async (idempotencyKey) => {
			const what = plan(idempotencyKey === undefined ? {} : { idempotencyKey });
			const { send } = held();
			void new Starter('step').make(what, send);
			await settle();
			// Nothing more is heard of it.
			registry.breakDown('settleStart');
			const error = await cognigyErrorOf(over(new Starter('step').make({ ...what, sessionId: 's2' })));
			expect(error).toMatchObject({ category: 'server', mayHaveRun: true });
			expect(error.message).toMatch(
				/n8n stopped before the answer came.*may have run, with session "s1"; it was not sent/,
			);
			expect(clock.monotonic()).toBeGreaterThanOrEqual(30_000);
			expect(sent).toEqual(['s1']);
		},
	);

	it('with a defect of ours keeps it for ever: nobody knows how far it came', async () => {
		const defect = new TypeError('a defect');
		await expect(new Starter().make(keyed(), async () => await Promise.reject(defect))).rejects.toBe(defect);
		expect(clock.pendingTimers).toBe(0);
		expect(await cognigyErrorOf(over(new Starter().make(keyed())))).toMatchObject({ mayHaveRun: true });
		expect(sent).toEqual(['s1']);
	});

	it('and said something that nobody understands is not followed either', async () => {
		await new Starter().make(keyed());
		const settleStart = registry.settleStart.bind(registry);
		jest.spyOn(registry, 'settleStart').mockImplementation(async (key, { aliveUntil }) => {
			await settleStart(key, { aliveUntil, outcome: '{"of": "a newer version"}' });
		});
		await new Starter().make(keyed({ idempotencyKey: 'n' }));
		const error = await cognigyErrorOf(over(new Starter().make(keyed({ idempotencyKey: 'n' }))));
		expect(error.message).toMatch(/cannot be read.*may have run, with session "s1"/);
		expect(sent).toHaveLength(2);
	});
});

describe('a registry that does not work', () => {
	it('lets nothing be sent with a key, and says why', async () => {
		registry.breakDown('claimStart');
		const starter = new Starter('step');
		const error = await cognigyErrorOf(starter.make(keyed()));
		expect(error).toMatchObject({ category: 'server', mayHaveRun: false });
		expect(error.message).toMatch(/^Nothing was sent: .*"k".*The registry is broken: claimStart$/);
		registry.breakDown();
		expect(await over(starter.make(keyed()))).toMatchObject({ isRepeated: false });
		expect(sent).toEqual(['s1']);
	});

	it('that is missing does so as well', async () => {
		const starts = new Starts({ kept: undefined, account, clock, random: () => 0 });
		const deadline = new Deadline(clock, 1, []);
		const context = { deadline, retries: 0, trace: { attempts: 0 } };
		const caller = { origin: 'o', context, onWarning: () => {}, warnings: [], onRepeated: () => {} };
		const error = await cognigyErrorOf(starts.make(keyed(), caller, async () => flow()));
		expect(error.message).toContain('Nothing was sent');
		expect(await starts.make(plan(), caller, async () => flow())).toMatchObject({ isRepeated: false });
		deadline.dispose();
	});

	it('stops no start without a key: there is one warning', async () => {
		registry.breakDown('claimStart');
		const starter = new Starter('step');
		expect(await starter.make(plan())).toMatchObject({ result: flow().result });
		expect(starter.warnings).toEqual([expect.stringContaining('Session "s1" could not be recorded')]);
		expect(sent).toEqual(['s1']);
	});

	it('does not make a start ours that somebody else is making', async () => {
		for (const [origin, what] of [
			['step', plan()],
			['', keyed()],
		] as const) {
			const { send, answer } = held();
			const first = new Starter(origin).make(what, send);
			await settle();
			const second = new Starter(origin).make({ ...what, sessionId: 's2' });
			await settle();
			registry.breakDown('claimStart');
			await clock.advance(10_000);
			registry.breakDown();
			answer(flow());
			await over(first);
			expect((await over(second)).result.sessionId).toBe('s1');
			expect(sent.splice(0)).toEqual(['s1']);
		}
	});

	it('and stays broken ends the wait in time, unsent', async () => {
		const { send } = held();
		void new Starter('step').make(plan(), send);
		await settle();
		const second = new Starter('step').make(plan());
		await settle();
		registry.breakDown('claimStart', 'settleStart');
		expect(await cognigyErrorOf(over(second))).toMatchObject({ category: 'timeout', mayHaveRun: true });
		expect(sent).toEqual(['s1']);
	});

	it.each(['settleStart', 'releaseStart'] as const)('for a moment is tried once more: %s', async (method) => {
		const fails = jest.spyOn(registry, method).mockRejectedValueOnce(new Error('cut'));
		const isSettled = method === 'settleStart';
		const first = new Starter().make(keyed(), isSettled ? undefined : didNotRun);
		await over(first).catch(() => {});
		await clock.advance(300);
		expect(fails).toHaveBeenCalledTimes(2);
		expect(await new Starter().make(keyed({ sessionId: 's2' }))).toMatchObject({ isRepeated: isSettled });
		expect(clock.pendingTimers).toBe(0);
	});

	it('for a moment does not let an earlier outcome come last', async () => {
		const reply = { messages: [], reply: 'Hello' };
		const settleStart = registry.settleStart.bind(registry);
		let calls = 0;
		jest.spyOn(registry, 'settleStart').mockImplementation(async (...call) => {
			if (++calls === 1) throw new Error('cut');
			await settleStart(...call);
		});
		const first = await over(new Starter().make(keyed(), async () => flow('s1', { collectReply: async () => reply })));
		await over(first.complete(reply));
		expect((await new Starter().make(keyed())).result).toEqual({ ...flow().result, ...reply });
	});

	it('lost the answer to a claim: what it claimed is given back', async () => {
		const claimStart = registry.claimStart.bind(registry);
		jest.spyOn(registry, 'claimStart').mockImplementationOnce(async (...call) => {
			await claimStart(...call);
			throw new Error('cut');
		});
		await cognigyErrorOf(new Starter().make(keyed()));
		expect(await over(new Starter().make(keyed({ sessionId: 's2' })))).toMatchObject({ isRepeated: false });
		expect(sent).toEqual(['s2']);
	});
});

it('what the flow was given is kept with its session, and not with its start', async () => {
	const claims: unknown[] = [];
	for (const method of ['claimStart', 'settleStart'] as const) {
		const real = registry[method].bind(registry) as (...call: unknown[]) => Promise<never>;
		jest.spyOn(registry, method).mockImplementation(async (...call: unknown[]) => {
			claims.push(method === 'claimStart' ? call[0] : call);
			return await real(...call);
		});
	}
	const content = { input: 'a secret input', context: { secret: 'of the context' } };
	await new Starter('an origin').make(keyed({ idempotencyKey: 'a secret key', content }));
	await cognigyErrorOf(new Starter().make(keyed({ idempotencyKey: 'failing', content }), mayHaveRun));
	expect(claims.length).toBeGreaterThanOrEqual(4);
	for (const secret of ['secret', 'an origin']) expect(JSON.stringify(claims)).not.toContain(secret);
	expect(await registry.contextOf({ account, sessionId: 's1' })).toEqual({ secret: 'of the context' });
});

it('a start into a session that runs records none, and is made once as well', async () => {
	const { session: _, ...inject } = keyed();
	const words = { mayHave: 'The user may have got it, in', again: 'notify the user again' };
	await new Starter().make(inject);
	expect(await new Starter().make(inject)).toMatchObject({ isRepeated: true });
	const other = { ...inject, words, idempotencyKey: 'k2' };
	const first = await cognigyErrorOf(new Starter().make(other, mayHaveRun));
	expect((await cognigyErrorOf(new Starter().make(other))).message).toContain(first.message);
	expect(first.message).toContain('The user may have got it, in session "s1"');
	expect(registry.count('record')).toBe(0);
	expect(sent).toHaveLength(2);
});
