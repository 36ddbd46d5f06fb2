import type { Clock } from '../time/clock';
import type { Message } from '../types';
import { ReplyMessages } from './replyMessages';
import type { ReceivedBatch } from './subscription';

export interface ReplyLimits {
	/** The reply is complete when no message came for so long after one of the bot, in ms. */
	quietMs: number;
	/** How long to wait at most, in ms. */
	maxWaitMs: number;
}

/**
 * Collects what is said in a session until the bot is quiet, the time is over, the session ends or there is no room.
 * @param open begins to follow the session, until its signal aborts
 * @param signal ends the collecting at once
 */
export async function collectReply(
	open: (signal: AbortSignal) => AsyncIterable<ReceivedBatch>,
	clock: Clock,
	{ quietMs, maxWaitMs }: ReplyLimits,
	signal: AbortSignal,
): Promise<ReplyMessages> {
	const enough = new AbortController();
	const cancelMaxWait = clock.after(maxWaitMs, () => enough.abort());
	let cancelQuiet = () => {};
	const reply = new ReplyMessages();
	let hasBotSpoken = false;
	try {
		for await (const batch of open(AbortSignal.any([signal, enough.signal]))) {
			if (!batch.messages.every((message) => reply.add(message))) break;
			hasBotSpoken ||= batch.messages.some(({ type }) => type === 'bot');
			if (!hasBotSpoken) continue;
			cancelQuiet();
			cancelQuiet = clock.after(quietMs, () => enough.abort());
		}
	} finally {
		cancelMaxWait();
		cancelQuiet();
	}
	return reply;
}

/** What the bot said, as one text, without messages that only hold data. */
export function replyText(messages: readonly Message[]): string {
	return messages
		.filter(({ type, text }) => type === 'bot' && text !== '')
		.map(({ text }) => text)
		.join('\n');
}
