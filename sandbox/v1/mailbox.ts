import type { TranscriptMessage } from './contract';

/**
 * How messages are handed out; the contract (docs/protocol-v1.md#messages) leaves open whether one that was delivered
 * is delivered again. `once`: never again. `all`: an answer holds all messages of the session. `overlap`: an answer
 * begins with the last three that were handed out before.
 */
export const REPLAY_STYLES = ['once', 'all', 'overlap'] as const;
export type ReplayStyle = (typeof REPLAY_STYLES)[number];

/** How a session that is over answers a poll; the contract (docs/protocol-v1.md#messages) allows both. */
export const END_STATUSES = [404, 410] as const;
export type EndStatus = (typeof END_STATUSES)[number];

const OVERLAP_LENGTH = 3;

/** Who wants to know what happens to polls and messages. */
export interface MailboxObserver {
	pollHeld(): void;
	/** A held poll is answered, or its client went away. */
	pollReleased(): void;
	/** So many messages were handed out for the first time. */
	messagesHandedOut(count: number): void;
}

/** A message on its way to those who poll. */
interface Letter {
	message: TranscriptMessage;
	/** Its index in the transcript. */
	position: number;
	/** How many answers under way were given because of it. */
	parcels: number;
	isHandedOut: boolean;
}

/** The messages of an answer. Until it is settled, no other poll is answered because of them. */
export interface Parcel {
	/** Oldest first. */
	messages: TranscriptMessage[];
	/**
	 * To be called once.
	 *
	 * @param isDelivered true: the answer was written completely and unspoiled; else the messages go on waiting
	 */
	settle(isDelivered: boolean): void;
}

/** What comes of a poll: messages, the end of the session, or nothing (undefined). */
export type PollOutcome = Parcel | EndStatus | undefined;

/** Hands out the messages of a session to those who poll it. */
export class Mailbox {
	/** What was not handed out yet, oldest first. */
	#letters: Letter[] = [];
	/** The last that were handed out, at most three. */
	#handedOut: Letter[] = [];
	/** What was handed out since somebody asked last. */
	#unconfirmed: Letter[] = [];
	/** The polls that wait for something to arrive, the longest first. */
	readonly #held = new Set<(outcome: PollOutcome) => void>();
	#isScheduled = false;
	readonly #transcript: readonly TranscriptMessage[];
	readonly #replay: ReplayStyle;
	readonly #observer: MailboxObserver;

	/** @param transcript what was said in the session; grows by itself */
	constructor(transcript: readonly TranscriptMessage[], replay: ReplayStyle, observer: MailboxObserver) {
		this.#transcript = transcript;
		this.#replay = replay;
		this.#observer = observer;
	}

	/** A message was added to the transcript. */
	arrived(message: TranscriptMessage): void {
		this.#letters.push({ message, position: this.#transcript.length - 1, parcels: 0, isHandedOut: false });
		this.#schedule();
	}

	/** A poll arrived, whatever becomes of it: who asks on has what came before. */
	asked(): void {
		this.#unconfirmed = [];
	}

	/** What was handed out, or is just being handed out, to somebody who has not asked on. */
	get unconfirmed(): TranscriptMessage[] {
		const onItsWay = this.#letters.filter(({ parcels }) => parcels > 0);
		return [...this.#unconfirmed, ...onItsWay].map(({ message }) => message);
	}

	/**
	 * Asks for messages, and waits for some when there are none. When the client goes away meanwhile, the poll is
	 * forgotten: it never resolves.
	 *
	 * @param waitMs how long to wait, in ms
	 * @param onGone calls a listener once the client is gone
	 */
	async poll(waitMs: number, onGone: (listener: () => void) => void): Promise<PollOutcome> {
		const letters = this.#waitingLetters();
		if (letters.length > 0) return this.#pack(letters);
		if (waitMs === 0) return undefined;
		return await new Promise((resolve) => {
			const release = () => {
				clearTimeout(timer);
				if (this.#held.delete(answer)) this.#observer.pollReleased();
			};
			const answer = (outcome: PollOutcome) => {
				release();
				resolve(outcome);
			};
			// Does not keep the process alive: whoever closes the sandbox does not wait for answers.
			const timer = setTimeout(() => answer(undefined), waitMs).unref();
			this.#held.add(answer);
			this.#observer.pollHeld();
			onGone(release);
		});
	}

	/** The session is over: who still waits gets what is there, and the others are told. */
	end(status: EndStatus): void {
		this.#handOut();
		for (const answer of this.#held) answer(status);
	}

	/** Those that no answer under way holds. */
	#waitingLetters(): Letter[] {
		return this.#letters.filter(({ parcels }) => parcels === 0);
	}

	/** What is said at one go goes into one answer. */
	#schedule(): void {
		if (this.#isScheduled || this.#held.size === 0) return;
		this.#isScheduled = true;
		queueMicrotask(() => {
			this.#isScheduled = false;
			this.#handOut();
		});
	}

	#handOut(): void {
		const letters = this.#waitingLetters();
		if (letters.length === 0) return;
		for (const answer of this.#held) {
			answer(this.#pack(letters));
			if (this.#replay !== 'all') return;
		}
	}

	#pack(letters: readonly Letter[]): Parcel {
		for (const letter of letters) letter.parcels += 1;
		return {
			messages: this.#withRepetitions(letters),
			settle: (isDelivered) => {
				for (const letter of letters) letter.parcels -= 1;
				if (isDelivered) this.#delivered(letters);
				else this.#schedule();
			},
		};
	}

	#withRepetitions(letters: readonly Letter[]): TranscriptMessage[] {
		switch (this.#replay) {
			case 'once':
				return letters.map(({ message }) => message);
			case 'all':
				return [...this.#transcript];
			case 'overlap':
				// One that had to wait for another chance may be older than those handed out.
				return [...this.#handedOut, ...letters]
					.sort((one, other) => one.position - other.position)
					.map(({ message }) => message);
		}
	}

	/** In the style `all`, another answer may have been faster. */
	#delivered(letters: readonly Letter[]): void {
		const delivered = letters.filter(({ isHandedOut }) => !isHandedOut);
		for (const letter of delivered) letter.isHandedOut = true;
		this.#letters = this.#letters.filter(({ isHandedOut }) => !isHandedOut);
		this.#handedOut = [...this.#handedOut, ...delivered].slice(-OVERLAP_LENGTH);
		this.#unconfirmed.push(...delivered);
		this.#observer.messagesHandedOut(delivered.length);
	}
}
