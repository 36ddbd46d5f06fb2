import type { Clock } from '../time/clock';
import type { Message } from '../types';
import type { ReceivedBatch } from './subscription';

export interface ReplyLimits {
	/** The reply is complete when no message came for so long after one of the bot, in ms. */
	quietMs: number;
	/** How long to wait at most, in ms. */
	maxWaitMs: number;
}

/**
 * Collects what is said in a session until the bot is quiet, the time is over or the session ends.
 * @param open begins to follow the session, until its signal aborts
 * @param signal ends the collecting at once
 */
export async function collectReply(
	open: (signal: AbortSignal) => AsyncIterable<ReceivedBatch>,
	clock: Clock,
	{ quietMs, maxWaitMs }: ReplyLimits,
	signal: AbortSignal,
): Promise<Message[]> {
	const enough = new AbortController();
	const cancelMaxWait = clock.after(maxWaitMs, () => enough.abort());
	let cancelQuiet = () => {};
	const messages: Message[] = [];
	try {
		for await (const batch of open(AbortSignal.any([signal, enough.signal]))) {
			messages.push(...batch.messages);
			if (!messages.some(({ type }) => type === 'bot')) continue;
			cancelQuiet();
			cancelQuiet = clock.after(quietMs, () => enough.abort());
		}
	} finally {
		cancelMaxWait();
		cancelQuiet();
	}
	return messages;
}

/** What the bot said, as one text. */
export function replyText(messages: readonly Message[]): string {
	return messages
		.filter(({ type }) => type === 'bot')
		.map(({ text }) => text)
		.join('\n');
}
