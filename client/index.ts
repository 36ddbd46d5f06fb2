/** The whole public surface of the shared internal client (design section 1). */
export { CallGroup } from './callGroup';
export { checkApiKeyOnce } from './checkApiKeyOnce';
export { clientFor, closeAllClients, type Credential, type Surroundings } from './clientRegistry';
export { CognigyError, ERROR_CATEGORIES, invalidInput, type ErrorCategory } from './errors';
export { unrestrictedEgress, type EgressPolicy } from './net/egress';
export type { HttpRequest, HttpResponse, HttpTransport } from './http/transport';
export { TransportFailure } from './net/transportFailure';
export { toTransportFailure } from './net/failures';
export { loginOnce } from './loginOnce';
export { refusalAudit, type AuditEntry, type AuditInput, type Operation } from './observe/audit';
export type { MetricsSnapshot } from './observe/metrics';
export { canBe, isMasked } from './cognigyAi/masks';
export { PostedOutputs } from './cognigyAi/postedOutputs';
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
	StreamMessagesInput,
	StreamOptions,
	TriggerFlowInput,
	TriggerFlowResult,
	ValidateVersionInput,
	ValidateVersionResult,
	Version,
	WebhookUrlChange,
} from './types';
export { isJsonObject, isTooDeep } from './validation';
export { buildWebhookContext, type WebhookEvent } from './webhookContext';
