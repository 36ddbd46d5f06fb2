import type { CognigyError } from '../../client/errors';
import type { PollAnswer, PollRequest } from '../../client/streams/sessionFollower';
import type { ReceivedBatch } from '../../client/streams/subscription';
import type { Message } from '../../client/types';
import { settle } from './fakeClock';

/** A message of the bot, unless its id begins with the name of another type: `user-1`. */
export function message(messageId: string): Message {
	const type = ['user', 'webhook'].find((name) => messageId.startsWith(`${name}-`)) ?? 'bot';
	return { messageId, text: `text of ${messageId}`, type, timestamp: '2026-01-31T12:00:00Z' };
}

export const messages = (...ids: string[]): Message[] => ids.map(message);

export const idsIn = (list: readonly Message[]): string[] => list.map(({ messageId }) => messageId);

/** One long poll that the service holds open. */
export interface HeldPoll extends PollRequest {
	isOver: boolean;
	/** Ends it, and lets everything that follows from it happen. */
	answer(answer: PollAnswer): Promise<void>;
	/** As `answer`, with new messages. */
	say(...ids: string[]): Promise<void>;
	fail(error: CognigyError | Error): Promise<void>;
}

/** A service that holds every poll open until the test answers it. */
export class HeldPolls {
	/** Every poll that was made, in order. */
	readonly all: HeldPoll[] = [];
	/** Whether polls have to wait for their turn in the rate budget; the test calls their `onSent`. */
	haveToWait = false;

	/** Polls that are open now. */
	get open(): HeldPoll[] {
		return this.all.filter(({ isOver }) => !isOver);
	}

	/** The one that is open now. */
	get current(): HeldPoll {
		const [poll, ...others] = this.open;
		if (!poll || others.length > 0) throw new Error(`${this.open.length} polls are open, not one`);
		return poll;
	}

	readonly poll = async (request: PollRequest): Promise<PollAnswer> => {
		if (!this.haveToWait) request.onSent();
		return await new Promise<PollAnswer>((resolve, reject) => {
			const over = async (end: () => void) => {
				held.isOver = true;
				end();
				await settle();
			};
			const held: HeldPoll = {
				...request,
				isOver: false,
				answer: async (answer) => await over(() => resolve(answer)),
				say: async (...ids) => await held.answer({ messages: messages(...ids) }),
				fail: async (error) => await over(() => reject(error)),
			};
			this.all.push(held);
			request.signal.addEventListener('abort', () => void held.fail(request.signal.reason as Error), { once: true });
		});
	};
}

/** What a reader was given so far. */
export class ReadBatches {
	/** The ids of every batch. */
	readonly batches: string[][] = [];
	isOver = false;
	/** Resolves when there is nothing more to read. */
	readonly done: Promise<void>;

	constructor(source: AsyncIterable<ReceivedBatch>) {
		this.done = this.#read(source);
	}

	async #read(source: AsyncIterable<ReceivedBatch>): Promise<void> {
		for await (const batch of source) this.batches.push(idsIn(batch.messages));
		this.isOver = true;
	}
}
