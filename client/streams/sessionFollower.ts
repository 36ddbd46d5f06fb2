import type { CallKind } from '../budget/rateBudget';
import { CognigyError } from '../errors';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import type { StreamOptions } from '../types';
import { copyOf } from './copyOf';
import { KnownMessages } from './knownMessages';
import { goesOnWith, isLasting, isPassing, type HeardMessage } from './heardMessage';
import { Subscription } from './subscription';

/** What one long poll brought: the service's messages, also old ones; or that the session is over. */
export type PollAnswer =
	| {
			messages: readonly HeardMessage[];
			/** To be called once they are safe with all who read the session: nobody will say them again. */
			acknowledge?: () => void;
			/** Every poll waits until there is something, so that the next one may follow at once. */
			isPushed?: boolean;
	  }
	| 'ended';

/** So many messages of a session are kept for readers that come later; streamed answers count once. */
const MAX_HISTORY = 100;
/** So many of them at most when chunks are counted one by one, but the last answer always. */
const MAX_HISTORY_CHUNKS = 2_000;

/** Pause after an answer without new messages, in ms (docs/protocol-v1.md#messages). */
const PAUSE_MS = 500;

export interface PollRequest {
	/** Out of which share of the rate budget. */
	kind: CallKind;
	signal: AbortSignal;
	/** To be called when it has had its turn in the rate budget and is about to be sent. */
	onSent: () => void;
}

export interface FollowerDependencies {
	/** One long poll. @throws {CognigyError} */
	poll: (request: PollRequest) => Promise<PollAnswer>;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

export interface ReadOptions extends StreamOptions {
	/** `call` when somebody waits for what comes, as for a reply. */
	kind: CallKind;
	/** Whether the reader wants to know when the bot types; no by default. */
	typingStatus?: boolean;
	/** Whether the reader says when messages are safe with it; by default they are as soon as they wait for it. */
	confirms?: boolean;
	/** Whether the reader wants nothing but that the session is followed on; no by default. */
	onlyHolds?: boolean;
}

interface Reader extends Pick<StreamOptions, 'onTrouble' | 'onRecovered'> {
	subscription: Subscription;
	kind: CallKind;
	confirms: boolean;
	poll: FollowerDependencies['poll'];
}

/** Faults of whoever asks, and not of the service: somebody else may be let in. */
const REFUSALS: readonly string[] = ['authentication', 'permission', 'invalidInput'];

/**
 * Follows one session by long polls for as long as somebody reads (docs/protocol-v1.md#messages), and gives every
 * reader every message: a service may hand out a message only once, so two followers of one session would steal from
 * each other.
 */
export class SessionFollower {
	readonly #deps: FollowerDependencies;
	readonly #readers = new Set<Reader>();
	/** In whose way it asks: readers may have logins of their own, and any that is let in will do. */
	#asker: Reader | undefined;
	/** Readers in a row who were not let in. */
	#refusals = 0;
	/** It pauses just now after all of them were refused. */
	#isShutOut = false;
	readonly #known = new KnownMessages();
	/** What came so far, for readers that come later. */
	readonly #history: HeardMessage[] = [];
	#polling: AbortController | undefined;
	/** As what a poll waits for its turn in the rate budget; undefined while none does. */
	#inLineAs: CallKind | undefined;
	/** Polls that failed since the last one that did not. */
	#failures = 0;
	/** Somebody may want more now. */
	#wake = () => {};

	constructor(dependencies: FollowerDependencies) {
		this.#deps = dependencies;
	}

	/** Whether anybody reads. */
	get isRead(): boolean {
		return this.#readers.size > 0;
	}

	/** Ids of the messages that came so far, as far as they are remembered. */
	get seenIds(): string[] {
		return this.#history.map(({ messageId }) => messageId);
	}

