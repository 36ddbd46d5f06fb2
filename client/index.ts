/** The whole public surface of the shared internal client (design section 1). */
export { CallGroup } from './callGroup';
export { checkApiKeyOnce } from './checkApiKeyOnce';
export { checkStateStoreOnce } from './checkStateStoreOnce';
export { clientFor, closeAllClients, type Credential, type Surroundings } from './clientRegistry';
export { CognigyError, ERROR_CATEGORIES, invalidInput, type ErrorCategory } from './errors';
export { isLoopback } from './net/addresses';
export { unrestrictedEgress, type EgressPolicy } from './net/egress';
export type { HttpRequest, HttpResponse, HttpTransport } from './http/transport';
export { TransportFailure } from './net/transportFailure';
export { toTransportFailure } from './net/failures';
export { loginOnce } from './loginOnce';
export { callOwnWebhook } from './ownWebhook';
export { refusalAudit, type AuditEntry, type AuditInput, type Operation } from './observe/audit';
export type { MetricsSnapshot } from './observe/metrics';
export { canBe, isMasked } from './cognigyAi/masks';
export { PostedAnswers, type Delivery } from './cognigyAi/postedAnswers';
export { isChunk } from './cognigyAi/chunks';
export { PostedOutputs } from './cognigyAi/postedOutputs';
export type { SessionRegistry } from './registry/sessionRegistry';
export { openRegistry } from './state';
export { systemClock } from './time/clock';
export { readOutput } from './cognigyAi/wire';
export type { FollowedSession, FollowInput, FollowOptions, MessageBatch } from './follow/types';
export type {
	CallOptions,
	CognigyClient,
	Deployment,
	EndpointChannel,
	EndpointDetails,
	EndpointEntry,
	ExpiredSession,
	FlowOutput,
	ListEntry,
	ListPage,
	ListQuery,
	Message,
	ResetMode,
	ResetSessionInput,
	ResetSessionResult,
	StreamedAnswers,
	StreamMessagesInput,
	StreamOptions,
	TriggerFlowInput,
	TriggerFlowResult,
	ValidateVersionInput,
	ValidateVersionResult,
	Version,
	WebhookUrlChange,
} from './types';
export { jsonObjectOf } from './jsonInput';
export { mayHaveLostDigits } from './readJson';
export { asFlag, asNumber, asText, textProblem } from './looseValues';
export { localRegistryProblem } from './registry/sqlite/driver';
export { isJsonObject, isTooDeep } from './validation';
export { buildWebhookContext, type WebhookEvent } from './webhookContext';
