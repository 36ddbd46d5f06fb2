import { Agent } from 'node:http';
import type { RandomFaultsRequest } from '../../../sandbox';
import { parseFault } from '../../../sandbox/v1/faults/fault';
import { FaultPlan } from '../../../sandbox/v1/faults/faultPlan';
import { RandomFaults } from '../../../sandbox/v1/faults/randomFaults';
import { messagesOf, poll, startSession, type Scene } from './pollClient';
import { closeSandboxes, logIn, sandboxFor } from './support';

afterEach(closeSandboxes);

const traits = {};
const request: RandomFaultsRequest = {
	seed: 1,
	probability: 0.3,
	operations: ['messages', 'versions'],
	kinds: ['truncate', { kind: 'latency', ms: 5 }, { kind: 'status', status: 503, headers: { 'Retry-After': '1' } }],
};

function planWith(change: Partial<RandomFaultsRequest> = {}): FaultPlan {
	const plan = new FaultPlan();
	plan.addRandom(new RandomFaults({ ...request, ...change }));
	return plan;
}

function kindsTaken(plan: FaultPlan, calls = 1000): Array<string | undefined> {
	return Array.from({ length: calls }, () => plan.take('messages', traits)?.kind);
}

describe('random faults', () => {
	it('come with the probability, every kind equally often', () => {
		const kinds = kindsTaken(planWith(), 10_000);
		const count = (kind?: string) => kinds.filter((other) => other === kind).length;

		expect(Math.abs(count(undefined) - 7000)).toBeLessThan(150);
		for (const kind of ['truncate', 'latency', 'status']) expect(Math.abs(count(kind) - 1000)).toBeLessThan(100);
	});

	it('never come, or always', () => {
		expect(new Set(kindsTaken(planWith({ probability: 0 })))).toEqual(new Set([undefined]));
		expect(new Set(kindsTaken(planWith({ probability: 1 })))).toEqual(new Set(['truncate', 'latency', 'status']));
	});

	it('are the same ones for the same seed, and others for another', () => {
		const kinds = kindsTaken(planWith());

		expect(kindsTaken(planWith())).toEqual(kinds);
		expect(kindsTaken(planWith({ seed: 2 }))).not.toEqual(kinds);
		expect(kindsTaken(planWith({ seed: -1 }))).not.toEqual(kinds);
	});

	it('stay where they are when more calls get one', () => {
		const some = kindsTaken(planWith());
		const more = kindsTaken(planWith({ probability: 0.6 }));

		expect(more.filter((_kind, i) => some[i] !== undefined)).toEqual(some.filter((kind) => kind !== undefined));
	});

	it('are for their operations only; those count together, and others not at all', () => {
		const kinds = kindsTaken(planWith(), 100);
		const plan = planWith();
		const taken = Array.from({ length: 100 }, (_, i) => {
			expect(plan.take('start', traits)).toBeUndefined();
			return plan.take(i % 2 === 0 ? 'messages' : 'versions', traits)?.kind;
		});

		expect(taken).toEqual(kinds);
	});

	it('have the fields that they were given', () => {
		const plan = planWith({
			probability: 1,
			kinds: [{ kind: 'status', status: 503, headers: { 'Retry-After': '1' } }],
		});

		expect(plan.take('versions', traits)).toMatchObject({
			kind: 'status',
			status: 503,
			headers: { 'Retry-After': '1' },
			operation: 'versions',
		});
	});

	it('let a fault go first that was asked for, and stay the same ones', () => {
		const kinds = kindsTaken(planWith(), 50);
		const plan = planWith();
		plan.add(parseFault({ operation: 'messages', kind: 'badJson', times: 10 }));

		expect(kindsTaken(plan, 50)).toEqual([...Array.from({ length: 10 }, () => 'badJson'), ...kinds.slice(10)]);
	});

	it('add up, the first ones first', () => {
		const plan = planWith({ probability: 1, kinds: ['hang'], operations: ['versions'] });
		plan.addRandom(new RandomFaults({ ...request, probability: 1, kinds: ['badJson'] }));

		expect(plan.take('versions', traits)).toMatchObject({ kind: 'hang' });
		expect(plan.take('messages', traits)).toMatchObject({ kind: 'badJson' });
	});

	it('end when the faults are cleared', () => {
		const plan = planWith({ probability: 1 });

		expect(plan.clear()).toBe(1);
		expect(plan.take('messages', traits)).toBeUndefined();
		expect(plan.clear()).toBe(0);
	});
});

