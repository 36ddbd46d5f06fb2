import { z } from 'zod/v4';

import type { RedisConnection } from '../redis/redisConnection';
import { ACCOUNTS_KEY, accountKeys, emittedKey, stagedKey } from './redis/keys';
import {
	accountsScript,
	addAccountScript,
	claimScript,
	confirmScript,
	emittedScript,
	findExpiredScript,
	forgetScript,
	markEndedScript,
	markResetScript,
	openScript,
	pruneScript,
	recordEmittedScript,
	recordScript,
	releaseScript,
	stagedScript,
	stageScript,
} from './redis/scripts';
import { expiryOf, parseJson, parseStoredSession } from './storedSession';
import {
	RegistryError,
	type ExpiredSessionsQuery,
	type NewSession,
	type OpenSessionsQuery,
	type RegisteredSession,
	type SessionKey,
	type SessionRegistry,
	type StagedBatch,
	type StagedPage,
} from './sessionRegistry';

/** How many sessions are deleted at once: between two batches Redis serves others. */
const PRUNE_BATCH = 500;

/** The registry in Redis. Closes the connection when it is closed itself: give it one of its own. */
export function redisRegistry(connection: RedisConnection): SessionRegistry {
	return new RedisRegistry(connection);
}

class RedisRegistry implements SessionRegistry {
	#isClosed = false;

	constructor(private readonly connection: RedisConnection) {}

	async record(session: NewSession): Promise<void> {
		const { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds, context } = session;
		const expiresAt = expiryOf(session);
		const stored = { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds, expiresAt };
		// The context stays text within the JSON, as the other store has it: Redis need not understand it.
		const json = JSON.stringify({ ...stored, context: JSON.stringify(context) });
		await Promise.all([
			this.#run(addAccountScript, [ACCOUNTS_KEY], [account]),
			this.#runFor(account, recordScript, sessionId, json, botId, String(expiresAt), String(createdAt)),
		]);
	}

	async confirm({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, confirmScript, sessionId);
	}

	async forget({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, forgetScript, sessionId);
	}

