import type { Clock } from '../time/clock';
import type { Message } from '../types';
import type { HeardBatch } from './heardMessage';
import { ReplyMessages } from './replyMessages';

export interface ReplyLimits {
	/** The reply is complete when no message came for so long after one of the bot, in ms. */
	quietMs: number;
	/** How long to wait at most, in ms. */
	maxWaitMs: number;
}

/**
 * Collects what is said in a session until the bot is quiet, the time is over, the session ends or there is no room.
 * @param read reads the session, until it is over or the signal aborts
 * @param signal ends the collecting at once
 */
export async function collectReply(
	read: (onBatch: (batch: HeardBatch) => void, signal: AbortSignal) => Promise<void>,
	clock: Clock,
	{ quietMs, maxWaitMs }: ReplyLimits,
	signal: AbortSignal,
): Promise<ReplyMessages> {
	const enough = new AbortController();
	const cancelMaxWait = clock.after(maxWaitMs, () => enough.abort());
	let cancelQuiet = () => {};
	const reply = new ReplyMessages();
	let hasBotSpoken = false;
	const take = ({ messages, begun }: HeardBatch) => {
		begun();
		if (!messages.every((message) => reply.add(message))) return enough.abort();
		hasBotSpoken ||= messages.some(({ type }) => type === 'bot');
		if (!hasBotSpoken) return;
		cancelQuiet();
		cancelQuiet = clock.after(quietMs, () => enough.abort());
	};
	try {
		await read(take, AbortSignal.any([signal, enough.signal]));
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