it.each([
	['no seed', { seed: undefined }, /These are no random faults: seed: Required/],
	['a broken seed', { seed: 0.5 }, /seed: /],
	['an impossible probability', { probability: 1.1 }, /probability: /],
	['no operation', { operations: [] }, /operations: /],
	['an unknown operation', { operations: ['stop'] }, /operations\.0: /],
	['no kind', { kinds: [] }, /kinds: /],
	['an unknown kind', { kinds: ['explode'] }, /kind: .*'truncate'/],
	['a kind that lacks a field', { kinds: ['status'] }, /status: Required/],
	['a kind that an operation cannot have', { kinds: ['freeze'] }, /messages cannot have the fault freeze/],
	['an unknown field', { chance: 1 }, /'chance'/],
])('random faults with %s are refused and the reason named', async (_case, change, reason) => {
	const sandbox = await sandboxFor();

	expect(() => sandbox.faults.random({ ...request, ...change } as RandomFaultsRequest)).toThrow(reason);
	expect(sandbox.faults.clear()).toBe(0);
});

describe.each(['once', 'all', 'overlap'] as const)('in spite of random faults, in the style %s', (replay) => {
	it('every message arrives at who polls until the session ends', async () => {
		const sandbox = await sandboxFor({ replay, pollWaitMs: 50, botDelayMs: 1 });
		const scene = { sandbox, token: await logIn(sandbox) };
		const sessionIds = Array.from({ length: 20 }, (_, i) => `s-${i}`);
		for (const sessionId of sessionIds) await startSession(scene, { sessionId });
		sandbox.faults.random({
			seed: 7,
			probability: 0.2,
			operations: ['messages'],
			kinds: [
				...(['dropBefore', 'resetBefore', 'dropAfter', 'resetAfter', 'truncate', 'badJson', 'wrongShape'] as const),
				...(['wrongContentType', { kind: 'hugeBody', bytes: 1000 }, { kind: 'gzipBomb', megabytes: 1 }] as const),
				...([
					{ kind: 'status', status: 503 },
					{ kind: 'latency', ms: 5 },
				] as const),
				{ kind: 'slowBody', chunkBytes: 1000, intervalMs: 1 },
			],
		});
		const agent = new Agent({ keepAlive: true });
		const followers = sessionIds.map((sessionId) => follow(scene, sessionId, agent));

		for (let i = 0; i < 600; i += 1) {
			sandbox.say(`s-${i % 20}`, `message ${i}`);
			if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
		}
		await sandbox.when(() => sandbox.stats().messagesHandedOut === 640, 10_000);
		const transcripts = sandbox.sessions.map(({ transcript }) => transcript.map(({ messageId }) => messageId));
		for (const sessionId of sessionIds) sandbox.endSession(sessionId);

		const heard = await Promise.all(followers);
		expect(heard.map((ids) => [...ids].sort())).toEqual(transcripts.map((ids) => [...ids].sort()));
		expect(sandbox.requests.filter(({ fault }) => fault !== null).length).toBeGreaterThan(20);
		agent.destroy();
	});
});

/** Polls until the session ends, whatever happens. Returns the ids of the messages, each once. */
async function follow(scene: Scene, sessionId: string, agent: Agent): Promise<Set<string>> {
	const heard = new Set<string>();
	for (;;) {
		const reply = await poll(scene, { target: { sessionId }, agent }).catch((error: Error) => error);
		if (!(reply instanceof Error) && reply.status === 410) return heard;
		try {
			for (const { messageId } of messagesOf(reply)) if (messageId) heard.add(messageId);
		} catch {
			// Another try.
		}
	}
}
