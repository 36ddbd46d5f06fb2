/** Stands for the context `{}`, which needs no row of its own. No row has this id. */
export const EMPTY_CONTEXT_ID = 0;

/** The sequence of a session as readers know it: it is confirmed in its old row, and gets a new one there. */
const PLACE = 'coalesce(opened_sequence, sequence)';

/** A session as `parseStoredSession` reads it. */
const SESSION = `${PLACE} AS sequence, account, session_id AS sessionId, bot_id AS botId, flow_id AS flowId,
	user_id AS userId, created_at AS createdAt, ttl_seconds AS ttlSeconds, expires_at AS expiresAt`;

const LIFE = `sequence, account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at,
	ended_at, reset_at, claimed_until, confirmed, context_id, opened_sequence`;

const KEY = 'account = :account AND session_id = :sessionId';

const OPEN = `SELECT ${SESSION} FROM sessions INDEXED BY sessions_open
	WHERE account = :account AND ended_at IS NULL AND expires_at > :now AND ${PLACE} > :after
	AND (confirmed = 1 OR created_at <= :unconfirmedUntil)
	AND (:botId IS NULL OR bot_id = :botId) AND (:flowId IS NULL OR flow_id = :flowId)
	ORDER BY ${PLACE}`;

const claim = (index: string, ofBot: string) => `UPDATE sessions SET claimed_until = :until WHERE sequence IN (
		SELECT sequence FROM sessions INDEXED BY ${index}
		WHERE account = :account ${ofBot} AND reset_at IS NULL AND expires_at <= :now AND claimed_until <= :now
		ORDER BY expires_at, sequence LIMIT :limit
	) RETURNING ${SESSION}`;

/** Names no column of an index unless it has to: to change the indexes costs more than all the rest. */
const confirm = (change: string, condition: string) => `UPDATE sessions SET confirmed = 1,
	opened_sequence = (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'sessions')${change}
	WHERE ${KEY} AND confirmed = 0 ${condition}`;

