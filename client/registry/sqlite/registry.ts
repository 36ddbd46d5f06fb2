import type { SQLOutputValue } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { expiryOf, parseStoredSession } from '../storedSession';
import type {
	ExpiredSessionsQuery,
	NewSession,
	OpenSessionsQuery,
	RegisteredSession,
	SessionKey,
	SessionRegistry,
	StagedBatch,
	StagedPage,
} from '../sessionRegistry';
import type { Clock } from '../../time/clock';
import type { Database, Prepare } from './database';
import { damagedError } from './errors';
import { statements } from './statements';

/** How many sessions are deleted at once: between two batches the process does other things. */
const PRUNE_BATCH = 200;

/** The registry in one SQLite file. */
export class SqliteRegistry implements SessionRegistry {
	#isClosed = false;

	constructor(
		private readonly database: Database,
		private readonly clock: Clock,
		private readonly onClose: () => void,
	) {}

	async record(session: NewSession): Promise<void> {
		await this.database.write((prepared) => {
			prepared(statements.keepEarlierLife).run(columns(session));
			prepared(statements.record).run(rowOf(session));
		});
	}

	async confirm(key: SessionKey): Promise<void> {
		await this.database.write((prepared) => prepared(statements.confirm).run(columns(key)));
	}

	async forget(key: SessionKey): Promise<void> {
		await this.database.write((prepared) => {
			prepared(statements.deleteSession).run(columns(key));
			prepared(statements.restoreEarlierLife).run(columns(key));
			prepared(statements.deleteEarlierLife).run(columns(key));
		});
	}

	async openSessions({ botId, flowId, ...query }: OpenSessionsQuery): Promise<RegisteredSession[]> {
		const { account, now, after, unconfirmedUntil } = query;
		const filter = { account, botId: botId ?? null, flowId: flowId ?? null, now, after, unconfirmedUntil };
		const rows = await this.database.read((prepared) => prepared(statements.open).all(filter));
		return this.#sessionsOf(rows);
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
		return this.#sessionsOf(rows).sort((a, b) => a.expiresAt - b.expiresAt || a.sequence - b.sequence);
	}

	async releaseClaim(key: SessionKey): Promise<void> {
		await this.database.write((prepared) => prepared(statements.releaseClaim).run(columns(key)));
	}

	async emittedIds(key: SessionKey, consumer: string): Promise<string[]> {
		const rows = await this.database.read((prepared) =>
			prepared(statements.emittedIds).all({ ...columns(key), consumer }),
		);
		return rows.map(({ messageId }) => String(messageId));
	}

	async recordEmitted(
		key: SessionKey,
		consumer: string,
		messageIds: readonly string[],
		batchId?: string,
	): Promise<void> {
		await this.database.write((prepared) => {
			const consumerId = this.#touchConsumer(prepared, key, consumer);
			const record = prepared(statements.recordEmitted);
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

	async prune(before: number): Promise<number> {
		const sessions = await this.#inBatches((prepared) => {
			const deleted = prepared(statements.pruneSessions).all({ before, limit: PRUNE_BATCH });
			for (const { account = null, sessionId = null } of deleted) {
				prepared(statements.deleteEarlierLife).run({ account, sessionId });
				prepared(statements.deleteConsumers).run({ account, sessionId });
			}
			return deleted.length;
		});
		await this.#inBatches((prepared) =>
			Number(prepared(statements.pruneForeignConsumers).run({ before, limit: PRUNE_BATCH }).changes),
		);
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

	/** @param deleteBatch returns how many it deleted @returns how many were deleted altogether */
	async #inBatches(deleteBatch: (prepared: Prepare) => number): Promise<number> {
		let total = 0;
		for (;;) {
			const deleted = await this.database.write(deleteBatch);
			total += deleted;
			if (deleted < PRUNE_BATCH) return total;
			await nextTurn();
		}
	}

	#sessionsOf(rows: readonly unknown[]): RegisteredSession[] {
		return rows.map((row) => {
			const session = parseStoredSession(row);
			if (!session) throw damagedError(this.database.path);
			return session;
		});
	}
}

/** Only what the statements know: callers may pass whole sessions. */
function columns({ account, sessionId }: SessionKey) {
	return { account, sessionId };
}

function rowOf(session: NewSession) {
	const { botId, flowId, userId, createdAt, ttlSeconds, context } = session;
	const life = { botId, flowId, userId, createdAt, ttlSeconds, context: JSON.stringify(context) };
	return { ...columns(session), ...life, expiresAt: expiryOf(session) };
}
