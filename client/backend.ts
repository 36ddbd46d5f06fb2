import type { AuditSubject } from './audit';
import type { CallContext } from './call/attempts';
import type { CallGroup } from './call/callGroup';
import type { Idempotency } from './starts/startIdentity';
import type { PlannedStart, StartedFlow } from './starts/starts';
import type { MessageStreams, MessageStreamsDependencies } from './streams/messageStreams';
import type { FollowInput, SessionStream, StreamedAnswers } from './streams/types';
import type {
	ConversationsResult,
	EndpointDetails,
	EndpointEntry,
	ListEntry,
	ListPage,
	ListQuery,
	ProfileResult,
	ResetSessionResult,
	TranscriptResult,
	ValidateVersionResult,
	WebhookUrlChange,
} from './types';

/** What a platform takes, by operation. */
export interface Inputs {
	validateVersion: object;
	triggerFlow: { sessionId?: string } & Idempotency;
	resetSession: { sessionId: string };
	getTranscript: object;
	listConversations: object;
	getProfile: object;
	streamMessages: object;
	follow: object;
}

/** What an audit entry shows of an operation. */
export interface Audited {
	subject: AuditSubject;
	/** What was asked for. Of a start: what is said. */
	input: unknown;
	/** Of a start: what the flow is given besides that. */
	context?: unknown;
}

/** An operation that was checked and may be sent. @throws {CognigyError} without an audit entry */
export type Prepared<Result, Aside = undefined> = (context: CallContext, aside: Aside) => Promise<Result>;

export interface BackendOperation<Input, Result, Aside = undefined> {
	/** Of an input that nobody has checked. */
	audited(input: Input): Audited;
	/** Sends nothing. @throws {CognigyError} `invalidInput`, naming the parameter */
	prepare(input: unknown): Prepared<Result, Aside>;
}

/** What a start needs of the client. */
export interface StartAside {
	streams: MessageStreams;
	onWarning: (message: string) => void;
	/** When it began, in ms since 1970. */
	createdAt: number;
}

/** A start that was checked: what makes it this one and no other, and how it is sent. */
export interface PreparedStart {
	plan: PlannedStart;
	send: Prepared<StartedFlow, StartAside>;
}

/** How the messages of sessions are read, and who may read them. */
export type BackendMessages = Pick<MessageStreamsDependencies, 'source' | 'prove' | 'join'> &
	Required<Pick<MessageStreamsDependencies, 'nameOf'>>;

/** What a platform has besides its sessions: lists of what is there, and endpoints that can be set. */
export interface Management {
	listEndpoints(query: ListQuery, context: CallContext): Promise<ListPage<EndpointEntry>>;
	listSnapshots(query: ListQuery, context: CallContext): Promise<ListPage<ListEntry>>;
	readEndpoint(endpointId: string, context: CallContext): Promise<EndpointDetails>;
	setWebhookUrl(change: WebhookUrlChange, context: CallContext): Promise<void>;
}

/** What a platform adds to the client: how it is asked, and what it takes. */
export interface Backend<I extends Inputs> {
	/** Name of the account in the session registry; holds no secret. */
	readonly account: string;
	readonly messages: BackendMessages;
	readonly management?: Management;
	readonly validateVersion: BackendOperation<I['validateVersion'], Omit<ValidateVersionResult, 'audit'>>;
	readonly triggerFlow: {
		/** @param newId for a session that has no id yet, as in `prepare` */
		audited(input: I['triggerFlow'], newId: string): Audited;
		prepare(input: unknown, newId: string): PreparedStart;
	};
	readonly resetSession: BackendOperation<
		I['resetSession'],
		Omit<ResetSessionResult, 'latencyMs' | 'audit'>,
		CallGroup | undefined
	>;
	/** Only where the platform keeps what was said. */
	readonly getTranscript?: BackendOperation<I['getTranscript'], Omit<TranscriptResult, 'audit'>>;
	readonly getProfile?: BackendOperation<I['getProfile'], Omit<ProfileResult, 'audit'>>;
	readonly listConversations?: BackendOperation<I['listConversations'], Omit<ConversationsResult, 'audit'>>;
	/** @throws {CognigyError} `invalidInput`, naming the parameter */
	checkStream(input: unknown): { stream: SessionStream; streamedAnswers: StreamedAnswers };
	/** @throws {CognigyError} `invalidInput`, naming the parameter */
	checkFollow(input: unknown): FollowInput;
	/** Shows that the credential is accepted. @throws {CognigyError} why it is not */
	signIn(context: CallContext): Promise<void>;
	/** Closes all connections. */
	close(): void;
}
