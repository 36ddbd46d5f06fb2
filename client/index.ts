/** The whole public surface of the shared internal client (docs/architecture.md#the-house). */
export { CallGroup } from './call/callGroup';
export { checkApiKeyOnce } from './cognigyAi/checkApiKeyOnce';
export { checkStateStoreOnce } from './redis/checkStateStoreOnce';
export { clientFor, closeAllClients, type Credential, type HostEnvironment } from './clientFor';
export { CognigyError, ERROR_CATEGORIES, invalidInput, type ErrorCategory } from './errors';
export { isLoopback } from './transport/node/addresses';
export { unrestrictedEgress, type EgressPolicy } from './transport/egress';
export type { HttpRequest, HttpResponse, HttpTransport } from './transport/http';
export { TransportFailure } from './transport/transportFailure';
export { toTransportFailure } from './transport/failures';
export { loginOnce } from './v1/loginOnce';
export { callOwnWebhook } from './cognigyAi/ownWebhook';
export { refusalAudit, type AuditEntry, type AuditInput, type Operation } from './audit';
export type { MetricsSnapshot } from './metrics';
export { canBe, isMasked } from './cognigyAi/masks';
export { PostedAnswers, type Delivery } from './cognigyAi/postedAnswers';
export { isChunk } from './cognigyAi/chunks';
export { PostedOutputs } from './cognigyAi/postedOutputs';
export type { SessionRegistry } from './registry/sessionRegistry';
export { openRegistry } from './openState';
export { systemClock } from './time/clock';
export { readOutput } from './cognigyAi/wire';
export type { FollowedSession, FollowInput, FollowOptions, MessageBatch } from './streams/types';
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
export { jsonObjectOf } from './validation/jsonInput';
export { mayHaveLostDigits } from './validation/readJson';
export { asFlag, asNumber, asText, textProblem } from './validation/looseValues';
export { localRegistryProblem } from './registry/sqlite/driver';
export { isJsonObject, isTooDeep } from './validation/fields';
export { buildWebhookContext, type WebhookEvent } from './v1/webhookContext';
