import type { SQLOutputValue } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { SetAside } from '../setAside';
import { expiryOf, parseClaimedStart, parseContext, parseStoredSession } from '../storedSession';
import type {
	ClaimedStart,
	ExpiredSessionsQuery,
	NewSession,
	OnRegistryWarning,
	OpenSessionsQuery,
	RegisteredSession,
	SessionKey,
	SessionRegistry,
	StagedBatch,
	StagedPage,
	StartClaim,
	StartKey,
	StartProgress,
} from '../sessionRegistry';
import type { Clock } from '../../time/clock';
import type { Database, Prepare } from './database';
import { KnownStarts, type KnownStart } from './knownStarts';
import { EMPTY_CONTEXT_ID, statements } from './statements';

/** How many sessions are deleted at once, and for how long, in ms: between two batches the process does other things. */
const PRUNE_BATCH = 200;
const PRUNE_SLICE_MS = 15;

/** The registry in one SQLite file. */
export class SqliteRegistry implements SessionRegistry {
	readonly #setAside: SetAside;
	#isClosed = false;

	/**
	 * @param onWarning told of records that cannot be read
	 * @param knownStarts remembers the starts that are claimed here
	 */
	constructor(
		private readonly database: Database,
		private readonly clock: Clock,
		private readonly onClose: () => void,
		onWarning: OnRegistryWarning = () => {},
		private readonly knownStarts = new KnownStarts(),
	) {
		this.#setAside = new SetAside(`The session registry ${database.path}`, onWarning);
	}

	async record(session: NewSession): Promise<void> {
		await this.database.write((prepared) => record(prepared, session));
	}

	async claimStart({ now, ...claim }: StartClaim, session?: NewSession): Promise<ClaimedStart | undefined> {
		const { account, startId } = claim;
		const earlierStart = await this.database.write((prepared) => {
			if (prepared(statements.claimStart).run({ ...claim, now }).changes > 0) {
				if (session) record(prepared, session);
				return undefined;
			}
			const earlier = prepared(statements.claimedStart).get({ account, startId });
			return earlier?.['owner'] === claim.owner ? undefined : parseClaimedStart(earlier);
		});
		if (!earlierStart) this.knownStarts.claimed({ ...claim, now });
		return earlierStart;
	}

	/** Starts that are known from a file that was taken away. */
	async keepStarts(starts: readonly KnownStart[]): Promise<void> {
		const keep = async ({ outcome = null, ...start }: Omit<KnownStart, 'outcome'> & { outcome?: string | null }) =>
			await this.database.write((prepared) => prepared(statements.keepStart).run({ ...start, outcome }));
		await Promise.all(starts.map(keep));
	}

	async settleStart(claim: StartKey & Pick<StartClaim, 'owner'>, progress: StartProgress): Promise<void> {
		this.knownStarts.settled(claim, progress);
		const { account, startId, owner } = claim;
		const { aliveUntil, outcome } = progress;
		await this.database.write((prepared) =>
			prepared(statements.settleStart).run({ account, startId, owner, aliveUntil, outcome: outcome ?? null }),
		);
	}

	async releaseStart(claim: StartKey & Pick<StartClaim, 'owner'>): Promise<void> {
		this.knownStarts.released(claim);
		const { account, startId, owner } = claim;
		await this.database.write((prepared) => prepared(statements.releaseStart).run({ account, startId, owner }));
	}

	async confirm(key: SessionKey): Promise<void> {
		await this.database.write((prepared) => {
			const isChangedBy = (sql: string) => prepared(sql).run(columns(key)).changes > 0;
			const isConfirmed = isChangedBy(statements.confirm) || isChangedBy(statements.confirmEnded);
			if (isConfirmed) prepared(statements.takeNextPlace).run();
		});
	}

	async forget(key: SessionKey): Promise<void> {
		await this.database.write((prepared) => {
			deleteContext(prepared, columns(key), prepared(statements.deleteSession).get(columns(key)));
			prepared(statements.restoreEarlierLife).run(columns(key));
			prepared(statements.deleteEarlierLife).run(columns(key));
		});
	}

