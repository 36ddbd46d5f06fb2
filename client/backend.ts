import type { AuditSubject } from './audit';
import type { CallContext } from './call/attempts';
import type { CallGroup } from './call/callGroup';
import type { ReleaseInputs } from './cognigyAi/release/inputs';
import type { ReleaseOperations } from './cognigyAi/release/operations';
import type { CognigyError } from './errors';
import type { Callback } from './starts/callbackUrl';
import type { Idempotency } from './starts/startIdentity';
import type { PlannedStart, StartedFlow } from './starts/starts';
import type { MessageStreams, MessageStreamsDependencies } from './streams/messageStreams';
import type { FollowInput, SessionStream, StreamedAnswers } from './streams/types';
import type {
	ConversationsResult,
	DeletedProfileResult,
	EndpointDetails,
	EndpointEntry,
	InjectContextResult,
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
export interface Inputs extends Record<keyof ReleaseInputs, object> {
	validateVersion: object;
	triggerFlow: { sessionId?: string } & Idempotency & Callback;
	resetSession: { sessionId: string };
	getTranscript: object;
	listConversations: object;
	getProfile: object;
	createProfile: object;
	updateProfile: object;
	deleteProfile: object;
	injectContext: object;
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

/** A start of which all is known: what makes it this one and no other, and how it is sent. */
export interface PreparedStart {
	plan: PlannedStart;
	send: Prepared<StartedFlow, StartAside>;
	/** What was found out for the audit. */
	subject?: Partial<AuditSubject>;
	/**
	 * It certainly did not run, and what it goes by may be out of date: looks that up anew.
	 * @returns the start as it is now; undefined: nothing is different
	 */
	again?(failure: CognigyError, context: CallContext): Promise<PreparedStart | undefined>;
}

/** A start that was checked. What has to be known besides is looked up, by safe calls. @throws {CognigyError} */
export type CheckedStart = (context: CallContext) => Promise<PreparedStart>;

/** How the messages of sessions are read, and who may read them. */
export type BackendMessages = Pick<MessageStreamsDependencies, 'source' | 'prove' | 'join' | 'eventsApart'> &
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
	/** Only where the platform has releases that can be worked on. */
	readonly releases?: ReleaseOperations<I>;
	readonly validateVersion: BackendOperation<I['validateVersion'], Omit<ValidateVersionResult, 'audit'>>;
	readonly triggerFlow: {
		/** @param newId for a session that has no id yet, as in `prepare` */
		audited(input: I['triggerFlow'], newId: string): Audited;
		/** Sends nothing. @throws {CognigyError} `invalidInput`, naming the parameter */
		prepare(input: unknown, newId: string): CheckedStart;
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
	/** Only where the platform has profiles of contacts that can be changed. */
	readonly createProfile?: BackendOperation<I['createProfile'], Omit<ProfileResult, 'audit'>>;
	readonly updateProfile?: BackendOperation<I['updateProfile'], Omit<ProfileResult, 'audit'>>;
	readonly deleteProfile?: BackendOperation<I['deleteProfile'], Omit<DeletedProfileResult, 'audit'>>;
	/** Only where what a flow remembers can be changed from outside. */
	readonly injectContext?: BackendOperation<I['injectContext'], Omit<InjectContextResult, 'audit'>>;
	/** @throws {CognigyError} `invalidInput`, naming the parameter */
	checkStream(input: unknown): { stream: SessionStream; streamedAnswers: StreamedAnswers };
	/** @throws {CognigyError} `invalidInput`, naming the parameter */
	checkFollow(input: unknown): FollowInput;
	/** Shows that the credential is accepted. @throws {CognigyError} why it is not */
	signIn(context: CallContext): Promise<void>;
	/** Closes all connections. */
	close(): void;
}
