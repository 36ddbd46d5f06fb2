/** The shapes of the Cognigy v1 contract that several parts of the sandbox share. */

/** What is asked over REST. */
export const restOperations = ['login', 'versions', 'start', 'messages'] as const;
export type RestOperation = (typeof restOperations)[number];

/** What is asked with a frame over the runtime channel. */
export const frameOperations = ['reset', 'stateCheck'] as const;
export type FrameOperation = (typeof frameOperations)[number];

/** `connect`: the upgrade that opens a runtime channel. */
export const operations = [...restOperations, 'connect', ...frameOperations] as const;
export type Operation = (typeof operations)[number];

/** docs/protocol-v1.md#permissions: what the user behind a login may do. */
export const permissions = ['bot:read', 'bot:execute', 'session:manage', 'bot:runtime:execute'] as const;
export type Permission = (typeof permissions)[number];

/** See docs/protocol-v1.md#versions. `name` is the environment that the version is for. */
export interface BotVersion {
	id: string;
	state: 'published' | 'draft' | 'archived';
	name: string;
}

/** See docs/protocol-v1.md#messages. */
export const messageTypes = ['user', 'bot', 'webhook'] as const;
export type MessageType = (typeof messageTypes)[number];

export interface TranscriptMessage {
	messageId: string;
	text: string;
	type: MessageType;
	/** ISO 8601. */
	timestamp: string;
}

/** docs/protocol-v1.md#runtime-channel: where a runtime channel is opened, and the subprotocol it speaks. */
export const channelPath = '/ws/v1';
export const channelSubprotocol = 'cognigy-runtime-v1';
