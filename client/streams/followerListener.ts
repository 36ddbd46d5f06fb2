import type { SourceListener, SourceReader } from './messageSource';
import type { Readers } from './readers';

/** A follower as its source sees it. Of a class, as its functions would be a lot to keep for each of thousands of sessions. */
export class FollowerListener implements SourceListener {
	readonly #readers: Readers;

	constructor(
		readers: Readers,
		readonly onMessages: SourceListener['onMessages'],
		readonly onEnded: SourceListener['onEnded'],
	) {
		this.#readers = readers;
	}

	get readers() {
		return this.#readers.all;
	}

	get kind() {
		return this.#readers.kind;
	}

	get isFull() {
		return this.#readers.isFull;
	}

	get isRefused() {
		return this.#readers.isRefused;
	}

	nextAsker(): SourceReader | undefined {
		return this.#readers.nextAsker();
	}

	letAsk(reader: SourceReader): void {
		this.#readers.letAsk(reader);
	}

	onTrouble(error: unknown, asker: SourceReader | undefined): number {
		return this.#readers.failed(error, asker);
	}

	onRecovered(): void {
		this.#readers.worked();
	}
}