	async openSessions({ botId, flowId, ...query }: OpenSessionsQuery): Promise<RegisteredSession[]> {
		const { account, now, after, unconfirmedUntil } = query;
		const filter = { account, botId: botId ?? null, flowId: flowId ?? null, now, after, unconfirmedUntil };
		const rows = await this.database.read((prepared) => prepared(statements.open).all(filter));
		return await this.#sessionsOf(rows);
	}

	async contextOf(key: SessionKey): Promise<Record<string, unknown> | undefined> {
		const row = await this.database.read((prepared) => prepared(statements.context).get(columns(key)));
		return row && parseContext(String(row['context']), key);
	}

	async markEnded(session: SessionKey & Pick<RegisteredSession, 'sequence'>, at: number): Promise<void> {
		const ended = { ...columns(session), sequence: session.sequence, at };
		await this.database.write((prepared) => prepared(statements.markEnded).run(ended));
	}

	async markReset(key: SessionKey, at: number): Promise<void> {
		await this.database.write((prepared) => prepared(statements.markReset).run({ ...columns(key), at }));
	}

	async claimExpired({ account, botId, now, leaseMs, limit }: ExpiredSessionsQuery): Promise<RegisteredSession[]> {
		const claim = { account, now, until: now + leaseMs, limit };
		const rows = await this.database.write((prepared) =>
			botId === undefined
				? prepared(statements.claimExpired).all(claim)
				: prepared(statements.claimExpiredOfBot).all({ ...claim, botId }),
		);
		// SQLite does not promise an order for what an UPDATE returns.
		return (await this.#sessionsOf(rows)).sort((a, b) => a.expiresAt - b.expiresAt || a.sequence - b.sequence);
	}

	async releaseClaim(key: SessionKey): Promise<void> {
		await this.database.write((prepared) => prepared(statements.releaseClaim).run(columns(key)));
	}

	async deliveredIds(key: SessionKey, consumer: string): Promise<string[]> {
		const rows = await this.database.read((prepared) =>
			prepared(statements.deliveredIds).all({ ...columns(key), consumer }),
		);
		return rows.map(({ messageId }) => String(messageId));
	}

	async recordDelivered(
		key: SessionKey,
		consumer: string,
		messageIds: readonly string[],
		batchId?: string,
	): Promise<void> {
		await this.database.write((prepared) => {
			const consumerId = this.#touchConsumer(prepared, key, consumer);
			const record = prepared(statements.recordDelivered);
			for (const messageId of messageIds) record.run({ consumerId, messageId });
			if (batchId !== undefined) prepared(statements.deleteStagedBatch).run({ consumerId, batchId });
		});
	}

	async stage(key: SessionKey, consumer: string, { id, payload }: StagedBatch): Promise<void> {
		await this.database.write((prepared) => {
			const consumerId = this.#touchConsumer(prepared, key, consumer);
			prepared(statements.stage).run({ consumerId, id, payload });
		});
	}

	async stagedBatches(key: SessionKey, consumer: string, page: StagedPage = {}): Promise<StagedBatch[]> {
		const { after = null, limit = Number.MAX_SAFE_INTEGER, maxCharacters = Infinity } = page;
		return await this.database.read((prepared) => {
			const batches: StagedBatch[] = [];
			let characters = 0;
			for (const row of prepared(statements.stagedBatches).iterate({ ...columns(key), consumer, after, limit })) {
				const batch = { id: String(row['id']), payload: String(row['payload']) };
				characters += batch.payload.length;
				if (batches.length > 0 && characters > maxCharacters) break;
				batches.push(batch);
			}
			return batches;
		});
	}

	async prune(before: number, now = before): Promise<number> {
		const sessions = await this.#inBatches((prepared) => this.#pruneSessions(prepared, before));
		const { pruneForeignConsumers, forgetStarts } = statements;
		await this.#inBatches((prepared) => deleted(prepared(pruneForeignConsumers).run({ before, limit: PRUNE_BATCH })));
		await this.#inBatches((prepared) => deleted(prepared(forgetStarts).run({ now, limit: PRUNE_BATCH })));
		return sessions;
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.onClose();
		this.database.close();
	}

	/** @returns the number of the consumer, which is new or was active just now */
	#touchConsumer(prepared: Prepare, key: SessionKey, consumer: string): SQLOutputValue {
		const row = { ...columns(key), consumer, at: this.clock.wallTime() };
		return prepared(statements.touchConsumer).get(row)?.id ?? null;
	}

