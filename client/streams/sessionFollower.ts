import type { CallKind } from '../budget/rateBudget';
import type { Clock } from '../time/clock';
import type { StreamOptions } from '../types';
import { FollowerListener } from './followerListener';
import { KnownMessages } from './knownMessages';
import { goesOnWith, isLasting, isPassing, type HeardBatch, type HeardMessage } from './heardMessage';
import type { MessageSource, OpenSource, SourceListener, SourceReader } from './messageSource';
import { Readers, type Reader } from './readers';

/** So many messages of a session are kept for readers that come later; streamed answers count once. */
const MAX_HISTORY = 100;
/** So many of them at most when chunks are counted one by one, but the last answer always. */
const MAX_HISTORY_CHUNKS = 2_000;

export interface FollowerDependencies {
	/** Where the messages come from. */
	source: MessageSource;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

export interface ReadOptions extends StreamOptions {
	/** `call` when somebody waits for what comes, as for a reply. */
	kind: CallKind;
	/** Whether the reader wants to know when the bot types; no by default. */
	typingStatus?: boolean;
	/** Whether the reader says when messages are safe with it; by default they are as soon as it has them. */
	confirms?: boolean;
	/** Whether the reader wants nothing but that the session is followed on; no by default. */
	onlyHolds?: boolean;
}

/**
 * Follows one session for as long as somebody reads, and gives every reader every message as it comes: a service may hand
 * out a message only once, so two followers of one session would steal from each other.
 */
export class SessionFollower {
	readonly #deps: FollowerDependencies;
	readonly #readers: Readers;
	readonly #known = new KnownMessages();
	/** What came so far, for readers that come later. */
	readonly #history: HeardMessage[] = [];
	/** What brings the messages; undefined while nobody reads. */
	#source: OpenSource | undefined;

	constructor(dependencies: FollowerDependencies) {
		this.#deps = dependencies;
		this.#readers = new Readers(dependencies.random);
	}

	/** Whether anybody reads. */
	get isRead(): boolean {
		return !this.#readers.isEmpty;
	}

	/** Ids of the messages that came so far, as far as they are remembered. */
	get seenIds(): string[] {
		return this.#history.map(({ messageId }) => messageId);
	}

	/**
	 * Pushes the messages that are not in `knownIds`, from the beginning of what is remembered of the session. That it was
	 * over once is not remembered: another process may have begun it anew, so every reader asks the service. Resolves when
	 * the session is over, or the signal aborts.
	 * @param source in the way of this reader
	 * @throws what `onBatch` throws, and is over then
	 */
	async read(
		knownIds: readonly string[],
		options: ReadOptions,
		onBatch: (batch: HeardBatch) => void,
		source = this.#deps.source,
	): Promise<void> {
		const { signal, onTrouble, onRecovered, kind } = options;
		const { typingStatus = false, confirms = false, onlyHolds = false } = options;
		if (signal.aborted) return;
		const unwanted = new Set(knownIds);
		const wants = (message: HeardMessage) =>
			!onlyHolds && !unwanted.has(message.messageId) && (typingStatus || !isPassing(message));
		await new Promise<void>((resolve, reject) => {
			const stop = () => leave();
			const leave = (error?: unknown) => {
				if (!this.#readers.delete(reader)) return;
				signal.removeEventListener('abort', stop);
				this.#left();
				if (error instanceof Error) reject(error);
				else resolve();
			};
			const reader = this.#readers.add({
				kind,
				source,
				confirms,
				wants,
				onBatch,
				leave,
				...(onTrouble ? { onTrouble } : {}),
				...(onRecovered ? { onRecovered } : {}),
			});
			signal.addEventListener('abort', stop, { once: true });
			this.#give(reader, this.#history);
			if (this.#readers.has(reader)) this.#joined(reader);
		});
	}

	/** Follows the session on, in the way of who reads it now, until the signal aborts; what comes is for later readers. */
	async hold(signal: AbortSignal): Promise<void> {
		const options: ReadOptions = { signal, kind: 'stream', onlyHolds: true };
		await this.read([], options, () => {}, this.#readers.nextAsker()?.source);
	}

	/** Messages that came in another way, for those who come later. */
	note(messages: readonly HeardMessage[]): void {
		this.#take(messages);
	}

	#joined(reader: Reader): void {
		if (this.#source?.yieldsTo(reader)) this.#close();
		if (this.#source) return this.#source.changed();
		this.#source = this.#readers.nextAsker()?.source.open(this.#listener);
		this.#source?.start();
	}

	#left(): void {
		if (this.#readers.isEmpty) this.#close();
		else this.#source?.changed();
	}

	#close(): void {
		this.#source?.close();
		this.#source = undefined;
	}

	get #listener(): SourceListener {
		return new FollowerListener(
			this.#readers,
			(messages, acknowledge) => this.#take(messages, acknowledge),
			(ended) => this.#end(ended),
		);
	}

	#end(ended: readonly SourceReader[]): void {
		for (const reader of ended) if (this.#readers.has(reader)) reader.leave();
	}

	/** @returns whether there was anything new */
	#take(messages: readonly HeardMessage[], acknowledge = () => {}): boolean {
		const lasting = new Set(this.#known.takeNew(messages.filter(isLasting)));
		const fresh = messages.filter((message) => lasting.has(message) || !isLasting(message));
		for (const message of fresh) this.#remember(message);
		// Never less than came last: a reader that left before it read them may come back for them.
		this.#history.splice(0, Math.min(this.#surplus, this.#history.length - lasting.size));
		if (fresh.length === 0) {
			acknowledge();
			return false;
		}
		const readers = this.#readers.all;
		// One more for this call itself, which may be the only one.
		let waitedFor = 1 + readers.filter(({ confirms }) => confirms).length;
		const onTakenByOne = () => {
			if (--waitedFor === 0) acknowledge();
		};
		for (const reader of readers) this.#give(reader, fresh, reader.confirms ? onTakenByOne : undefined);
		onTakenByOne();
		return true;
	}

	/** @param acknowledge called once they are safe with the reader, but not when it leaves before */
	#give(reader: Reader, messages: readonly HeardMessage[], acknowledge = () => {}): void {
		if (!this.#readers.has(reader)) return;
		const wanted = messages.filter(reader.wants);
		if (wanted.length === 0) return acknowledge();
		const unload = reader.load.add(wanted);
		const begun = () => {
			unload();
			this.#source?.changed();
		};
		try {
			reader.onBatch({ messages: wanted, receivedAt: this.#deps.clock.monotonic(), acknowledge, begun });
		} catch (error) {
			reader.leave(error);
		}
	}

	#remember(message: HeardMessage): void {
		const last = this.#history.at(-1);
		if (isLasting(message)) this.#history.push(message);
		// Whoever comes later cannot know that otherwise.
		else if (message.isAnswerEnd && last?.chunk)
			this.#history.splice(-1, 1, { ...last, chunk: { ...last.chunk, isLast: true } });
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
}
