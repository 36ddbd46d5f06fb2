import type { BotVersion, MessageType } from '../contract';

export interface ScriptedMessage {
	type: Exclude<MessageType, 'user'>;
	text: string;
}

/** What comes of what a user says. */
export interface Heard {
	messages: ScriptedMessage[];
	/** What came of the conversation: posted to where the context says, if it does. */
	outcome?: Record<string, unknown>;
}

/** A bot of the sandbox. What it says depends only on what the start carried, so that runs can be compared. */
export interface ScriptedBot {
	id: string;
	name: string;
	flows: readonly string[];
	versions: readonly BotVersion[];
	/** The contract allows both for a start; the bots differ on purpose, so that clients meet both. */
	startStatus: 200 | 201;
	/** How long the answer to a start takes, in ms. The flow itself runs at once. */
	startDelayMs?: number;
	/**
	 * How many state checks after a reset still find a blocking action at work (docs/protocol-v1.md#state-check). Default
	 * 0.
	 */
	blockedChecks?: number;
	respond(context: Record<string, unknown>, input: string): ScriptedMessage[];
	/** What it says when the user says something in a running session; missing: nothing. */
	hear?(context: Record<string, unknown>, text: string): Heard;
}
