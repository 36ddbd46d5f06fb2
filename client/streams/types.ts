import type { CognigyError } from '../errors';
import type { AuditEntry } from '../audit';
import type { CognigyClient, Message } from '../types';

/** Whether a streamed answer of an AI agent is one message, or each of its chunks. */
export type StreamedAnswers = 'whole' | 'chunks';

/** Which session, where it runs, and what of it is asked for. */
export interface SessionStream {
	botId: string;
	flowId: string;
	sessionId: string;
	/** Who talks in the session, where that has to be said. */
	userId?: string;
	/** Whether the session is a test. */
	testMode?: boolean;
	/** Whether it is told when the bot begins and ends to type, as messages of the type `typingStatus`. */
	typingStatus?: boolean;
	/** Ids of messages that are not wanted again. */
	knownIds?: readonly string[];
}

/** Which sessions to follow: one, or with an empty `sessionId` every open one in the registry that fits. */
export interface FollowInput {
	/** Empty, with an empty session id: of every bot. */
	botId: string;
	/** Empty, with an empty session id: every flow. */
	flowId: string;
	sessionId: string;
	/** Who talks in the session, where that has to be said. With an empty session id the registry knows it. */
	userId?: string;
	/** Whether the sessions are tests. */
	testMode?: boolean;
	/** Whether streamed answers are delivered whole (default), or in chunks as they come. */
	streamedAnswers?: StreamedAnswers;
	/** Messages of other types are not delivered. */
	messageTypes: readonly string[];
}

/** The session registry as a source of trouble. No session has this id. */
export const REGISTRY = '';

export interface FollowedSession {
	sessionId: string;
	botId: string;
	flowId: string;
	userId?: string;
}

/** Messages of a session that arrived together. */
export interface MessageBatch {
	session: FollowedSession;
	messages: Message[];
	/** The same for the same messages of the session, also after a restart. */
	id: string;
	audit: AuditEntry;
}

/**
 * What was delivered of one session, kept beside the registry where that does not outlive the process. What is kept there
 * is not delivered again.
 */
export interface DeliveredMemory {
	/** Of messages. */
	ids(): readonly string[];
	/** Called just before the messages are delivered. */
	add(ids: readonly string[]): void;
	/** Called when they were not taken. */
	remove(ids: readonly string[]): void;
}

export interface FollowOptions {
	/**
	 * The client of the credential as it is now, which may have been edited since: it asks from then on. It must share
	 * its sessions with the client that follows; by default that one asks.
	 */
	clientNow?: () => CognigyClient;
	/** Who follows: what was delivered is remembered per consumer, also after a crash. */
	consumer: string;
	/** Only for one session; by default there is none. */
	memory?: DeliveredMemory;
	/** How many batches may be under way at the same time; missing: one per session, in order. */
	parallel?: number;
	/** Ends everything at once. */
	signal: AbortSignal;
	/** Resolves when the batch is taken. When it rejects, the same batch is delivered again after a pause. */
	onBatch: (batch: MessageBatch) => Promise<void>;
	/**
	 * Whether `onBatch` takes a batch with the same id once only. Then one that was handed over just before the signal aborts, and is
	 * not taken yet, may be delivered again; else it counts as taken. By default not.
	 */
	recognisesBatches?: boolean;
	/**
	 * Told of each attempt that failed, while it goes on by itself.
	 * @param source what has trouble: a session, by its id, or the `REGISTRY`
	 */
	onTrouble: (error: CognigyError, source: string) => void;
	/** Told when what had trouble works again, or is not needed any more. */
	onRecovered: (source: string) => void;
	/** Told once of what had to be left out. */
	onWarning?: (message: string) => void;
}
