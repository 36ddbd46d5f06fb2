import * as z from 'zod/v4';

import type { RedisConnection } from '../redis/redisConnection';
import { ACCOUNTS_KEY, accountKeys, emittedKey, stagedKey, stagedOrderKey, startKey } from './redis/keys';
import {
	accountsScript,
	addAccountScript,
	claimAndRecordScript,
	claimScript,
	claimStartScript,
	confirmScript,
	contextScript,
	deliveredScript,
	extendScript,
	findExpiredScript,
	forgetScript,
	markEndedScript,
	markResetScript,
	openScript,
	RECORD_END,
	pruneScript,
	recordDeliveredScript,
	recordScript,
	releaseScript,
	releaseStartScript,
	setAsideScript,
	settleStartScript,
	stagedScript,
	stageScript,
} from './redis/scripts';
import { SetAside } from './setAside';
import { expiryOf, parseClaimedStart, parseContext, parseJson, parseStoredSession } from './storedSession';
import {
	RegistryError,
	type ClaimedStart,
	type ExpiredSessionsQuery,
	type NewSession,
	type OnRegistryWarning,
	type OpenSessionsQuery,
	type RegisteredSession,
	type SessionKey,
	type SessionRegistry,
	type StagedBatch,
	type StagedPage,
	type StartClaim,
	type StartKey,
	type StartProgress,
} from './sessionRegistry';

/** How many sessions are deleted at once: between two batches Redis serves others. */
const PRUNE_BATCH = 500;

/** How long claimed sessions belong to whoever asked before the answer has arrived, in ms. */
const ANSWER_LEASE_MS = 60_000;

/**
 * The registry in Redis. Closes the connection when it is closed itself: give it one of its own.
 * @param onWarning told of records that cannot be read
 */
export function redisRegistry(connection: RedisConnection, onWarning: OnRegistryWarning = () => {}): SessionRegistry {
	return new RedisRegistry(connection, onWarning);
}

class RedisRegistry implements SessionRegistry {
	#isClosed = false;

	readonly #setAside: SetAside;

	constructor(
		private readonly connection: RedisConnection,
		onWarning: OnRegistryWarning,
	) {
		this.#setAside = new SetAside('The session registry in Redis', onWarning);
	}

	async record(session: NewSession): Promise<void> {
		const { account } = session;
		await Promise.all([
			this.#run(addAccountScript, [ACCOUNTS_KEY], [account]),
			this.#runFor(account, recordScript, ...recordOf(session)),
		]);
	}

