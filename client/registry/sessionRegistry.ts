/** Told of what is wrong with single records of a registry, while it works. */
export type OnRegistryWarning = (message: string) => void;

/** Which session: ids are unique within the account that started them. */
export interface SessionKey {
	/** The account behind the credential, as `accountKey` makes it; holds no secret. */
	account: string;
	sessionId: string;
}

export interface NewSession extends SessionKey {
	botId: string;
	flowId: string;
	userId: string;
	/** When the start was about to be sent, in ms since 1970. */
	createdAt: number;
	ttlSeconds: number;
	/** What the flow was given as its context. */
	context: Record<string, unknown>;
}

/** As lists and claims tell it: without the context, which may be large. */
export interface RegisteredSession extends Omit<NewSession, 'context'> {
	/** Grows with every session that is recorded or confirmed, over all processes: a cursor for `openSessions`. */
	sequence: number;
	/** In ms since 1970. */
	expiresAt: number;
}

export interface OpenSessionsQuery {
	account: string;
	botId?: string | undefined;
	flowId?: string | undefined;
	/** Now, in ms since 1970. */
	now: number;
	/** Only sessions with a higher `sequence`; 0: all. */
	after: number;
	/**
	 * Sessions that were recorded until then (ms since 1970) are open even if nobody confirmed them: whoever was about to
	 * start them has crashed, and may have sent the start before.
	 */
	unconfirmedUntil: number;
}

/** How long expired sessions belong to whoever claimed them, in ms: longer than any reset takes. */
export const RESET_LEASE_MS = 2 * 60 * 60_000;

export interface ExpiredSessionsQuery {
	account: string;
	botId?: string | undefined;
	/** Now, in ms since 1970. */
	now: number;
	/** How long the sessions are ours to reset, in ms: afterwards somebody else may claim them. */
	leaseMs: number;
	/** How many at most. */
	limit: number;
}

/** A start that is made only once, whoever asks for it again. */
export interface StartKey {
	account: string;
	/** A hash of what makes it this start. */
	startId: string;
}

export interface StartClaim extends StartKey {
	/** Who claims it, a name of its own each time: only that may settle or release it. */
	owner: string;
	/** A hash of what is sent. */
	fingerprint: string;
	/** A hash of the step of the execution that asks for it; empty: unknown. */
	origin: string;
	/** The session that it is to start. */
	sessionId: string;
	/** Until when its owner lives if nothing more is heard of it, in ms since 1970. */
	aliveUntil: number;
	/** When it is forgotten, in ms since 1970. */
	expiresAt: number;
	/** Now, in ms since 1970. */
	now: number;
}

/** What came of a claim. */
export type StartProgress = Partial<Pick<ClaimedStart, 'outcome'>> & Pick<ClaimedStart, 'aliveUntil'>;

/** A start that somebody claimed. */
export interface ClaimedStart extends Pick<StartClaim, 'fingerprint' | 'origin' | 'sessionId' | 'aliveUntil'> {
	/** What came of it, as JSON text; missing: it is under way, or its owner has died. */
	outcome?: string;
}

/** Messages of a session that are delivered together. Goes away with its session. */
export interface StagedBatch {
	/** Unique within session and consumer. */
	id: string;
	/** JSON text. */
	payload: string;
}

/** Some of the staged batches; without any of it: all. */
export interface StagedPage {
	/** Only those that were staged after this one. If that is done already: from the first one. */
	after?: string;
	/** How many batches at most. */
	limit?: number;
	/** How many characters of payload at most, or bytes; but always one batch. */
	maxCharacters?: number;
}

/**
 * Every session that was started, durably (docs/protocol-v1.md#sessions, docs/guarantees.md#session-registry). What
 * streams follow and clean-ups reset. Every method throws `RegistryError` when the store does not work.
 */
