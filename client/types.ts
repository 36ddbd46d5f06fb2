import type { CallGroup } from './call/callGroup';
import type { CognigyError } from './errors';
import type { FollowOptions } from './streams/types';
import type { AuditEntry, AuditInput } from './audit';
import type { Inputs } from './backend';
import type { CognigyAiInputs } from './cognigyAi/inputs';
import type { ReleaseInputs } from './cognigyAi/release/inputs';
import type { ReleaseResult } from './cognigyAi/release/types';
import type { MetricsSnapshot } from './metrics';
import type { V1Inputs } from './v1/inputs';

/** How one operation is to be carried out. */
export interface CallOptions {
	/** Time limit of the whole operation with its retries, in s: 1 to 3600. */
	timeoutSeconds: number;
	/** How often a failed request is repeated at most: 0 to 10. */
	retries: number;
	auditInput: AuditInput;
	/** Cancels the operation. */
	signal?: AbortSignal;
	/** The calls that this one belongs to: it shares their connections. Without it, it opens its own and closes them. */
	group?: CallGroup;
	/** Told of what went wrong beside the operation itself, e.g. that the session registry does not work. */
	onWarning?: (message: string) => void;
	/** Told how far an operation came that takes long. */
	onProgress?: (message: string) => void;
	/** Gets the audit entry of the operation, however it ended. */
	onAudit?: (entry: AuditEntry) => void;
}

export interface StartOptions extends CallOptions {
	/**
	 * The step of an execution that asks for the start: asked for by the same step again, the flow is not started again.
	 * Missing: unknown.
	 */
	origin?: string;
	/** Called when the service has answered and nothing more is asked of it: what came of it is only to be written down. */
	onAnswered?: () => void;
}

export interface Version {
	id: string;
	name: string;
	state: string;
}

export interface ValidateVersionResult {
	/** Whether the flow may be triggered in the environment. */
	valid: boolean;
	/** Cognigy.AI: the id of the project. */
	botId: string;
	/** Cognigy.AI: the referenceId of the flow that the endpoint runs. */
	flowId: string;
	/** Cognigy.AI: `live`, or the name of the snapshot that is expected. */
	targetEnvironment: string;
	/** The published version of the environment. Cognigy.AI: what is deployed, if it is what is expected. */
	version: Version | null;
	/** All versions of the bot. Cognigy.AI: all snapshots of the project, with the state `deployed` or `snapshot`. */
	available: Version[];
	audit: AuditEntry;
}

/** How long to wait for what the bot says after a start. */
export interface ReplyInput {
	/** The reply is complete when nothing came for so long after a message of the bot, in ms: 100 to 60000. */
	quietMs: number;
	/** How long to wait at most, in s: 1 to 3600. */
	maxWaitSeconds: number;
}

export interface TriggerFlowResult {
	sessionId: string;
	/** The service's word for the state of the session. Cognigy.AI: `COMPLETED`, or `SENT` when nobody waited for the end. */
	status: string;
	/** Cognigy.AI: the id of the project, as the credential says. */
	botId: string;
	/** Cognigy.AI: a name for the endpoint, without its token. */
	flowId: string;
	userId: string;
	session: {
		id: string;
		/** ISO 8601; when the start was sent. */
		createdAt: string;
		/** ISO 8601. */
		expiresAt: string;
		ttlSeconds: number;
	};
	/** What was said in the session until the bot was quiet; only with `reply`, or when the answer holds it anyway. */
	messages?: Message[];
	/** The bot's texts, a line each; together with `messages`. */
	reply?: string;
	/** Cognigy.AI: what a REST endpoint answered in a format of its own, as it came. */
	data?: unknown;
	/** The same start was made before, with the same idempotency key: nothing was sent, and this is what came of it then. */
	repeated?: true;
	/** What went wrong beside the start. */
	warnings?: string[];
	audit: AuditEntry;
}