	async claimStart(claim: StartClaim, session?: NewSession): Promise<ClaimedStart | undefined> {
		const { account, owner, fingerprint, origin, sessionId, aliveUntil, expiresAt, now } = claim;
		const keptMs = Math.max(1, Math.round(expiresAt - now));
		const args = [owner, fingerprint, origin, sessionId, String(aliveUntil), String(keptMs)];
		if (!session) return claimedStartOf(await this.#run(claimStartScript, [startKey(claim)], args));
		const keys = [...accountKeys(account), startKey(claim)];
		const [reply] = await Promise.all([
			this.#run(claimAndRecordScript, keys, [...recordOf(session), ...args]),
			this.#run(addAccountScript, [ACCOUNTS_KEY], [account]),
		]);
		return claimedStartOf(reply);
	}

	async settleStart(
		claim: StartKey & Pick<StartClaim, 'owner'>,
		{ aliveUntil, outcome }: StartProgress,
	): Promise<void> {
		const args = [claim.owner, String(aliveUntil), ...(outcome === undefined ? [] : [outcome])];
		await this.#run(settleStartScript, [startKey(claim)], args);
	}

	async releaseStart(claim: StartKey & Pick<StartClaim, 'owner'>): Promise<void> {
		await this.#run(releaseStartScript, [startKey(claim)], [claim.owner]);
	}

	async confirm({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, confirmScript, sessionId);
	}

	async forget({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, forgetScript, sessionId);
	}

	async openSessions({ account, botId, flowId, ...query }: OpenSessionsQuery): Promise<RegisteredSession[]> {
		const times = [query.now, query.after, query.unconfirmedUntil].map(String);
		let list: ListReply;
		do list = listOf(await this.#runFor(account, openScript, ...times));
		while (list.isPartial);
		return (await this.#sessionsOf(account, list.records))
			.filter((session) => botId === undefined || session.botId === botId)
			.filter((session) => flowId === undefined || session.flowId === flowId)
			.sort((a, b) => a.sequence - b.sequence);
	}

	async contextOf(key: SessionKey): Promise<Record<string, unknown> | undefined> {
		const reply = await this.#runFor(key.account, contextScript, key.sessionId);
		if (typeof reply !== 'string') return undefined;
		const context = parseJson(reply);
		return parseContext(typeof context === 'string' ? context : reply, key);
	}

	async markEnded({ account, sessionId, sequence }: SessionKey & Pick<RegisteredSession, 'sequence'>): Promise<void> {
		await this.#runFor(account, markEndedScript, sessionId, String(sequence));
	}

	async markReset({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, markResetScript, sessionId);
	}

	async claimExpired({ account, botId, now, leaseMs, limit }: ExpiredSessionsQuery): Promise<RegisteredSession[]> {
		// Should the answer get lost, nobody knows what was claimed: then it is soon free again.
		const claim = [now, now + Math.min(leaseMs, ANSWER_LEASE_MS), limit].map(String);
		const reply = await this.#runFor(account, claimScript, ...claim, ...(botId === undefined ? [] : [botId]));
		const sessions = await this.#sessionsOf(account, listOf(reply).records);
		const ids = sessions.map(({ sessionId }) => sessionId);
		if (ids.length > 0) await this.#runFor(account, extendScript, String(now + leaseMs), ...ids);
		return sessions.sort((a, b) => a.expiresAt - b.expiresAt || a.sequence - b.sequence);
	}

	async releaseClaim({ account, sessionId }: SessionKey): Promise<void> {
		await this.#runFor(account, releaseScript, sessionId);
	}

	async deliveredIds(key: SessionKey, consumer: string): Promise<string[]> {
		const emitted = textsOf(await this.#run(deliveredScript, [emittedKey(key)], []));
		return emitted.flatMap((member) => {
			const [by, messageId = ''] = this.#parsed(member, key);
			return by === consumer ? [messageId] : [];
		});
	}

	async recordDelivered(
		key: SessionKey,
		consumer: string,
		messageIds: readonly string[],
		batchId?: string,
	): Promise<void> {
		const emitted = messageIds.map((messageId) => memberOf(consumer, messageId));
		const done = batchId === undefined ? '' : memberOf(consumer, batchId);
		const args = [done, beginningOf(consumer), ...emitted];
		await this.#run(recordDeliveredScript, [emittedKey(key), ...stagedKeys(key)], args);
	}

	async stage(key: SessionKey, consumer: string, { id, payload }: StagedBatch): Promise<void> {
		await this.#run(stageScript, stagedKeys(key), [memberOf(consumer, id), beginningOf(consumer), payload]);
	}

	async stagedBatches(key: SessionKey, consumer: string, page: StagedPage = {}): Promise<StagedBatch[]> {
		const { after, limit = Number.MAX_SAFE_INTEGER, maxCharacters = Number.MAX_SAFE_INTEGER } = page;
		const afterMember = after === undefined ? '' : memberOf(consumer, after);
		const args = [beginningOf(consumer), afterMember, String(limit), String(maxCharacters)];
		const staged = pairsOf(textsOf(await this.#run(stagedScript, stagedKeys(key), args)));
		return staged.flatMap(([member, numbered]) => {
			const [, id] = this.#parsed(member, key);
			return id === undefined ? [] : [{ id, payload: withoutNumber(numbered) }];
		});
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
				.flatMap((key) => [emittedKey(key), ...stagedKeys(key)]);
			const reply = await this.#run(pruneScript, [...accountKeys(account), ...ofSessions], [before, ...ids]);
			total += Number(reply);
			if (ids.length < PRUNE_BATCH) return total;
		}
	}

	/** Sets aside what cannot be read. */
	async #sessionsOf(account: string, records: readonly StoredRecord[]): Promise<RegisteredSession[]> {
		const sessions: RegisteredSession[] = [];
		for (const { sessionId, json, sequence } of records) {
			const stored = { ...Object(parseJson(json)), sequence: sequence === '' ? NaN : Number(sequence) };
			const session = parseStoredSession(stored);
			if (session?.sessionId === sessionId && session.account === account) sessions.push(session);
			else await this.#setAside.put(sessionId, () => this.#runFor(account, setAsideScript, sessionId, json));
		}
		return sessions;
	}

	/** @returns nothing when it cannot be read */
	#parsed(member: string, key: SessionKey): [consumer?: string, id?: string] {
		const parsed = memberSchema.safeParse(parseJson(member)).data;
		if (!parsed) this.#setAside.leaveOut(key);
		return parsed ?? [];
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

function stagedKeys(key: SessionKey): string[] {
	return [stagedKey(key), stagedOrderKey(key)];
}

/** What `recordScript` takes. */
function recordOf(session: NewSession): string[] {
	const { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds, context } = session;
	const expiresAt = expiryOf(session);
	const stored = { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds, expiresAt };
	const json = `${JSON.stringify(stored).slice(0, -1)}${RECORD_END}`;
	return [sessionId, json, botId, String(expiresAt), String(createdAt), JSON.stringify(context)];
}

const claimedSchema = z.array(z.string().nullable());

/** @returns undefined where the start was claimed for the caller */
function claimedStartOf(reply: unknown): ClaimedStart | undefined {
	const fields = claimedSchema.safeParse(reply).data ?? unreadable();
	if (fields.length === 0) return undefined;
	const [fingerprint, origin, sessionId, aliveUntil, outcome] = fields;
	return parseClaimedStart({ fingerprint, origin, sessionId, aliveUntil: Number(aliveUntil ?? NaN), outcome });
}

interface StoredRecord {
	sessionId: string;
	/** Empty: it is missing. */
	json: string;
	/** Empty: it is missing. */
	sequence: string;
}

/** What scripts with `ADD_SESSION` return. */
interface ListReply {
	records: StoredRecord[];
	/** Whether the script is to be run again for the others. */
	isPartial: boolean;
}

const listSchema = z.tuple([z.number()], z.string());

function listOf(reply: unknown): ListReply {
	const [isPartial, ...texts] = listSchema.safeParse(reply).data ?? unreadable();
	const records = Array.from({ length: texts.length / 3 }, (_, index) => {
		const [sessionId = '', json = '', sequence = ''] = texts.slice(3 * index, 3 * index + 3);
		return { sessionId, json, sequence };
	});
	return { records, isPartial: isPartial === 1 };
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

const memberSchema = z.tuple([z.string(), z.string()]);

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
