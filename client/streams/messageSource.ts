import type { CallKind } from '../budget/rateBudget';
import type { HeardMessage } from './heardMessage';
import type { Poll } from './longPolls';

/** Where the messages of a session come from, in the way of one of its readers. It pushes what is said. */
export interface MessageSource {
	/** @returns what brings the messages to the listener, once it is started */
	open(listener: SourceListener): OpenSource;
	/** How to ask in the way of this reader, where messages have to be asked for: who is refused lets another one ask. */
	readonly poll?: Poll;
}

/** Brings messages until it is closed, whatever goes wrong. It reports and paces its own attempts. */
export interface OpenSource {
	start(): void;
	/**
	 * Somebody has come to read, while this one brings messages already.
	 * @returns whether it is to be closed, and another one opened in its place: nothing is on its way that could be lost
	 */
	yieldsTo(reader: SourceReader): boolean;
	/** Who reads has changed, or how much waits with them. */
	changed(): void;
	/** What is on its way may still come, or be cut off. */
	close(): void;
	/**
	 * Closes as soon as what it asked for has come; missing: it is never asked, or what is cut off comes again.
	 * @returns resolves then
	 */
	finish?(): Promise<void>;
}

/** Somebody who reads a session, as far as its source has to know. */
export interface SourceReader {
	readonly source: MessageSource;
	/** `call` when somebody waits for what comes, as for a reply. */
	readonly kind: CallKind;
}

/** Whom a source brings messages. */
export interface SourceListener {
	/** In the order in which they came. */
	readonly readers: readonly SourceReader[];
	/** Out of which share of the rate budget to ask. */
	readonly kind: CallKind;
	/** Whether too much waits with a reader: nothing more is to be brought before `changed`. */
	readonly isFull: boolean;
	/** Whether all who were let ask last were refused. */
	readonly isRefused: boolean;
	/** In whose way to ask; nobody, when nobody reads any more. */
	nextAsker(): SourceReader | undefined;
	/** This reader asks next. */
	letAsk(reader: SourceReader): void;
	/**
	 * Messages that came together, also old ones.
	 * @param acknowledge called once they are safe with all who read: nobody will say them again
	 * @returns whether there was anything new
	 */
	onMessages(messages: readonly HeardMessage[], acknowledge?: () => void): boolean;
	/**
	 * An attempt failed.
	 * @param asker in whose way it was made
	 * @returns how long to pause before the next one, in ms
	 */
	onTrouble(error: unknown, asker: SourceReader | undefined): number;
	/** An attempt worked. */
	onRecovered(): void;
	/** The session is over for these readers: others may have come since, and the session may have begun anew. */
	onEnded(readers: readonly SourceReader[]): void;
}
