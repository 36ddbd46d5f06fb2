/** The shapes of the Cognigy v1 contract that several parts of the sandbox share. */

/** What is asked over REST. */
export const REST_OPERATIONS = ['login', 'versions', 'start', 'messages'] as const;
export type RestOperation = (typeof REST_OPERATIONS)[number];

/** What is asked with a frame over the runtime channel. */
export const FRAME_OPERATIONS = ['reset', 'stateCheck'] as const;
export type FrameOperation = (typeof FRAME_OPERATIONS)[number];

/** `connect`: the upgrade that opens a runtime channel. */
export const OPERATIONS = [...REST_OPERATIONS, 'connect', ...FRAME_OPERATIONS] as const;
export type Operation = (typeof OPERATIONS)[number];

/** docs/protocol-v1.md#permissions: what the user behind a login may do. */
export const PERMISSIONS = ['bot:read', 'bot:execute', 'session:manage', 'bot:runtime:execute'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** See docs/protocol-v1.md#versions. `name` is the environment that the version is for. */
export interface BotVersion {
	id: string;
	state: 'published' | 'draft' | 'archived';
	name: string;
}

/** See docs/protocol-v1.md#messages. */
export const MESSAGE_TYPES = ['user', 'bot', 'webhook'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

export interface TranscriptMessage {
	messageId: string;
	text: string;
	type: MessageType;
	/** ISO 8601. */
	timestamp: string;
}

/** docs/protocol-v1.md#runtime-channel: where a runtime channel is opened, and the subprotocol it speaks. */
export const CHANNEL_PATH = '/ws/v1';
export const CHANNEL_SUBPROTOCOL = 'cognigy-runtime-v1';
