import { CognigyError } from '../errors';
import type { CallKind } from '../budget/rateBudget';
import { backoffMs } from '../call/backoff';
import type { StreamOptions } from '../types';
import type { HeardBatch, HeardMessage } from './heardMessage';
import { Load, WAITING_LIMIT, waitingRoom } from './load';
import type { SourceReader } from './messageSource';

export interface Reader extends SourceReader, Pick<StreamOptions, 'onTrouble' | 'onRecovered'> {
	/** Whether it says when messages are safe with it. */
	confirms: boolean;
	wants: (message: HeardMessage) => boolean;
	onBatch: (batch: HeardBatch) => void;
	/** What it was given and has not begun with. */
	load: Load;
	leave: (error?: unknown) => void;
}

/** Faults of whoever asks, and not of the service: somebody else may be let in. */
const REFUSALS: readonly string[] = ['authentication', 'permission', 'invalidInput'];

/**
 * Who reads a session, and in whose way it is asked for: readers may have logins of their own, and any that is let in
 * will do. Tells them of trouble.
 */
export class Readers {
	readonly #all = new Set<Reader>();
	#asker: Reader | undefined;
	/** Readers in a row who were not let in. */
	#refusals = 0;
	/** Attempts that failed since the last one that did not. */
	#failures = 0;

	/** @param random a number from 0 (included) to 1 (excluded) */
	constructor(private readonly random: () => number) {}

	get all(): readonly Reader[] {
		return [...this.#all];
	}

	get isEmpty(): boolean {
		return this.#all.size === 0;
	}

	/** Somebody who waits must not stand in line behind streams. */
	get kind(): CallKind {
		return this.all.some(({ kind }) => kind === 'call') ? 'call' : 'stream';
	}

	/** Whether too much waits for one of them. Whoever waits for a reply need not wait for that. */
	get isFull(): boolean {
		return this.kind === 'stream' && this.all.some(({ load }) => load.isFull);
	}

	get isRefused(): boolean {
		return this.#refusals > 0;
	}

	add(reader: Omit<Reader, 'load'>): Reader {
		const added = { ...reader, load: new Load(WAITING_LIMIT, waitingRoom) };
		this.#all.add(added);
		return added;
	}

	has(reader: SourceReader): reader is Reader {
		return this.#all.has(reader as Reader);
	}

	/** @returns whether it was there */
	delete(reader: Reader): boolean {
		// It begins with no more of what it was given.
		reader.load.clear();
		return this.#all.delete(reader);
	}

	/** Who asked last goes on. */
	nextAsker(): Reader | undefined {
		if (!this.#asker || !this.#all.has(this.#asker)) [this.#asker] = this.#all;
		return this.#asker;
	}

	letAsk(reader: SourceReader): void {
		if (this.has(reader)) this.#asker = reader;
	}

	worked(): void {
		this.#refusals = 0;
		if (this.#failures === 0) return;
		this.#failures = 0;
		for (const { onRecovered } of this.#all) onRecovered?.();
	}

	/** @returns how long to pause, in ms */
	failed(error: unknown, asker: SourceReader | undefined): number {
		const known = error instanceof CognigyError ? error : unknownFault;
		this.#refusals = REFUSALS.includes(known.category) ? this.#refusals + 1 : 0;
		const readers = this.all;
		if (this.#refusals > 0 && readers.length > 1) {
			const refused = readers.findIndex((reader) => reader === asker);
			this.#asker = readers[(refused + 1) % readers.length];
			// Nobody else needs to know as long as somebody may be let in.
			if (this.#refusals < readers.length) {
				readers[refused]?.onTrouble?.(known);
				return 0;
			}
		}
		for (const { onTrouble } of readers) onTrouble?.(known);
		return (known.retryAfterMs ?? 0) + backoffMs(this.#failures++, this.random());
	}
}

const unknownFault = new CognigyError({
	category: 'protocol',
	message: 'Reading messages failed for a reason that is not known',
	advice: 'Please report this, with the version of n8n and of this package.',
});