/** A message of a session (docs/protocol-v1.md#messages). */
export interface Message {
	messageId: string;
	text: string;
	/**
	 * `user`, `bot` or `webhook`; the service may add more. Cognigy.AI: `bot`, `agent`, `suggestion`, and for who wants
	 * them `typingStatus` and `event`.
	 */
	type: string;
	/** ISO 8601, as the service says. Cognigy.AI says nothing: when it came. */
	timestamp: string;
	/** What the message holds besides its text, as the service says: quick replies, cards, media. */
	data?: Record<string, unknown>;
	/** Cognigy.AI: the files in `data`. */
	attachments?: MessageAttachment[];
	/** Cognigy.AI: what the service tells in `data` besides what is said. */
	event?: MessageEvent;
}

/** A file that comes with a message. */
export interface MessageAttachment {
	/** `image`, `audio`, `video` or `file`. */
	type: string;
	name?: string;
	url: string;
	mimeType?: string;
	/** In bytes. */
	size?: number;
}

/** An event, with fields that depend on its name: only those that have a value. */
export type MessageEvent = { name: string } & Record<string, string | number>;

export interface StreamOptions {
	/** Ends the stream at once. */
	signal: AbortSignal;
	/** Told of each attempt that failed, while it goes on by itself. */
	onTrouble?: (error: CognigyError) => void;
	/** Told once when it works again. */
	onRecovered?: () => void;
}

export interface ListQuery {
	filter?: string;
	cursor?: string;
}

export interface ListEntry {
	id: string;
	name: string;
}

export interface EndpointEntry extends ListEntry {
	/** As the API calls it: `rest`, `socket`, `webhook`, … */
	channel: string;
}

/** An endpoint of Cognigy.AI. Its settings stay in the client: there are secrets among them. */
export interface EndpointDetails extends EndpointEntry {
	isActive: boolean;
	/** Where a Webhook endpoint posts what the bot says; empty: nowhere. May hold a secret. */
	webhookUrl: string;
	/** The user that it logs in with there; empty: none; missing: the service does not tell. */
	basicAuthUser?: string;
	/** The project, as the credential says. */
	botId: string;
	/** A name for the endpoint, without its token. */
	flowId: string;
}

export interface WebhookUrlChange {
	endpointId: string;
	/** Empty: none. May hold a secret. */
	url: string;
	/** What it is to take the place of: nothing is changed where another one is set. Missing: of any. */
	instead?: string;
}

/** An output of a flow of Cognigy.AI, as endpoints tell it. */
export interface FlowOutput {
	text: string;
	/** What it holds besides the text. */
	data?: Record<string, unknown> | null;
	/** Names the turn that it belongs to; empty: unknown. */
	traceId: string;
	/** Who says it: `bot`, `agent`, …; empty: unknown. */
	source: string;
}

export interface ListPage<T extends ListEntry> {
	items: T[];
	/** Where the next page begins; missing: this was the last one. */
	nextCursor?: string;
}

/** A session that is to be reset. */
export interface ExpiredSession {
	sessionId: string;
	botId: string;
	flowId: string;
	userId: string;
}

export interface ResetSessionResult {
	sessionId: string;
	status: 'RESET_COMPLETE';
	/** Whether the session was seen clean. */
	verified: boolean;
	/** Cognigy.AI: id for a fresh session, if that was asked for. */
	newSessionId?: string;
	/** The state seen last; null when it was not asked for or not told. */
	flowState: string | null;
	/** How many variables the session still has; null when that was not asked for. */
	remainingVariables: number | null;
	/** From compiling the reset to the clean session, in ms. */
	latencyMs: number;
	audit: AuditEntry;
}

/** Something that was said in a session, as its transcript has it (docs/protocol-cognigy-ai.md#conversations). */
export interface TranscriptMessage {
	messageId: string;
	/** What the bot said as `reply` reads it; what the user said as it is. */
	text: string;
	/** Who said it: `user`, `bot`, `agent`, `suggestion`; the service may add more. */
	source: string;
	/** ISO 8601; when it began. Empty: the service does not tell. */
	timestamp: string;
	channel?: string;
	/** What it holds besides its text. */
	data?: Record<string, unknown>;
	/** What the user thinks of it: 1 or -1. */
	rating?: number;
	ratingComment?: string;
	/** Its text is hidden: there are asterisks in its place. */
	isMasked?: true;
}