/** Every statement of the registry. Indexes are named, so that a statement that would have to search a table fails. */
export const statements = {
	/** Does nothing where the session is recorded already. */
	record: `INSERT INTO sessions
		(account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at, context_id)
		VALUES (:account, :sessionId, :botId, :flowId, :userId, :createdAt, :ttlSeconds, :expiresAt, :contextId)
		ON CONFLICT (account, session_id) DO NOTHING`,
	keepEarlierLife: `INSERT OR REPLACE INTO earlier_lives (${LIFE}) SELECT ${LIFE} FROM sessions WHERE ${KEY}`,
	recordContext: 'INSERT INTO contexts (context) VALUES (:context)',
	/** Takes the place after all others; `takeNextPlace` then keeps the next session from it. */
	confirm: confirm('', 'AND ended_at IS NULL'),
	/** The same where somebody has found that it had ended: that was asked before it began. */
	confirmEnded: confirm(', ended_at = NULL', ''),
	takeNextPlace: `UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'sessions'`,
	/** Files of the first version hold contexts in two more places. */
	context: `SELECT iif(context_id = ${EMPTY_CONTEXT_ID}, '{}', coalesce(
			(SELECT context FROM contexts WHERE id = context_id),
			(SELECT context FROM first_sessions WHERE first_sessions.sequence = context_id),
			(SELECT context FROM first_earlier_lives
				WHERE first_earlier_lives.account = :account AND first_earlier_lives.session_id = :sessionId
				AND first_earlier_lives.sequence = context_id)
		)) AS context FROM sessions WHERE ${KEY}`,
	deleteContext: 'DELETE FROM contexts WHERE id = :contextId',
	deleteFirstContext: 'DELETE FROM first_sessions WHERE sequence = :contextId',
	deleteFirstEarlierContext: `DELETE FROM first_earlier_lives WHERE ${KEY} AND sequence = :contextId`,
	earlierContextId: `SELECT context_id AS contextId FROM earlier_lives WHERE ${KEY}`,
	deleteSession: `DELETE FROM sessions WHERE ${KEY} RETURNING context_id AS contextId`,
	restoreEarlierLife: `INSERT INTO sessions (${LIFE}) SELECT ${LIFE} FROM earlier_lives WHERE ${KEY}`,
	deleteEarlierLife: `DELETE FROM earlier_lives WHERE ${KEY}`,
	/** Nothing changes where somebody has claimed it and it is not to be forgotten. */
	claimStart: `INSERT INTO starts
		(account, start_id, owner, fingerprint, origin, session_id, alive_until, expires_at)
		VALUES (:account, :startId, :owner, :fingerprint, :origin, :sessionId, :aliveUntil, :expiresAt)
		ON CONFLICT (account, start_id) DO UPDATE SET owner = excluded.owner, fingerprint = excluded.fingerprint,
			origin = excluded.origin, session_id = excluded.session_id, alive_until = excluded.alive_until,
			expires_at = excluded.expires_at, outcome = NULL
		WHERE starts.expires_at <= :now`,
	claimedStart: `SELECT owner, fingerprint, origin, session_id AS sessionId, alive_until AS aliveUntil, outcome
		FROM starts WHERE account = :account AND start_id = :startId`,
	settleStart: `UPDATE starts SET alive_until = :aliveUntil, outcome = coalesce(:outcome, outcome)
		WHERE account = :account AND start_id = :startId AND owner = :owner`,
	releaseStart: 'DELETE FROM starts WHERE account = :account AND start_id = :startId AND owner = :owner',
	forgetStarts: `DELETE FROM starts WHERE id IN (
			SELECT id FROM starts INDEXED BY starts_expiry WHERE expires_at <= :now LIMIT :limit
		)`,
	/** Another process may have kept it before. */
	keepStart: `INSERT INTO starts
		(account, start_id, owner, fingerprint, origin, session_id, alive_until, expires_at, outcome)
		VALUES (:account, :startId, :owner, :fingerprint, :origin, :sessionId, :aliveUntil, :expiresAt, :outcome)
		ON CONFLICT (account, start_id) DO NOTHING`,
	open: OPEN,
	markEnded: `UPDATE sessions SET ended_at = :at WHERE ${KEY} AND ${PLACE} = :sequence`,
	markReset: `UPDATE sessions SET reset_at = :at, claimed_until = 0 WHERE ${KEY}`,
	claimExpired: claim('sessions_unreset', ''),
	claimExpiredOfBot: claim('sessions_unreset_of_bot', 'AND bot_id = :botId'),
	/** Neither open nor to be reset, until it is pruned: whoever looks for what went wrong finds it. */
	setAside: `UPDATE sessions SET ended_at = :at, reset_at = :at WHERE ${KEY} AND ${PLACE} = :sequence`,
	releaseClaim: `UPDATE sessions SET claimed_until = 0 WHERE ${KEY}`,
	touchConsumer: `INSERT INTO consumers (account, session_id, consumer, active_at)
		VALUES (:account, :sessionId, :consumer, :at)
		ON CONFLICT (account, session_id, consumer) DO UPDATE SET active_at = excluded.active_at
		RETURNING id`,
	recordDelivered: 'INSERT OR IGNORE INTO emitted (consumer_id, message_id) VALUES (:consumerId, :messageId)',
	deliveredIds: `SELECT message_id AS messageId FROM consumers JOIN emitted ON consumer_id = id
		WHERE ${KEY} AND consumer = :consumer`,
	stage: `INSERT OR IGNORE INTO staged_batches (consumer_id, batch_id, payload)
		VALUES (:consumerId, :id, :payload)`,
	stagedBatches: `SELECT batch_id AS id, payload FROM staged_batches INDEXED BY staged_batches_order
		WHERE consumer_id = (SELECT id FROM consumers WHERE ${KEY} AND consumer = :consumer)
		AND sequence > coalesce((
			SELECT last.sequence FROM consumers JOIN staged_batches AS last ON last.consumer_id = consumers.id
			WHERE ${KEY} AND consumer = :consumer AND last.batch_id = :after
		), 0)
		ORDER BY sequence LIMIT :limit`,
	deleteStagedBatch: 'DELETE FROM staged_batches WHERE consumer_id = :consumerId AND batch_id = :batchId',
	oldSessions: `SELECT account, session_id AS sessionId FROM sessions INDEXED BY sessions_expiry
		WHERE expires_at < :before LIMIT :limit`,
	deleteConsumers: `DELETE FROM consumers WHERE ${KEY}`,
	/** Those of sessions that are not recorded: nobody knows when they expire. */
	pruneForeignConsumers: `DELETE FROM consumers WHERE id IN (
			SELECT id FROM consumers INDEXED BY consumers_active_at WHERE active_at < :before
			AND NOT EXISTS (
				SELECT 1 FROM sessions
				WHERE sessions.account = consumers.account AND sessions.session_id = consumers.session_id
			)
			LIMIT :limit
		)`,
} as const;
