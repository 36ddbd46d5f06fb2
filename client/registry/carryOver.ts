import pMap from 'p-map';

import type { RegisteredSession, SessionKey, SessionRegistry } from './sessionRegistry';

/** A start that was not confirmed for so long, in ms, was begun by a process that has crashed. */
const START_MS = 2 * 60_000;
/** Sessions that are carried over side by side. */
const AT_A_TIME = 20;

export interface CarryOver {
	account: string;
	/** Whose memory of what was delivered goes along. */
	consumer: string;
	/** Now, in ms since 1970. */
	now: number;
}

/**
 * Records the open sessions of an account in another registry as well, with what `consumer` has delivered of them and is
 * about to emit, so that it can go on there. May be repeated: only what is new is added. Contexts stay behind.
 * @throws {RegistryError} when one of them does not work
 */
export async function carryOver(
	from: SessionRegistry,
	to: SessionRegistry,
	{ account, consumer, now }: CarryOver,
): Promise<void> {
	const query = { account, now, after: 0, unconfirmedUntil: now - START_MS };
	const there = new Set((await to.openSessions(query)).map(({ sessionId }) => sessionId));
	const carry = async (session: RegisteredSession): Promise<void> => {
		const { sessionId, botId, flowId, userId, createdAt, ttlSeconds } = session;
		const key = { account, sessionId };
		if (!there.has(sessionId)) await to.record({ ...key, botId, flowId, userId, createdAt, ttlSeconds, context: {} });
		await carryEmitted(from, to, key, consumer);
		// Only now, as it is followed from then on.
		if (!there.has(sessionId)) await to.confirm(key);
	};
	await pMap(await from.openSessions(query), carry, { concurrency: AT_A_TIME });
}

async function carryEmitted(
	from: SessionRegistry,
	to: SessionRegistry,
	key: SessionKey,
	consumer: string,
): Promise<void> {
	// First what is staged: what is recorded in between must be in one of both.
	const staged = await from.stagedBatches(key, consumer);
	const emitted = await from.deliveredIds(key, consumer);
	for (const batch of staged) await to.stage(key, consumer, batch);
	const isStagedHere = new Set(staged.map(({ id }) => id));
	if (emitted.length > 0) await to.recordDelivered(key, consumer, emitted);
	for (const { id } of await to.stagedBatches(key, consumer)) {
		// It was done with since it was carried over.
		if (!isStagedHere.has(id)) await to.recordDelivered(key, consumer, [], id);
	}
}
