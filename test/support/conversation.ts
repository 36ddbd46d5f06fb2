import type { CognigyError } from '../../client/errors';
import type { HeardBatch, HeardMessage, ReceivedBatch } from '../../client/streams/heardMessage';
import { longPolls, type PollAnswer, type PollRequest } from '../../client/streams/longPolls';
import type { MessageSource, OpenSource, SourceListener } from '../../client/streams/messageSource';
import type { ReadOptions, SessionFollower } from '../../client/streams/sessionFollower';
import { Subscription } from '../../client/streams/subscription';
import { sleep, type Clock } from '../../client/time/clock';
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

	/** Messages of the session by these polls. */
	source(clock: Clock): MessageSource {
		return longPolls(this.poll, clock);
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

/** What a follower pushes to a reader, who begins with each batch when he asks for it. */
export function reading(
	follower: Pick<SessionFollower, 'read'>,
	knownIds: readonly string[],
	options: ReadOptions,
	source?: MessageSource,
): AsyncGenerator<HeardBatch, void, undefined> {
	const subscription = new Subscription<HeardBatch>(() => {});
	const ended = follower.read(knownIds, options, (batch) => subscription.push(batch), source);
	void ended.then(() => {
		if (options.signal.aborted) subscription.drop();
		subscription.end();
	});
	return atOwnPace(subscription);
}

async function* atOwnPace(subscription: Subscription<HeardBatch>): AsyncGenerator<HeardBatch, void, undefined> {
	for await (const batch of subscription) {
		batch.begun();
		yield batch;
	}
}

/** What a reader was given so far. */
export class ReadBatches {
	/** The ids of every batch. */
	readonly batches: string[][] = [];
	isOver = false;
	/** Resolves when there is nothing more to read. */
	readonly done: Promise<void>;

	constructor(source: AsyncIterable<Pick<ReceivedBatch, 'messages'>>) {
		this.done = this.#read(source);
	}

	async #read(source: AsyncIterable<Pick<ReceivedBatch, 'messages'>>): Promise<void> {
		for await (const batch of source) this.batches.push(idsIn(batch.messages));
		this.isOver = true;
	}
}

/** A source that pushes what the test says. */
export class PushingSource implements MessageSource {
	#listener: SourceListener | undefined;
	/** Told whenever who reads has changed. */
	onChanged = () => {};

	open(listener: SourceListener): OpenSource {
		this.#listener = listener;
		return {
			start: () => {},
			yieldsTo: () => false,
			changed: () => this.onChanged(),
			close: () => (this.#listener = undefined),
		};
	}

	push(pushed: readonly HeardMessage[], acknowledge?: () => void): boolean | undefined {
		return this.#listener?.onMessages(pushed, acknowledge);
	}
}

/** A session that is read: the reader is pushed what the test says, until the signal aborts. */
export class ReadSession {
	/** Resolves when it is over. */
	readonly done: Promise<void>;
	/** Batches that wait with the reader, who has not begun with them. */
	waiting = 0;
	end = () => {};

	constructor(
		private readonly knownIds: readonly string[],
		private readonly onBatch: (batch: HeardBatch) => void,
		private readonly clock: Clock,
		private readonly signal: AbortSignal,
	) {
		this.done = new Promise((resolve) => (this.end = resolve));
		signal.addEventListener('abort', this.end);
	}

	push(said: readonly HeardMessage[]): void {
		const fresh = said.filter(({ messageId }) => !this.knownIds.includes(messageId));
		if (this.signal.aborted || fresh.length === 0) return;
		const begun = () => void this.waiting--;
		this.waiting++;
		this.onBatch({ messages: fresh, receivedAt: this.clock.monotonic(), acknowledge: () => {}, begun });
	}
}

/**
 * A source that pushes what `bring` does, again and again, with a pause when that throws.
 * @param bring one attempt
 */
export function pushes(clock: Clock, bring: (push: SourceListener['onMessages']) => Promise<unknown>): MessageSource {
	const run = async (listener: SourceListener, signal: AbortSignal) => {
		while (!signal.aborted) {
			try {
				await bring((...said) => {
					listener.onRecovered();
					return listener.onMessages(...said);
				});
			} catch (error) {
				await sleep(clock, listener.onTrouble(error, listener.nextAsker()), signal).catch(() => {});
			}
		}
	};
	return {
		open: (listener) => {
			const closing = new AbortController();
			const start = () => void run(listener, closing.signal);
			return { start, yieldsTo: () => false, changed: () => {}, close: () => closing.abort() };
		},
	};
}