export interface TranscriptResult {
	sessionId: string;
	/** The id of the project, as the credential says. */
	botId: string;
	/** Who talked in the session, if the transcript tells. */
	userId?: string;
	/** In order of time. Empty: there is no transcript (yet). */
	messages: TranscriptMessage[];
	/** Why it may not be all that was said. */
	warnings?: string[];
	audit: AuditEntry;
}

/** A conversation of a project, as lists show it (docs/protocol-cognigy-ai.md#conversations). Empty text: not told. */
export interface Conversation {
	sessionId: string;
	userId: string;
	channel: string;
	endpointName: string;
	flowName: string;
	/** How many there are. */
	messageCount?: number;
	/** ISO 8601. */
	startTime: string;
	/** ISO 8601; of what was said last. */
	endTime: string;
	/** What the user thinks of it: 1 or -1 each. */
	ratings?: number[];
	ratingComments?: string[];
}

export interface ConversationsResult {
	/** The newest first, none twice. */
	conversations: Conversation[];
	/** Why they may not be all. */
	warnings?: string[];
	audit: AuditEntry;
}

/** What a project knows of a contact (docs/protocol-cognigy-ai.md#contact-profiles). */
export interface ProfileResult {
	/** Whether there is one; else all else is empty. */
	found: boolean;
	profileId: string;
	/** The user IDs of messages that it belongs to. */
	contactIds: string[];
	/** Whether Cognigy adds to it. */
	active: boolean;
	/** Its fields, as the project has them. */
	profile: Record<string, unknown>;
	/** The id of the project, as the credential says. */
	botId: string;
	/** Of a change: what the service made of it that was not asked for. */
	warnings?: string[];
	audit: AuditEntry;
}

export interface DeletedProfileResult {
	/** False: there was none. */
	deleted: boolean;
	profileId: string;
	/** The contacts that it had. */
	contactIds: string[];
	/** The id of the project, as the credential says. */
	botId: string;
	audit: AuditEntry;
}

export interface InjectContextResult {
	sessionId: string;
	/** The context, as the service says; null: it says nothing. */
	context: Record<string, unknown> | null;
	audit: AuditEntry;
}

/** What each platform takes, by the type of its credential. */
export interface PlatformInputs {
	cognigyApi: V1Inputs;
	cognigyAiApi: CognigyAiInputs;
}

/** Operations whose input can be checked by itself. */
export type CheckedOperation =
	| keyof ReleaseInputs
	| 'validateVersion'
	| 'triggerFlow'
	| 'resetSession'
	| 'getTranscript'
	| 'listConversations'
	| 'getProfile'
	| 'createProfile'
	| 'updateProfile'
	| 'deleteProfile'
	| 'injectContext';

/**
 * The shared internal client: one per credential and process. Every operation checks its input before anything is sent,
 * and throws only `CognigyError`, with the audit entry in it.
 */
