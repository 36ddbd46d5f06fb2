import fc from 'fast-check';

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SessionKey, SessionRegistry } from '../../client/registry/sessionRegistry';
import { bundleRegistryWorker, RegistryProcess, type RegistryUser } from './registryProcesses';

/** A process is told to do something; `crash`: it is killed while it does it. */
interface Order {
	do: 'start' | 'claim' | 'reset' | 'emit' | 'stage' | 'finish';
	/** Which session, of those that were started so far by anybody; or how many. */
	which: number;
	crashes: boolean;
}

const kinds = ['start', 'start', 'start', 'claim', 'claim', 'reset', 'emit', 'emit', 'stage', 'finish'] as const;
const order: fc.Arbitrary<Order> = fc.record({
	do: fc.constantFrom(...kinds),
	which: fc.nat({ max: 60 }),
	crashes: fc.nat({ max: 30 }).map((number) => number === 0),
});

/** What each of several processes is told to do, one after the other. */
const interleaving = fc.array(fc.array(order, { minLength: 5, maxLength: 30 }), { minLength: 3, maxLength: 3 });

const TTL_SECONDS = 60;
const LEASE_MS = 1_000_000;
/** Long after every session has expired. */
const LATE = 1e9;
const CONSUMER = 'workflow/node';

/** What is known to have been done, and what a process that crashed may have done. */
class Ledger {
	readonly started = new Set<string>();
	readonly maybeStarted = new Set<string>();
	readonly claimed: string[] = [];
	readonly reset = new Set<string>();
	readonly maybeReset = new Set<string>();
	readonly emitted = new Map<string, Set<string>>();
	readonly maybeEmitted = new Map<string, Set<string>>();
	readonly staged = new Set<string>();
	readonly maybeStaged = new Set<string>();
	readonly finished = new Set<string>();
	readonly maybeFinished = new Set<string>();

	pick(which: number): string | undefined {
		const ids = [...this.started];
		return ids[which % ids.length];
	}
}

function addTo(map: Map<string, Set<string>>, name: string, value: string): void {
	map.set(name, (map.get(name) ?? new Set()).add(value));
}

/**
 * Plays what processes do side by side, in an account of its own, and checks what is left
 * (docs/guarantees.md#session-registry).
 */
class RegistryPlay {
	readonly #ledger = new Ledger();
	#number = 0;

	/** @param spawn starts a process with the registry, or another user of it */
	constructor(
		private readonly account: string,
		private readonly processes: RegistryUser[],
		private readonly spawn: () => RegistryUser,
	) {}

	async play(orders: ReadonlyArray<readonly Order[]>): Promise<void> {
		await Promise.all(
			orders.map(async (list, index) => {
				for (const next of list) await this.#perform(index, next);
			}),
		);
	}

	/** @param registry another user of the same store */
	async check(registry: SessionRegistry): Promise<void> {
		await this.#checkSessions(registry);
		await this.#checkClaims(registry);
		await this.#checkMessages(registry);
	}

