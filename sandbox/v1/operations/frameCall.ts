import * as z from 'zod/v4';
import type { ScriptedBot } from '../bots';
import type { Service } from '../service';

export const notEmpty = z.string().min(1, 'Must not be empty');

/** A frame that asks for something, as the operations see it. */
export interface FrameCall<Request> {
	/** The bot that the channel was opened for. */
	bot: ScriptedBot;
	request: Request;
}

/** What a frame is answered with. */
export type FrameAnswer = Record<string, unknown>;

/** Closes the channel instead of answering a frame. The message becomes the reason, which ends after 123 bytes. */
export class FrameRefusal extends Error {
	override readonly name = 'FrameRefusal';

	constructor(
		readonly code: 1003 | 1008,
		message: string,
	) {
		super(message);
	}
}

/**
 * The contract is silent about a session of another bot than the channel's. Refusing makes a client that mixes up its
 * channels visible.
 */
export function requireSessionOf(bot: ScriptedBot, sessionId: string, { runtimeStates }: Service): void {
	const state = runtimeStates.get(sessionId);
	if (state && state.botId !== bot.id) throw new FrameRefusal(1008, 'sessionId: The session belongs to another bot.');
}
