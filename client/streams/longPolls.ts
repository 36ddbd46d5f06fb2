import type { CallKind } from '../budget/rateBudget';
import { sleep, type Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import type { HeardMessage } from './heardMessage';
import type { MessageSource, OpenSource, SourceListener, SourceReader } from './messageSource';

/** What one long poll brought: the service's messages, also old ones; or that the session is over. */
export type PollAnswer = { messages: readonly HeardMessage[] } | 'ended';

export interface PollRequest {
	/** Out of which share of the rate budget. */
	kind: CallKind;
	signal: AbortSignal;
	/** To be called when it has had its turn in the rate budget and is about to be sent. */
	onSent: () => void;
}

/** One long poll. @throws {CognigyError} */
export type Poll = (request: PollRequest) => Promise<PollAnswer>;

/** Pause after an answer without new messages, in ms (docs/protocol-v1.md#messages). */
const PAUSE_MS = 500;

/**
 * The messages of a session by long polls (docs/protocol-v1.md#messages), one at a time whoever reads.
 * @param poll one long poll in the way of who reads
 */
export function longPolls(poll: Poll, clock: Clock): MessageSource {
	return { poll, open: (listener) => new Polling(listener, clock) };
}

class Polling implements OpenSource {
	readonly #closing = new AbortController();
	#isFinishing = false;
	#isOver = Promise.resolve();
	/** A poll is on its way, so the service may be answering it. */
	#isSent = false;
	/** As what a poll waits for its turn in the rate budget; undefined while none does. */
	#inLineAs: CallKind | undefined;
	/** It pauses just now after all who may ask were refused. */
	#isShutOut = false;
	#wake = () => {};

	constructor(
		private readonly listener: SourceListener,
		private readonly clock: Clock,
	) {}

	start(): void {
		this.#isOver = this.#run(this.#closing.signal);
	}

	yieldsTo(reader: SourceReader): boolean {
		if (this.#isShutOut) this.listener.letAsk(reader);
		// In the line for streams it could take minutes.
		return this.#isShutOut || (reader.kind === 'call' && this.#inLineAs === 'stream');
	}

	changed(): void {
		this.#wake();
	}

	close(): void {
		this.#closing.abort();
	}

	async finish(): Promise<void> {
		this.#isFinishing = true;
		if (!this.#isSent) this.close();
		await this.#isOver;
	}

	async #run(signal: AbortSignal): Promise<void> {
		const { listener, clock } = this;
		while (!signal.aborted && !this.#isFinishing) {
			if (listener.isFull) {
				const somethingChanged = new Promise<void>((resolve) => (this.#wake = resolve));
				await raceWithSignal(somethingChanged, signal).catch(() => {});
				continue;
			}
			const pauseMs = await this.#pollOnce(signal);
			if (pauseMs === 0) continue;
			this.#isShutOut = listener.isRefused;
			await sleep(clock, pauseMs, signal).catch(() => {});
			this.#isShutOut = false;
		}
	}

	/** @returns how long to pause, in ms */
	async #pollOnce(signal: AbortSignal): Promise<number> {
		const { listener } = this;
		const asker = listener.nextAsker();
		if (!asker?.source.poll) return PAUSE_MS;
		let asking: readonly SourceReader[] = [];
		const onSent = () => {
			asking = [...listener.readers];
			this.#inLineAs = undefined;
			this.#isSent = true;
		};
		try {
			const { kind } = listener;
			this.#inLineAs = kind;
			const answer = await asker.source.poll({ kind, signal, onSent });
			// Also when it was aborted meanwhile: the service may hand out messages only once.
			listener.onRecovered();
			if (answer !== 'ended') return listener.onMessages(answer.messages) ? 0 : PAUSE_MS;
			// Of a reader that came later, the start may have run after the service was asked.
			listener.onEnded(asking);
			return 0;
		} catch (error) {
			// Of one that was the last in any case, there is nothing to be mended.
			return signal.aborted || this.#isFinishing ? 0 : listener.onTrouble(error, asker);
		} finally {
			this.#inLineAs = undefined;
			this.#isSent = false;
		}
	}
}