	/** Nothing that was recorded is lost, and nothing is there that nobody recorded. */
	async #checkSessions(registry: SessionRegistry): Promise<void> {
		const { started, maybeStarted } = this.#ledger;
		const unconfirmedUntil = Number.MAX_SAFE_INTEGER;
		const found = await registry.openSessions({ account: this.account, now: 0, after: 0, unconfirmedUntil });
		const ids = found.map(({ sessionId }) => sessionId);
		expect(ids).toEqual(expect.arrayContaining([...started]));
		expect(ids.filter((id) => !started.has(id) && !maybeStarted.has(id))).toEqual([]);
		expect(new Set(found.map(({ sequence }) => sequence)).size).toBe(found.length);
	}

	/** Each expired session was given to one of them, and comes back after its lease unless it was reset. */
	async #checkClaims(registry: SessionRegistry): Promise<void> {
		const { claimed, started, reset, maybeReset } = this.#ledger;
		expect(new Set(claimed).size).toBe(claimed.length);
		const { account } = this;
		const rest = await registry.claimExpired({ account, now: LATE, leaseMs: LEASE_MS, limit: 1_000 });
		expect(rest.filter(({ sessionId }) => claimed.includes(sessionId))).toEqual([]);
		const later = await registry.claimExpired({ account, now: LATE + LEASE_MS, leaseMs: 1, limit: 1_000 });
		const ids = later.map(({ sessionId }) => sessionId);
		const unreset = [...started].filter((id) => !reset.has(id) && !maybeReset.has(id));
		expect(ids).toEqual(expect.arrayContaining(unreset));
		expect(ids.filter((id) => reset.has(id))).toEqual([]);
	}

	/** What was recorded as delivered stays so, and what was staged is there until it is finished. */
	async #checkMessages(registry: SessionRegistry): Promise<void> {
		const { started, emitted, maybeEmitted, staged, maybeStaged, finished, maybeFinished } = this.#ledger;
		for (const sessionId of started) {
			const key = { account: this.account, sessionId };
			const ids = await registry.deliveredIds(key, CONSUMER);
			expect(ids).toEqual(expect.arrayContaining([...(emitted.get(sessionId) ?? [])]));
			const known = (id: string) => emitted.get(sessionId)?.has(id) || maybeEmitted.get(sessionId)?.has(id);
			expect(ids.filter((id) => !known(id))).toEqual([]);
			expect(new Set(ids).size).toBe(ids.length);
			const batches = (await registry.stagedBatches(key, CONSUMER)).map(({ id }) => id);
			expect(batches.filter((id) => finished.has(id))).toEqual([]);
			expect(batches.filter((id) => !staged.has(id) && !maybeStaged.has(id))).toEqual([]);
			const waiting = [...staged].filter((id) => id.startsWith(`${sessionId} `));
			const unfinished = waiting.filter((id) => !finished.has(id) && !maybeFinished.has(id));
			expect(batches).toEqual(expect.arrayContaining(unfinished));
		}
	}

	async #perform(index: number, { do: what, which, crashes }: Order): Promise<void> {
		const process = this.processes[index];
		if (!process) return;
		const work = this.#begin(process, what, which);
		if (!crashes) return await work;
		const outcome = work.catch(() => {});
		await process.kill();
		await outcome;
		this.processes[index] = this.spawn();
	}

	/** Writes into the ledger what may have been done before it is asked for, and what was done afterwards. */
	async #begin(process: RegistryUser, what: Order['do'], which: number): Promise<void> {
		const { account } = this;
		const ledger = this.#ledger;
		if (what === 'start') return await this.#start(process, `s${this.#number++}`);
		if (what === 'claim') {
			const query = { account, now: LATE, leaseMs: LEASE_MS, limit: which % 4 };
			const sessions = await process.call('claimExpired', query);
			ledger.claimed.push(...sessions.map(({ sessionId }) => sessionId));
			return;
		}
		const sessionId = ledger.pick(which);
		if (sessionId === undefined) return;
		const key: SessionKey = { account, sessionId };
		const id = `${sessionId} ${this.#number++}`;
		if (what === 'reset') {
			ledger.maybeReset.add(sessionId);
			await process.call('markReset', key, LATE);
			ledger.reset.add(sessionId);
		} else if (what === 'stage') {
			ledger.maybeStaged.add(id);
			await process.call('stage', key, CONSUMER, { id, payload: id });
			ledger.staged.add(id);
		} else {
			const batch =
				what === 'finish' ? [...ledger.staged].find((staged) => staged.startsWith(`${sessionId} `)) : undefined;
			addTo(ledger.maybeEmitted, sessionId, id);
			if (batch) ledger.maybeFinished.add(batch);
			await process.call('recordDelivered', key, CONSUMER, [id], batch);
			addTo(ledger.emitted, sessionId, id);
			if (batch) ledger.finished.add(batch);
		}
	}

	async #start(process: RegistryUser, sessionId: string): Promise<void> {
		const { account } = this;
		this.#ledger.maybeStarted.add(sessionId);
		const session = { account, sessionId, botId: 'b', flowId: 'f', userId: 'u', createdAt: 1_000, context: {} };
		await process.call('record', { ...session, ttlSeconds: TTL_SECONDS });
		await process.call('confirm', { account, sessionId });
		this.#ledger.started.add(sessionId);
	}
}

export interface SharedStore {
	/** What a process is given to open it, or what makes another user of it where other processes cannot have it. */
	place: string | (() => RegistryUser);
	/** A user of it in this process. */
	registry: SessionRegistry;
	remove(): Promise<void>;
}

/** Random orders for several processes at once, on one store. */
export function describeInterleavings(name: string, openStore: () => Promise<SharedStore>): void {
	describe(name, () => {
		let folder: string;
		let worker: string;
		let store: SharedStore;
		const processes: RegistryUser[] = [];

		beforeAll(async () => {
			folder = await mkdtemp(join(tmpdir(), 'registry-worker-'));
			worker = await bundleRegistryWorker(folder);
			store = await openStore();
		});
		afterAll(async () => {
			await Promise.all(processes.map((process) => process.kill()));
			await store.registry.close();
			await store.remove();
			await rm(folder, { recursive: true, force: true });
		});

		it('loses no session and no message, and gives each expired session to one process', async () => {
			const { place } = store;
			const spawn = typeof place === 'string' ? () => new RegistryProcess(worker, place) : place;
			while (processes.length < 3) processes.push(spawn());
			let run = 0;
			await fc.assert(
				fc.asyncProperty(interleaving, async (orders) => {
					const play = new RegistryPlay(`account-${run++}`, processes, spawn);
					await play.play(orders);
					await play.check(store.registry);
				}),
				{ numRuns: 25 },
			);
		}, 120_000);
	});
}