	/** What is large takes long to delete: as many sessions as there is time for, and at least one. */
	#pruneSessions(prepared: Prepare, before: number): Batch {
		const endsAt = this.clock.monotonic() + PRUNE_SLICE_MS;
		const old = prepared(statements.oldSessions).all({ before, limit: PRUNE_BATCH });
		let deleted = 0;
		for (const { account = null, sessionId = null } of old) {
			const key = { account, sessionId };
			deleteContext(prepared, key, prepared(statements.earlierContextId).get(key));
			deleteContext(prepared, key, prepared(statements.deleteSession).get(key));
			prepared(statements.deleteEarlierLife).run(key);
			prepared(statements.deleteConsumers).run(key);
			deleted++;
			if (this.clock.monotonic() >= endsAt) break;
		}
		return { deleted, isDone: deleted === old.length && deleted < PRUNE_BATCH };
	}

	/** @returns how many were deleted altogether */
	async #inBatches(deleteBatch: (prepared: Prepare) => Batch): Promise<number> {
		let total = 0;
		for (;;) {
			const { deleted, isDone } = await this.database.write(deleteBatch);
			total += deleted;
			if (isDone) return total;
			await nextTurn();
		}
	}

	/** Sets aside what cannot be read. */
	async #sessionsOf(rows: ReadonlyArray<Record<string, SQLOutputValue>>): Promise<RegisteredSession[]> {
		const sessions: RegisteredSession[] = [];
		for (const row of rows) {
			const session = parseStoredSession(row);
			if (session) sessions.push(session);
			else await this.#putAside(row);
		}
		return sessions;
	}

	async #putAside({
		account = null,
		sessionId = null,
		sequence = null,
	}: Record<string, SQLOutputValue>): Promise<void> {
		await this.#setAside.put(String(sessionId), async () => {
			const at = this.clock.wallTime();
			await this.database.write((prepared) => prepared(statements.setAside).run({ account, sessionId, sequence, at }));
		});
	}
}

/** What was deleted in one transaction. */
interface Batch {
	deleted: number;
	isDone: boolean;
}

function deleted({ changes }: { changes: number | bigint }): Batch {
	return { deleted: Number(changes), isDone: Number(changes) < PRUNE_BATCH };
}

function record(prepared: Prepare, session: NewSession): void {
	const row = { ...rowOf(session), contextId: recordContext(prepared, session) };
	const isNew = prepared(statements.record).run(row).changes > 0;
	if (isNew) return;
	keepEarlierLife(prepared, columns(session));
	prepared(statements.record).run(row);
}

/** @returns its id */
function recordContext(prepared: Prepare, session: NewSession): number | bigint {
	const context = JSON.stringify(session.context);
	if (context === '{}') return EMPTY_CONTEXT_ID;
	return prepared(statements.recordContext).run({ context }).lastInsertRowid;
}

/** Its life until now takes the place of the one before. Only a session that is recorded has an earlier life. */
function keepEarlierLife(prepared: Prepare, key: ReturnType<typeof columns>): void {
	deleteContext(prepared, key, prepared(statements.earlierContextId).get(key));
	prepared(statements.keepEarlierLife).run(key);
	prepared(statements.deleteSession).run(key);
}

/** Only what the statements know: callers may pass whole sessions. */
function columns({ account, sessionId }: SessionKey) {
	return { account, sessionId };
}

function rowOf(session: NewSession) {
	const { botId, flowId, userId, createdAt, ttlSeconds } = session;
	return { ...columns(session), botId, flowId, userId, createdAt, ttlSeconds, expiresAt: expiryOf(session) };
}

/** @param row with the id of the context; missing: there is none */
function deleteContext(
	prepared: Prepare,
	key: { account: SQLOutputValue; sessionId: SQLOutputValue },
	row: Record<string, SQLOutputValue> | undefined,
): void {
	const { contextId = null } = row ?? {};
	if (contextId === null || contextId === EMPTY_CONTEXT_ID) return;
	const isDeleted = prepared(statements.deleteContext).run({ contextId }).changes > 0;
	if (isDeleted || prepared(statements.deleteFirstContext).run({ contextId }).changes > 0) return;
	prepared(statements.deleteFirstEarlierContext).run({ ...key, contextId });
}