	async openSessions({ account, botId, flowId, ...query }: OpenSessionsQuery): Promise<RegisteredSession[]> {
		const times = [query.now, query.after, query.unconfirmedUntil].map(String);
		const sessions = sessionsOf(await this.#runFor(account, openScript, ...times));
		return sessions
			.filter((session) => botId === undefined || session.botId === botId)
			.filter((session) => flowId === undefined || session.flowId === flowId)
			.sort((a, b) => a.sequence - b.sequence);
	}

	async markEnded({ account, sessionId, sequence }: SessionKey & Pick<RegisteredSession, 'sequence'>): Promise<void> {
		await this.#runFor(account, markEndedScript, sessionId, String(sequence));
	}

	async markReset({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, markResetScript, sessionId);
	}

	async claimExpired({ account, botId, now, leaseMs, limit }: ExpiredSessionsQuery): Promise<RegisteredSession[]> {
		const claim = [now, now + leaseMs, limit].map(String);
		const reply = await this.#runFor(account, claimScript, ...claim, ...(botId === undefined ? [] : [botId]));
		return sessionsOf(reply).sort((a, b) => a.expiresAt - b.expiresAt || a.sequence - b.sequence);
	}

	async releaseClaim({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, releaseScript, sessionId);
	}

	async emittedIds(key: SessionKey, consumer: string): Promise<string[]> {
		const emitted = textsOf(await this.#run(emittedScript, [emittedKey(key)], []));
		return emitted.map(parseMember).flatMap(([by, messageId]) => (by === consumer ? [messageId] : []));
	}

	async recordEmitted(
		key: SessionKey,
		consumer: string,
		messageIds: readonly string[],
		batchId?: string,
	): Promise<void> {
		const emitted = messageIds.map((messageId) => memberOf(consumer, messageId));
		const done = batchId === undefined ? '' : memberOf(consumer, batchId);
		await this.#run(recordEmittedScript, [emittedKey(key), stagedKey(key)], [done, ...emitted]);
	}

	async stage(key: SessionKey, consumer: string, { id, payload }: StagedBatch): Promise<void> {
		await this.#run(stageScript, [stagedKey(key)], [memberOf(consumer, id), payload]);
	}

	async stagedBatches(key: SessionKey, consumer: string, page: StagedPage = {}): Promise<StagedBatch[]> {
		const { after, limit = Number.MAX_SAFE_INTEGER, maxCharacters = Number.MAX_SAFE_INTEGER } = page;
		const afterMember = after === undefined ? '' : memberOf(consumer, after);
		const args = [beginningOf(consumer), afterMember, String(limit), String(maxCharacters)];
		const staged = pairsOf(textsOf(await this.#run(stagedScript, [stagedKey(key)], args)));
		return staged.map(([member, numbered]) => ({ id: parseMember(member)[1], payload: withoutNumber(numbered) }));
	}

	async prune(before: number): Promise<number> {
		const accounts = textsOf(await this.#run(accountsScript, [ACCOUNTS_KEY], []));
		let total = 0;
		for (const account of accounts) total += await this.#pruneAccount(account, String(before));
		return total;
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await this.connection.close();
	}

	async #pruneAccount(account: string, before: string): Promise<number> {
		let total = 0;
		for (;;) {
			const ids = textsOf(await this.#runFor(account, findExpiredScript, before, String(PRUNE_BATCH)));
			const ofSessions = ids
				.map((sessionId) => ({ account, sessionId }))
				.flatMap((key) => [emittedKey(key), stagedKey(key)]);
			const reply = await this.#run(pruneScript, [...accountKeys(account), ...ofSessions], [before, ...ids]);
			total += Number(reply);
			if (ids.length < PRUNE_BATCH) return total;
		}
	}

	async #runFor(account: string, script: string, ...args: string[]): Promise<unknown> {
		return await this.#run(script, accountKeys(account), args);
	}

	async #run(script: string, keys: string[], args: string[]): Promise<unknown> {
		if (this.#isClosed) throw new RegistryError('The session registry in Redis is closed.');
		try {
			return await this.connection.run(script, keys, args);
		} catch (error) {
			throw new RegistryError(
				`The session registry in Redis does not work: ${error instanceof Error ? error.message : 'unknown reason'}`,
			);
		}
	}
}

/** JSON and sequence of each session, one after the other. */
function sessionsOf(reply: unknown): RegisteredSession[] {
	return pairsOf(textsOf(reply)).map(([json, sequence]) => {
		const session = parseStoredSession({ ...Object(parseJson(json)), sequence: Number(sequence) });
		return session ?? unreadable();
	});
}

function textsOf(reply: unknown): string[] {
	return z.array(z.string()).safeParse(reply).data ?? unreadable();
}

function pairsOf(texts: readonly string[]): Array<[string, string]> {
	return Array.from({ length: texts.length / 2 }, (_, index) => [texts[2 * index] ?? '', texts[2 * index + 1] ?? '']);
}

/** Something of a consumer, as one text that cannot be mixed up with that of another one. */
function memberOf(consumer: string, id: string): string {
	return JSON.stringify([consumer, id]);
}

function parseMember(text: string): [consumer: string, id: string] {
	return z.tuple([z.string(), z.string()]).safeParse(parseJson(text)).data ?? unreadable();
}

/** How every `memberOf` the consumer begins, and no other. */
function beginningOf(consumer: string): string {
	return `${JSON.stringify([consumer]).slice(0, -1)},`;
}

/** The payload, as `stageScript` stores it behind its number. */
function withoutNumber(text: string): string {
	return text.slice(text.indexOf(':') + 1);
}

function unreadable(): never {
	throw new RegistryError(
		'The session registry in Redis holds something that this package did not write. ' +
			'Let no other program use its keys, which begin with "n8n-nodes-cognigy".',
	);
}
