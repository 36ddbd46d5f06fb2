/** The whole public surface of the shared internal client (docs/architecture.md#the-house). */
export { CallGroup } from './call/callGroup';
export { checkApiKeyOnce } from './cognigyAi/signIn';
export { checkStateStoreOnce } from './checkStateStoreOnce';
export { clientFor, closeAllClients, type Credential, type HostEnvironment } from './clientFor';
export { edition } from './edition';
export { CognigyError, ERROR_CATEGORIES, invalidInput, type ErrorCategory } from './errors';
export { isLoopback } from './transport/addresses';
export { unrestrictedEgress, type EgressPolicy } from './transport/egress';
export type { HttpRequest, HttpResponse, HttpTransport } from './transport/http';
export { TransportFailure } from './transport/transportFailure';
export { toTransportFailure } from './transport/failures';
export { withoutCallbackUrls } from './starts/callbackUrl';
export { loginOnce } from './v1/signIn';
export { callOwnWebhook } from './cognigyAi/ownWebhook';
export { refusalAudit, type AuditEntry, type AuditInput, type Operation } from './audit';
export type { MetricsSnapshot } from './metrics';
export { canBe, isMasked } from './cognigyAi/masks';
export type { Delivery, PostedAnswers } from './cognigyAi/postedAnswers';
export { isChunk } from './cognigyAi/chunks';
export { takesMessages, type SentThrough } from './cognigyAi/endpointChannels';
export { ReceivedMessages } from './cognigyAi/receivedMessages';
export { postedAnswersIn, postedAnswersOfTests } from './openState';
export { readOutput } from './cognigyAi/wire';
export type { DeliveredMemory, FollowedSession, FollowOptions, MessageBatch, StreamedAnswers } from './streams/types';
export type {
	CognigyAiCreateProfileInput,
	CognigyAiDeleteProfileInput,
	CognigyAiFollowInput,
	CognigyAiGetProfileInput,
	CognigyAiGetTranscriptInput,
	CognigyAiInjectContextInput,
	CognigyAiListConversationsInput,
	CognigyAiInputs,
	CognigyAiResetSessionInput,
	CognigyAiStreamMessagesInput,
	CognigyAiTriggerFlowInput,
	CognigyAiUpdateProfileInput,
	CognigyAiValidateVersionInput,
	DeliverAs,
	Deployment,
	EndpointChannel,
	ResetMode,
} from './cognigyAi/inputs';
export type { ReleaseInputs } from './cognigyAi/release/inputs';
export type { ReleaseResult } from './cognigyAi/release/types';
export type {
	V1FollowInput,
	V1Inputs,
	V1ResetSessionInput,
	V1StreamMessagesInput,
	V1TriggerFlowInput,
	V1ValidateVersionInput,
} from './v1/inputs';
export type {
	CallOptions,
	CheckedOperation,
	CognigyClient,
	Conversation,
	ConversationsResult,
	DeletedProfileResult,
	EndpointDetails,
	EndpointEntry,
	ExpiredSession,
	FlowOutput,
	InjectContextResult,
	ListEntry,
	ListPage,
	ListQuery,
	Message,
	PlatformInputs,
	ProfileResult,
	ResetSessionResult,
	StartOptions,
	StreamOptions,
	TranscriptMessage,
	TranscriptResult,
	TriggerFlowResult,
	ValidateVersionResult,
	Version,
	WebhookUrlChange,
} from './types';
export { jsonObjectOf } from './validation/jsonInput';
export { mayHaveLostDigits } from './validation/readJson';
export { asFlag, asNumber, asText, textProblem } from './validation/looseValues';
export { isJsonObject, isTooDeep } from './validation/fields';
export { buildWebhookContext, type WebhookEvent } from './v1/webhookContext';
export { every, pause } from './time/clock';
export { default as pMap } from 'p-map';
