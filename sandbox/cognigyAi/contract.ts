/** The shapes of Cognigy.AI's API that several parts of this half of the sandbox share. */

/** What is asked of the management API. */
export const API_OPERATIONS = [
	'readMe',
	'listProjects',
	'readProject',
	'listFlows',
	'readFlow',
	'listSnapshots',
	'readSnapshot',
	'listSnapshotResources',
	'createSnapshot',
	'deleteSnapshot',
	'readTask',
	'createPackage',
	'packageLink',
	'download',
	'listEndpoints',
	'readEndpoint',
	'updateEndpoint',
	'createEndpointKey',
	'resetContext',
	'injectContext',
	'resetState',
	'injectState',
	'listProfiles',
	'readProfile',
	'createProfile',
	'updateProfile',
	'deleteProfile',
	'listConversations',
	'readConversation',
	'oldInject',
	'oldNotify',
] as const;
export type ApiOperation = (typeof API_OPERATIONS)[number];

/** What is asked of the Endpoint service over HTTP. `message`: of a REST or a Webhook endpoint. */
export const ENDPOINT_OPERATIONS = ['message', 'inject', 'notify'] as const;
export type EndpointOperation = (typeof ENDPOINT_OPERATIONS)[number];

export type HttpOperation = ApiOperation | EndpointOperation;

/**
 * What happens with Socket.IO: the upgrade, the event `endpoint-ready`, the event `processInput` of the client, and
 * every `output` and `finalPing` that goes to it.
 */
export const SOCKET_OPERATIONS = ['connect', 'ready', 'processInput', 'output', 'finalPing'] as const;
export type SocketOperation = (typeof SOCKET_OPERATIONS)[number];

/** `callback`: what a Webhook endpoint posts to its webhook URL. */
export const OPERATIONS = [...API_OPERATIONS, ...ENDPOINT_OPERATIONS, ...SOCKET_OPERATIONS, 'callback'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** The channels that the sandbox's endpoints have; the real service has more. */
export const CHANNELS = ['rest', 'webhook', 'socket', 'webchat3'] as const;
export type Channel = (typeof CHANNELS)[number];

/** One output of a flow: an entry of `outputStack`, the `AIOutput` of a callback, the `data` of a socket's `output`. */
export interface AiOutput {
	/** Null of some that hold only data. */
	text: string | null;
	data: Record<string, unknown>;
	traceId: string;
	disableSensitiveLogging: boolean;
	source: 'bot' | 'agent';
}

export interface AiError {
	message: string;
	code: number;
}

/** What a user, or somebody in the user's place, says. */
export interface AiInput {
	text: string;
	data: Record<string, unknown>;
}

/** Which conversation something belongs to. */
export interface SessionAddress {
	userId: string;
	sessionId: string;
}

export type FinalPingType = 'regular' | 'cognigyStopFlow';
