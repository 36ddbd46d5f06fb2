/** The shapes of the Cognigy v1 contract that several parts of the sandbox share. */

export const operations = ['login', 'versions', 'start'] as const;
export type Operation = (typeof operations)[number];

/** Contract section 1: what the user behind a login may do. */
export const permissions = ['bot:read', 'bot:execute', 'session:manage'] as const;
export type Permission = (typeof permissions)[number];

/** Contract section 2. `name` is the environment that the version is for. */
export interface BotVersion {
	id: string;
	state: 'published' | 'draft' | 'archived';
	name: string;
}

/** Contract section 4. */
export type MessageType = 'user' | 'bot' | 'webhook';

export interface TranscriptMessage {
	messageId: string;
	text: string;
	type: MessageType;
	/** ISO 8601. */
	timestamp: string;
}