	/**
	 * Batches of messages that are not in `knownIds`, from the beginning of what is remembered of the session. That it was
	 * over once is not remembered: another process may have begun it anew, so every reader asks the service.
	 * @param poll one long poll in the way of this reader
	 */
	read(knownIds: readonly string[], options: ReadOptions, poll = this.#deps.poll): Subscription {
		const { signal, onTrouble, onRecovered, kind } = options;
		const { typingStatus = false, confirms = false, onlyHolds = false } = options;
		const unwanted = new Set(knownIds);
		const wants = (message: HeardMessage) =>
			!onlyHolds && !unwanted.has(message.messageId) && (typingStatus || !isPassing(message));
		const onClosed = () => {
			signal.removeEventListener('abort', leave);
			this.#readers.delete(reader);
			if (this.#readers.size === 0) this.#stopPolling();
			this.#wake();
		};
		const subscription = new Subscription(wants, this.#deps.clock, onClosed, () => this.#wake());
		const reader: Reader = {
			subscription,
			kind,
			confirms,
			poll,
			...(onTrouble ? { onTrouble } : {}),
			...(onRecovered ? { onRecovered } : {}),
		};
		const leave = () => void subscription.return();
		signal.addEventListener('abort', leave, { once: true });
		this.#readers.add(reader);
		subscription.push(this.#history);
		if (signal.aborted) {
			leave();
			return subscription;
		}
		// In the line for streams it could take minutes.
		if (kind === 'call' && this.#inLineAs === 'stream') this.#stopPolling();
		// Nothing is on its way that could be lost.
		if (this.#isShutOut) {
			this.#stopPolling();
			this.#asker = reader;
		}
		this.#startPolling();
		this.#wake();
		return subscription;
	}

	/** Follows the session on, in the way of who reads it now, until the signal aborts; what comes is for later readers. */
	hold(signal: AbortSignal): Subscription {
		return this.read([], { signal, kind: 'stream', onlyHolds: true }, this.#nextAsker()?.poll);
	}

	/** Messages that came in another way, for those who come later. */
	note(messages: readonly HeardMessage[]): void {
		this.#take(messages);
	}

	/** Somebody who waits must not stand in line behind streams. */
	get #kind(): CallKind {
		return [...this.#readers].some(({ kind }) => kind === 'call') ? 'call' : 'stream';
	}

	/** Whether too much waits for a reader. Whoever waits for a reply need not wait for that. */
	get #isReaderFull(): boolean {
		return this.#kind === 'stream' && [...this.#readers].some(({ subscription }) => subscription.isFull);
	}

	#startPolling(): void {
		if (this.#polling) return;
		const polling = new AbortController();
		this.#polling = polling;
		void this.#poll(polling.signal);
	}

	#stopPolling(): void {
		this.#isShutOut = false;
		this.#polling?.abort();
		this.#polling = undefined;
		this.#inLineAs = undefined;
	}

	/** Until nobody reads any more; whatever goes wrong, it goes on. */
	async #poll(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			if (this.#isReaderFull) {
				const somethingChanged = new Promise<void>((resolve) => (this.#wake = resolve));
				await raceWithSignal(somethingChanged, signal).catch(() => {});
				continue;
			}
			const pauseMs = await this.#pollOnce(signal);
			if (pauseMs === 0) continue;
			this.#isShutOut = this.#refusals > 0;
			await sleep(this.#deps.clock, pauseMs, signal).catch(() => {});
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted meanwhile
			if (!signal.aborted) this.#isShutOut = false;
		}
	}

	/** @returns how long to pause, in ms */
	async #pollOnce(signal: AbortSignal): Promise<number> {
		const asker = this.#nextAsker();
		if (!asker) return 0;
		let asking: readonly Reader[] = [];
		const leaveLine = () => {
			if (!signal.aborted) this.#inLineAs = undefined;
		};
		const onSent = () => {
			asking = [...this.#readers];
			leaveLine();
		};
		try {
			const kind = this.#kind;
			this.#inLineAs = kind;
			const answer = await asker.poll({ kind, signal, onSent });
			// Also when it was aborted meanwhile: the service may hand out messages only once.
			this.#worked();
			if (answer !== 'ended') return this.#take(answer.messages, answer.acknowledge) || answer.isPushed ? 0 : PAUSE_MS;
			// Of a reader that came later, the start may have run after the service was asked.
			for (const { subscription } of asking) subscription.end();
			return 0;
		} catch (error) {
			return signal.aborted ? 0 : this.#failed(error, asker);
		} finally {
			leaveLine();
		}
	}

	/** @returns whether there was anything new */
	#take(messages: readonly HeardMessage[], acknowledge = () => {}): boolean {
		const lasting = new Set(this.#known.takeNew(messages.filter(isLasting)));
		const fresh = messages.filter((message) => lasting.has(message) || !isLasting(message));
		// Copies, as a reply that somebody was given may hold the same messages.
		for (const message of copyOf(fresh)) this.#remember(message);
		// Never less than came last: a reader that left before it read them may come back for them.
		this.#history.splice(0, Math.min(this.#surplus, this.#history.length - lasting.size));
		if (fresh.length === 0) {
			acknowledge();
			return false;
		}
		const readers = [...this.#readers];
		// One more for this call itself, which may be the only one.
		let waitedFor = 1 + readers.filter(({ confirms }) => confirms).length;
		const onTakenByOne = () => {
			if (--waitedFor === 0) acknowledge();
		};
		for (const { subscription, confirms } of readers) subscription.push(fresh, confirms ? onTakenByOne : undefined);
		onTakenByOne();
		return true;
	}

	#remember(message: HeardMessage): void {
		const last = this.#history.at(-1);
		if (isLasting(message)) this.#history.push(message);
		// Whoever comes later cannot know that otherwise.
		else if (message.isAnswerEnd && last?.chunk) last.chunk.isLast = true;
	}

	/** How many of the oldest are too much. Never a part of a streamed answer. */
	get #surplus(): number {
		if (this.#history.length <= MAX_HISTORY) return 0;
		const starts = this.#history.flatMap((message, index) =>
			goesOnWith(message, this.#history[index - 1]) ? [] : [index],
		);
		const tooOld = starts.at(-MAX_HISTORY) ?? 0;
		const tooMany = this.#history.length - MAX_HISTORY_CHUNKS;
		return Math.max(tooOld, starts.find((start) => start >= tooMany) ?? starts.at(-1) ?? 0);
	}

	/** Who asked last goes on. */
	#nextAsker(): Reader | undefined {
		if (!this.#asker || !this.#readers.has(this.#asker)) [this.#asker] = this.#readers;
		return this.#asker;
	}

	#worked(): void {
		this.#refusals = 0;
		if (this.#failures === 0) return;
		this.#failures = 0;
		for (const { onRecovered } of this.#readers) onRecovered?.();
	}

	/** @returns how long to pause, in ms */
	#failed(error: unknown, asker: Reader): number {
		const known = error instanceof CognigyError ? error : unknownFault;
		this.#refusals = REFUSALS.includes(known.category) ? this.#refusals + 1 : 0;
		if (this.#refusals > 0 && this.#readers.size > 1) {
			const readers = [...this.#readers];
			this.#asker = readers[(readers.indexOf(asker) + 1) % readers.length];
			// Nobody else needs to know as long as somebody may be let in.
			if (this.#refusals < readers.length) {
				asker.onTrouble?.(known);
				return 0;
			}
		}
		for (const { onTrouble } of this.#readers) onTrouble?.(known);
		return (known.retryAfterMs ?? 0) + backoffMs(this.#failures++, this.#deps.random());
	}
}

const unknownFault = new CognigyError({
	category: 'protocol',
	message: 'Reading messages failed for a reason that is not known',
	advice: 'Please report this, with the version of n8n and of this package.',
});