export interface SessionRegistry {
	/**
	 * To be called before the start is sent, so that a crash loses no session. The same id again begins a new life; what was
	 * emitted in the last one stays known. The session is open once it is confirmed.
	 */
	record(session: NewSession): Promise<void>;
	/**
	 * Claims a start. Atomic: whoever comes first has it, until it expires or is released. The owner may ask again, should
	 * the answer have got lost: nothing changes then.
	 * @param session recorded in the same step, as `record` does, if the claim succeeds
	 * @returns what is known of the start if somebody else has claimed it; undefined: it is the caller's to make
	 */
	claimStart(claim: StartClaim, session?: NewSession): Promise<ClaimedStart | undefined>;
	/** Says what came of a claim, or that its owner lives. Does nothing if the start is not the owner's. */
	settleStart(claim: StartKey & Pick<StartClaim, 'owner'>, progress: StartProgress): Promise<void>;
	/** The start certainly did not run: whoever asks next may make it. */
	releaseStart(claim: StartKey & Pick<StartClaim, 'owner'>): Promise<void>;
	/** The start ran or may have run: the session is open, with a new `sequence`. Does nothing if it is not recorded. */
	confirm(key: SessionKey): Promise<void>;
	/** The start certainly did not run: its last life comes back, if it had one. */
	forget(key: SessionKey): Promise<void>;
	/** Sessions that have neither expired nor ended, oldest first. A record that cannot be read is set aside. */
	openSessions(query: OpenSessionsQuery): Promise<RegisteredSession[]>;
	/** The service says that the session is over. Does nothing if it has begun a new life with another `sequence`. */
	markEnded(session: SessionKey & Pick<RegisteredSession, 'sequence'>, at: number): Promise<void>;
	markReset(key: SessionKey, at: number): Promise<void>;
	/** The context of one session; undefined if the session is not recorded. */
	contextOf(key: SessionKey): Promise<Record<string, unknown> | undefined>;
	/**
	 * Expired sessions that were not reset yet, oldest first. Atomic: nobody else gets them during the lease. A record that
	 * cannot be read is set aside.
	 */
	claimExpired(query: ExpiredSessionsQuery): Promise<RegisteredSession[]>;
	/** The reset failed: somebody else may try. */
	releaseClaim(key: SessionKey): Promise<void>;
	/**
	 * Ids of the messages of a session that `consumer` has delivered.
	 * @param consumer who emitted: workflow and node
	 */
	deliveredIds(key: SessionKey, consumer: string): Promise<string[]>;
	/**
	 * Durable when it resolves. Ids that are recorded already are no mistake.
	 * @param batchId a staged batch that is done with this, in one step
	 */
	recordDelivered(key: SessionKey, consumer: string, messageIds: readonly string[], batchId?: string): Promise<void>;
	/**
	 * Remembers a batch of messages that is about to be delivered, so that after a crash the very same batch can be delivered
	 * again, also where the service does not hand out its messages once more. Staged again: no mistake.
	 */
	stage(key: SessionKey, consumer: string, batch: StagedBatch): Promise<void>;
	/** Batches that were staged and are not done, in the order in which they were staged. */
	stagedBatches(key: SessionKey, consumer: string, page?: StagedPage): Promise<StagedBatch[]>;
	/**
	 * Deletes sessions that expired before `before` (ms since 1970) and what was delivered of them, and starts that are to
	 * be forgotten by `now`.
	 * @returns how many sessions
	 */
	prune(before: number, now?: number): Promise<number>;
	close(): Promise<void>;
}

/** The store of the registry does not work. The message says what is wrong and what to do; it holds no secret. */
export class RegistryError extends Error {
	override readonly name = 'RegistryError';
}

/**
 * Its file was taken away while it was open: this registry is of no use any more, a new one can be opened. What was asked
 * of it was not done.
 */
export class RegistryGoneError extends RegistryError {
	constructor(path: string) {
		super(
			`The session registry ${path} was deleted or replaced while n8n used it. Sessions that were recorded in it are ` +
				'neither followed nor reset; from now on a new file is used. Leave this file and its -wal and -shm files alone.',
		);
	}
}
