import { getEventListeners } from 'node:events';

import { followRegistry } from '../../../../client/streams/followRegistry';
import { REGISTRY } from '../../../../client/streams/types';
import type { NewSession, RegisteredSession } from '../../../../client/registry/sessionRegistry';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { account, keyOf, MINUTE, otherAccount, session, start } from '../../../support/registrySessions';

interface Followed extends RegisteredSession {
	end: (error?: Error) => Promise<void>;
}

let clock: FakeClock;
let registry: MemoryRegistry;
let stop: AbortController;
let followed: Followed[];
let heard: string[];
let renewed: string[];
let isDone: boolean;

beforeEach(() => {
	clock = new FakeClock();
	registry = new MemoryRegistry();
	stop = new AbortController();
	followed = [];
	heard = [];
	renewed = [];
	isDone = false;
});

async function follow(one: RegisteredSession): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const end = async (error?: Error) => {
			if (error) reject(error);
			else resolve();
			await settle();
		};
		followed.push({ ...one, end });
	});
}

async function begin(filter: { botId?: string; flowId?: string } = {}): Promise<void> {
	const run = followRegistry({
		registry,
		account,
		...filter,
		clock,
		signal: stop.signal,
		follow,
		onRenewed: ({ sessionId }) => renewed.push(sessionId),
		onTrouble: ({ message }, source) => heard.push(`${source}: ${message}`),
		onRecovered: (source) => heard.push(`${source}: recovered`),
	});
	void run.then(() => (isDone = true));
	await settle();
}

const startNow = async (sessionId: string, changes: Partial<NewSession> = {}) =>
	await start(registry, session(sessionId, { createdAt: clock.wallTime(), ...changes }));
const followedIds = () => followed.map(({ sessionId }) => sessionId);

it('follows every open session that there is, each once', async () => {
	for (const sessionId of ['s1', 's2', 's3']) await startNow(sessionId);
	await startNow('of another account', { account: otherAccount });
	await begin();
	await clock.advance(10 * MINUTE);

	expect(followedIds()).toEqual(['s1', 's2', 's3']);
});

it('follows only those of a bot and a flow, where they are named', async () => {
	await startNow('s1', { botId: 'b1', flowId: 'f1' });
	await startNow('s2', { botId: 'b1', flowId: 'f2' });
	await startNow('s3', { botId: 'b2', flowId: 'f1' });
	await begin({ botId: 'b1', flowId: 'f1' });

	expect(followedIds()).toEqual(['s1']);
});

it('finds a new session within a second, whenever it begins', async () => {
	await begin();
	for (let i = 0; i < 20; i++) {
		await clock.advance(i * 37);
		await startNow(`s${i}`);
		await clock.advance(999);
		expect(followedIds().at(-1)).toBe(`s${i}`);
	}
	expect(followed).toHaveLength(20);
});

it('leaves a start alone that is under way, and follows it when it ran', async () => {
	await begin();
	await registry.record(session('s1', { createdAt: clock.wallTime() }));
	await clock.advance(30_000);
	expect(followed).toHaveLength(0);
	await registry.confirm(keyOf('s1'));
	await clock.advance(999);

	expect(followedIds()).toEqual(['s1']);
});

it('follows a session that nobody confirmed in two minutes, within the minute after: its start may have run', async () => {
	await begin();
	await registry.record(session('s1', { createdAt: clock.wallTime() }));
	// So that the cursor is beyond it.
	await startNow('s2');
	await clock.advance(2 * MINUTE - 1);
	expect(followedIds()).toEqual(['s2']);
	await clock.advance(MINUTE + 1_000);

	expect(followedIds()).toEqual(['s2', 's1']);
});

it('follows a session again that began anew meanwhile, once its last life is over', async () => {
	await startNow('s1');
	await begin();
	await startNow('s1');
	await clock.advance(999);
	expect(followed).toHaveLength(1);
	expect(renewed).toEqual(['s1']);
	await followed[0]?.end();

	expect(followed).toHaveLength(2);
	const [first, second] = followed;
	expect(second?.sequence).toBeGreaterThan(first?.sequence ?? Infinity);
	await second?.end();
	await registry.markEnded({ ...keyOf('s1'), sequence: second?.sequence ?? 0 }, clock.wallTime());
	await clock.advance(10 * MINUTE);
	expect(followed).toHaveLength(2);
});

it('follows a session that is open though its following ended, from the next full look on', async () => {
	await startNow('s1');
	await begin();
	await followed[0]?.end();
	await clock.advance(30_000);
	expect(followed).toHaveLength(1);
	await clock.advance(31_000);

	expect(followedIds()).toEqual(['s1', 's1']);
});

it('tells of a registry that does not work, goes on, and tells when it works again', async () => {
	await begin();
	registry.breakDown('openSessions');
	await clock.advance(2_000);
	expect(new Set(heard)).toEqual(new Set([`${REGISTRY}: The registry is broken: openSessions`]));
	registry.breakDown();
	await startNow('s1');
	heard = [];
	await clock.advance(999);

	expect(heard).toEqual([`${REGISTRY}: recovered`]);
	expect(followedIds()).toEqual(['s1']);
	await clock.advance(10 * MINUTE);
	expect(heard).toHaveLength(1);
});

it('tells of a following that failed, follows it again, and tells when the registry works', async () => {
	await startNow('s1');
	await begin();
	await followed[0]?.end(new Error('secret'));
	expect(heard).toEqual([`${REGISTRY}: The session registry failed for a reason that is not known`]);
	await clock.advance(999);
	expect(heard.slice(1)).toEqual([`${REGISTRY}: recovered`]);
	await clock.advance(MINUTE);

	expect(followedIds()).toEqual(['s1', 's1']);
});

it('ends when everything that it followed has ended, and leaves nothing behind', async () => {
	await startNow('s1');
	await startNow('s2');
	await begin();
	await startNow('s1');
	await clock.advance(999);
	stop.abort();
	await settle();
	expect(clock.pendingTimers).toBe(0);
	await followed[0]?.end();
	expect(isDone).toBe(false);
	await followed[1]?.end();

	expect(isDone).toBe(true);
	// The new life of the first one is left to the next time.
	expect(followed).toHaveLength(2);
	expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});