export interface CognigyClient<I extends Inputs = PlatformInputs[keyof PlatformInputs]> {
	/**
	 * Whether a version of the bot is published for the environment (docs/protocol-v1.md#versions). A safe call.
	 * @throws {CognigyError} `notPublished` when `failIfNotPublished` is set; otherwise that is `valid: false`
	 */
	validateVersion(input: I['validateVersion'], options: CallOptions): Promise<ValidateVersionResult>;
	/**
	 * Starts a flow (docs/protocol-v1.md#start). Never starts it twice (guarantee 1): what was started with the same
	 * idempotency key, or by the same step of an execution, comes out as it did then.
	 * @throws {CognigyError} `notPublished` when `targetEnvironment` is set and has no published version; with
	 *   `mayHaveRun` when no usable answer came to a start that was sent
	 */
	triggerFlow(input: I['triggerFlow'], options: StartOptions): Promise<TriggerFlowResult>;
	/**
	 * Resets a session and checks that it is clean (docs/protocol-v1.md#reset). A safe call: resetting twice does no
	 * harm.
	 * @throws {CognigyError} `rejected` when the service does not reset it; `timeout` when it was reset but does not
	 *   become clean in time
	 */
	resetSession(input: I['resetSession'], options: CallOptions): Promise<ResetSessionResult>;
	/**
	 * All that was said in a session, as Cognigy.AI has stored it (docs/protocol-cognigy-ai.md#conversations). A transcript
	 * that is not there yet is waited for. A safe call.
	 * @throws {CognigyError} `notFound` when there is none in time and `failIfEmpty` is set; `invalidInput` with the v1
	 *   API, which has none
	 */
	getTranscript(input: I['getTranscript'], options: CallOptions): Promise<TranscriptResult>;
	/**
	 * Conversations of a contact or of the project, the newest first (docs/protocol-cognigy-ai.md#conversations). Of the pages
	 * that they come in none is kept. A safe call.
	 * @throws {CognigyError} `invalidInput` with the v1 API, which has none
	 */
	listConversations(input: I['listConversations'], options: CallOptions): Promise<ConversationsResult>;
	/**
	 * The profile of a contact (docs/protocol-cognigy-ai.md#contact-profiles). A safe call.
	 * @throws {CognigyError} `notFound` when there is none and `failIfMissing` is set; `protocol` when a contact has several;
	 *   `invalidInput` with the v1 API, which has none
	 */
	getProfile(input: I['getProfile'], options: CallOptions): Promise<ProfileResult>;
	/**
	 * Makes the profile of a contact that has none (docs/protocol-cognigy-ai.md#contact-profiles). Sent again only when it
	 * certainly did not run (guarantee 1).
	 * @throws {CognigyError} `protocol` when a contact has one already; with `mayHaveRun` when no usable answer came;
	 *   `invalidInput` with the v1 API, which has none
	 */
	createProfile(input: I['createProfile'], options: CallOptions): Promise<ProfileResult>;
	/**
	 * Changes a profile, and looks whether it is changed and all else of it is as it was. A safe call.
	 * @throws {CognigyError} `notFound` when there is none; `protocol` when the service did not change it or lost some of it,
	 *   a contact has several, or a new contact has another one; `invalidInput` with the v1 API, which has none
	 */
	updateProfile(input: I['updateProfile'], options: CallOptions): Promise<ProfileResult>;
	/**
	 * Deletes the profile of a contact, with all that was said with the contact. A safe call.
	 * @throws {CognigyError} `invalidInput` when it is not that of the contact, and with the v1 API, which has none;
	 *   `notFound` when there is none and `failIfMissing` is set
	 */
	deleteProfile(input: I['deleteProfile'], options: CallOptions): Promise<DeletedProfileResult>;
	/**
	 * Puts something into what the flow of a session remembers (docs/protocol-cognigy-ai.md#session-calls). Sent again only
	 * when it certainly did not run (guarantee 1).
	 * @throws {CognigyError} with `mayHaveRun` when no usable answer came; `invalidInput` with the v1 API, which has none
	 */
	injectContext(input: I['injectContext'], options: CallOptions): Promise<InjectContextResult>;
	/**
	 * Makes a snapshot of the project (Cognigy.AI; docs/nodes/release.md). This and the four below that change something are
	 * starts: none is begun twice (guarantee 1), and an error with `mayHaveRun` says how to find out what became of it.
	 * `onProgress` is told how far a task has got.
	 * @throws {CognigyError} `rejected` when the service does not make it; `invalidInput` for a name that is taken, and with the
	 *   v1 API, which has no releases
	 */
	createSnapshot(input: I['createSnapshot'], options: CallOptions): Promise<ReleaseResult<'createSnapshot'>>;
	/**
	 * Makes an endpoint run a snapshot or the live project (docs/protocol-cognigy-ai.md#deployment).
	 * @throws {CognigyError} `notPublished` when it does not run what is expected before
	 */
	deploySnapshot(input: I['deploySnapshot'], options: CallOptions): Promise<ReleaseResult<'deploySnapshot'>>;
	/**
	 * Undoes a deployment, with what it gave out for that.
	 * @throws {CognigyError} `notPublished` when something else was deployed since
	 */
	rollBack(input: I['rollBack'], options: CallOptions): Promise<ReleaseResult<'rollBack'>>;
	/** What an endpoint runs, or how far a task has got. A safe call. @throws {CognigyError} `notFound` */
	getReleaseStatus(input: I['getReleaseStatus'], options: CallOptions): Promise<ReleaseResult<'getReleaseStatus'>>;
	/** Deletes a snapshot. @throws {CognigyError} `rejected` when the service does not, as of one that an endpoint runs */
	deleteSnapshot(input: I['deleteSnapshot'], options: CallOptions): Promise<ReleaseResult<'deleteSnapshot'>>;
	/** Makes a package of resources and gets its file. @throws {CognigyError} `rejected` when the service does not make it */
	exportPackage(input: I['exportPackage'], options: CallOptions): Promise<ReleaseResult<'exportPackage'>>;
	/**
	 * Follows the messages of a session (docs/protocol-v1.md#messages): one array for each answer of the service that
	 * holds new ones. Faults are ridden out with back-off, without losing or repeating a message (guarantee 3). Ends when
	 * the session does or `signal` aborts. All streams of a session share one long poll.
	 * @throws {CognigyError} `invalidInput`, before anything is sent
	 */
	streamMessages(input: I['streamMessages'], options: StreamOptions): AsyncIterable<Message[]>;
	/**
	 * Follows one session or every open one in the session registry, and delivers their messages (guarantees 3 and 8).
	 * Resolves when the session is over or `signal` aborts; passing faults are ridden out.
	 * @throws {CognigyError} `invalidInput`, before anything is sent
	 */
	follow(input: I['follow'], options: FollowOptions): Promise<void>;
	/**
	 * Expired sessions in the registry that nobody has reset yet, at most `limit`; for a while they are the caller's to
	 * reset (docs/guarantees.md#session-registry). `resetSession` marks them; whoever fails to reset one releases it.
	 * @throws {CognigyError} `server` when the registry does not work
	 */
	claimExpiredSessions(query: { botId?: string; limit: number }): Promise<ExpiredSession[]>;
	/**
	 * Checks the input and options of an operation without sending anything (guarantee 9).
	 * @throws {CognigyError} `invalidInput`, naming the parameter; without an audit entry
	 */
	check<Name extends CheckedOperation>(operation: Name, input: I[Name], options: CallOptions): void;
	/**
	 * Checks what is to be followed without sending anything.
	 * @throws {CognigyError} `invalidInput`, naming the parameter
	 */
	checkFollow(input: I['follow']): void;
	/** A claimed session was not reset after all: somebody else may try. Never fails. */
	releaseExpiredSession(sessionId: string): Promise<void>;
	/**
	 * Logs in, unless there is a token.
	 * @throws {CognigyError} why that failed; `cancelled` when `signal` aborts first
	 */
	logIn(signal: AbortSignal): Promise<void>;
	/**
	 * Endpoints of the project (Cognigy.AI), a page at a time; the v1 API has none.
	 * @param filter part of a name; empty: all
	 * @param cursor where the last page ended
	 * @throws {CognigyError} without an audit entry
	 */
	listEndpoints(query: ListQuery, options: CallOptions): Promise<ListPage<EndpointEntry>>;
	/** Snapshots of the project (Cognigy.AI), as `listEndpoints`. */
	listSnapshots(query: ListQuery, options: CallOptions): Promise<ListPage<ListEntry>>;
	/**
	 * Reads an endpoint (Cognigy.AI); the v1 API has none.
	 * @throws {CognigyError} without an audit entry
	 */
	readEndpoint(endpointId: string, options: CallOptions): Promise<EndpointDetails>;
	/**
	 * Sets where a Webhook endpoint (Cognigy.AI) posts what the bot says; all else of it stays. A safe call.
	 * @throws {CognigyError} without an audit entry; `protocol` when the service did not change it, or changed more
	 */
	setWebhookUrl(change: WebhookUrlChange, options: CallOptions): Promise<void>;
	/** Whether both record and follow the same sessions, so that one may go on with what the other began. */
	sharesSessionsWith(other: CognigyClient): boolean;
	/**
	 * Takes over what `consumer` follows by another client: a change of the session registry without a gap. For another
	 * account there is nothing to take over. May be repeated, to add what has happened since.
	 * @throws {CognigyError} `server` when a registry does not work
	 */
	takeOver(other: CognigyClient, consumer: string): Promise<void>;
	/** Keeps the sessions that are followed now connected, while those who follow them change. @returns lets them go */
	holdFollowed(): () => void;
	/** Counters of the account since n8n started. */
	metrics(): MetricsSnapshot;
	/** Ends every running operation as cancelled and closes all connections. */
	close(): void;
}
