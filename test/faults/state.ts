import { chmod, mkdir, open as openHandle, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { sharedLogin } from '../../client/token/sharedToken';
import type { RateBudget } from '../../client/budget/rateBudget';
import { redisBudget } from '../../client/budget/redisBudget';
import { parseRedisUrl } from '../../client/redis/redisAddress';
import type { RedisConnection } from '../../client/redis/redisConnection';
import { RedisSession } from '../../client/redis/redisSession';
import { lazyRegistry } from '../../client/registry/lazyRegistry';
import { makeMemoryStore, openMemoryRegistry } from '../../client/registry/memoryRegistry';
import { redisRegistry } from '../../client/registry/redisRegistry';
import type { SessionRegistry } from '../../client/registry/sessionRegistry';
import { Database } from '../../client/registry/sqlite/database';
import { SqliteRegistry } from '../../client/registry/sqlite/registry';
import type { ShareLogin } from '../../client/v1/tokens';
import { asNobody } from '../support/asNobody';
import type { FakeClock } from '../support/fakeClock';
import type { RedisFault, RedisProxy } from '../support/redisProxy';
import { sqliteStore } from '../support/registryFiles';
import { NOW, numbered, session } from '../support/registrySessions';

/** What is wrong with the file of the session registry from the beginning. */
type EarlyFault = 'corrupt' | 'damaged' | 'folder' | 'foreign' | 'locked' | 'newer' | 'readOnly';
/** What happens to it while it is open. */
const lateFaults = ['lockedLater', 'full', 'deleted', 'replaced'] as const;

export type RegistryFault = EarlyFault | (typeof lateFaults)[number];

/** The password in the URL of a Redis; it must show nowhere. */
export const REDIS_PASSWORD = 'redis-Pa55word';

/** So much of each pause is made: the longest is one that the clock skips, and all of them take time. */
export const SHARE_OF_PAUSES = 0.05;

/** Where a client keeps what must outlive it, and what can go wrong there. */
export interface State {
	dependencies: { registry?: SessionRegistry; budget?: RateBudget; shareLogin?: ShareLogin };
	/** Ids of messages that are recorded as emitted. */
	remembered: ReadonlySet<string>;
	/** What was said of an outage of Redis. */
	outages: readonly string[];
	/** From now on it is as the fault says. */
	arm(): Promise<void>;
	/** From now on all is well. */
	heal(): Promise<void>;
	close(): Promise<void>;
}

const nothing = async () => {};

export const noState: State = {
	dependencies: {},
	remembered: new Set(),
	outages: [],
	arm: nothing,
	heal: nothing,
	close: nothing,
};

/** A file that may have a fault. */
export async function fileState(fault: RegistryFault | undefined, clock: FakeClock): Promise<State> {
	const { place, remove } = await sqliteStore();
	let mend = fault ? await spoil(place, fault) : nothing;
	let isReadOnly = fault === 'readOnly';
	let database: Database | undefined;
	const open = async () => {
		const opening = async () => await Database.open(place, { clock, random: () => 0.99 });
		database = isReadOnly ? await asNobody(opening) : await opening();
		return new SqliteRegistry(database, clock, () => {});
	};
	const { registry, remembered } = remembering(lazyRegistry(open, clock));
	const arm = async () => {
		if (!fault || !isLate(fault)) return;
		await registry.prune(0);
		if (database) mend = await spoilOpen(place, database, fault);
	};
	const heal = async () => {
		isReadOnly = false;
		await mend();
		mend = nothing;
	};
	const close = async () => {
		await heal();
		await registry.close();
		await remove();
	};
	return { dependencies: { registry }, remembered, outages: [], arm, heal, close };
}

/** The memory of the process; nothing can go wrong there. */
export function memoryState(clock: FakeClock): State {
	const { registry, remembered } = remembering(openMemoryRegistry(makeMemoryStore({ clock })));
	return { ...noState, dependencies: { registry }, remembered, close: async () => await registry.close() };
}

function isLate(fault: RegistryFault): boolean {
	return lateFaults.some((late) => late === fault);
}

/** @returns puts it right */
async function spoil(place: string, fault: RegistryFault): Promise<() => Promise<void>> {
	const folder = dirname(place);
	await mkdir(fault === 'folder' ? place : folder, { recursive: true });
	const takeAway = async () => await rm(place, { recursive: true, force: true });
	switch (fault) {
		case 'corrupt':
			await writeFile(place, 'no database '.repeat(1_000));
			return takeAway;
		case 'folder':
			return takeAway;
		case 'damaged':
			await damage(place);
			return takeAway;
		case 'foreign':
			write(place, 'CREATE TABLE sessions (other TEXT)').close();
			return takeAway;
		case 'newer':
			write(place, 'PRAGMA user_version = 99').close();
			return takeAway;
		case 'locked': {
			const other = write(place, 'BEGIN EXCLUSIVE');
			return async () => other.close();
		}
		case 'readOnly':
			await chmod(folder, 0o555);
			return async () => await chmod(folder, 0o700);
		default:
			return nothing;
	}
}

function write(place: string, sql: string): DatabaseSync {
	const database = new DatabaseSync(place);
	database.exec(sql);
	return database;
}

/** A file whose first page is good, and no other. */
async function damage(place: string): Promise<void> {
	const database = await Database.open(place, { clock: instantly, random: () => 0 });
	const registry = new SqliteRegistry(database, instantly, () => {});
	for (const id of numbered(50)) await registry.record(session(id));
	await registry.close();
	const file = new DatabaseSync(place);
	const pages = Number(file.prepare('PRAGMA page_count').get()?.page_count);
	const size = Number(file.prepare('PRAGMA page_size').get()?.page_size);
	file.close();
	await overwrite(place, size, (pages - 1) * size);
}

async function overwrite(place: string, from: number, length: number): Promise<void> {
	const file = await openHandle(place, 'r+');
	await file.write(Buffer.alloc(length, 0xff), 0, length, from);
	await file.close();
}

const instantly = { wallTime: () => NOW, monotonic: () => 0, after: () => () => {} };

/** @returns puts it right */
async function spoilOpen(place: string, database: Database, fault: RegistryFault): Promise<() => Promise<void>> {
	switch (fault) {
		case 'lockedLater': {
			const other = write(place, 'BEGIN IMMEDIATE');
			return async () => other.close();
		}
		case 'full':
			await allowPages(database, 1);
			await fill(new SqliteRegistry(database, instantly, () => {}));
			return async () => await allowPages(database, 1_000_000);
		case 'deleted':
			await rm(place);
			return nothing;
		case 'replaced':
			await rm(place);
			await writeFile(place, '');
			return nothing;
		default:
			return nothing;
	}
}

async function allowPages(database: Database, count: number): Promise<void> {
	await database.read((prepared) => prepared(`PRAGMA max_page_count = ${count}`).get());
}

/** Until not even the smallest things find room: sessions, what waits, and what was emitted. */
async function fill(registry: SessionRegistry): Promise<void> {
	const smallest = { account: '', botId: '', flowId: '', userId: '', createdAt: 0, ttlSeconds: 1e12, context: {} };
	const works: ReadonlyArray<(sessionId: string) => Promise<void>> = [
		async (sessionId) => await registry.record({ ...smallest, sessionId }),
		async (sessionId) => await registry.stage({ account: '', sessionId }, '', { id: '', payload: '' }),
		async (id) => await registry.stage({ account: '', sessionId: '' }, '', { id, payload: '' }),
		async (id) => await registry.recordDelivered({ account: '', sessionId: '' }, '', [id]),
	];
	for (const work of works) await untilItFails(work);
}

async function untilItFails(work: (name: string) => Promise<void>): Promise<void> {
	for (const name of numbered(10_000, '')) {
		try {
			await work(name);
		} catch {
			return;
		}
	}
	throw new Error('It does not become full.');
}

/** Redis with all that is kept there, behind a proxy that disturbs it. */
export function redisState(
	proxy: RedisProxy,
	fault: RedisFault | undefined,
	{ account, sharesLogin, clock }: { account: string; sharesLogin: boolean; clock: FakeClock },
): State {
	const random = () => SHARE_OF_PAUSES;
	const session = new RedisSession(parseRedisUrl(proxy.url(`:${REDIS_PASSWORD}@`)), clock, random);
	const redis: RedisConnection = {
		run: async (...script) => await session.run(...script),
		command: async (...args) => await session.command(args),
		close: async () => await session.close(),
	};
	const outages: string[] = [];
	const onWarning = (message: string) => outages.push(message);
	const { registry, remembered } = remembering(lazyRegistry(async () => redisRegistry(redis), clock));
	const budget = redisBudget({ requestsPerWindow: 100, redis, account, clock, onWarning });
	const shareLogin: ShareLogin = (ownLogin) =>
		sharedLogin(ownLogin, { redis, account, password: 'a password', lifetimeMs: 30 * 60_000, clock, random });
	return {
		dependencies: { registry, budget, ...(sharesLogin ? { shareLogin } : {}) },
		remembered,
		outages,
		arm: async () => await proxy.arm(fault),
		heal: async () => await proxy.heal(),
		close: async () => await session.close(),
	};
}

/** Takes down what was recorded as emitted. */
function remembering(inner: SessionRegistry): { registry: SessionRegistry; remembered: Set<string> } {
	const remembered = new Set<string>();
	const recordDelivered: SessionRegistry['recordDelivered'] = async (key, consumer, messageIds, batchId) => {
		await inner.recordDelivered(key, consumer, messageIds, batchId);
		for (const id of messageIds) remembered.add(id);
	};
	return { registry: { ...inner, recordDelivered }, remembered };
}
