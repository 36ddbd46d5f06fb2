import type { AiError, AiInput } from '../contract';

/** What a flow sees when it runs. */
export interface FlowInput extends AiInput {
	/** The session's; the flow may change it. */
	context: Record<string, unknown>;
	state: string;
	/** Which input of the session this is, from 1. */
	turn: number;
	/** The name of the snapshot that the session runs on, or `live project`. */
	deployment: string;
	/** How long what is slow, or comes later, takes, in ms. */
	slowMs: number;
}

export interface ScriptedOutput {
	/** Outputs with nothing but data have null or none. */
	text?: string | null;
	data?: Record<string, unknown>;
	/** Default `bot`. */
	source?: 'bot' | 'agent';
	/** How long the flow takes for it, in ms. */
	afterMs?: number;
}

export interface FlowReply {
	outputs: ScriptedOutput[];
	/** The flow breaks off with it, after the outputs. */
	error?: AiError;
	/** Ended by a Stop node. */
	stopped?: boolean;
	/** What it says once the turn is over, without being asked. */
	later?: ScriptedOutput[];
	/** What came of the conversation, and where its HTTP Request node posts it to once the turn is over. */
	outcome?: { url: string; outcome: Record<string, unknown> };
}

/** A flow of the sandbox. What it says depends only on its input and the session, so that runs can be compared. */
export interface ScriptedFlow {
	/** What the context of a session begins with, and gets back at a reset. */
	readonly defaultContext: Readonly<Record<string, unknown>>;
	respond(input: FlowInput): FlowReply;
}
