import { cancelled } from '../errors';
import type { CallKind } from './rateBudget';

interface Waiter {
	/** Grows with every arrival. */
	number: number;
	go: () => void;
	refuse: (reason: unknown) => void;
}

/** Who waits for the budget, in the order of arrival. A kind that may not go just now does not stop the other one. */
export class WaitingLine {
	readonly #waiting: Readonly<Record<CallKind, Set<Waiter>>> = { call: new Set(), stream: new Set() };
	/** Called when somebody gave up waiting. Whoever serves the line sets it. */
	onLeave = () => {};
	#arrivals = 0;
	#isClosed = false;

	get length(): number {
		return this.#waiting.call.size + this.#waiting.stream.size;
	}

	/** Nobody waits, and whoever comes may. */
	get isEmpty(): boolean {
		return this.length === 0 && !this.#isClosed;
	}

	/**
	 * Resolves when its turn has come.
	 * @throws the signal's reason as soon as `signal` aborts
	 */
	async join(kind: CallKind, signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.#isClosed) throw closed();
		const line = this.#waiting[kind];
		let stop = () => {};
		try {
			await new Promise<void>((resolve, reject) => {
				const waiter = { number: this.#arrivals++, go: resolve, refuse: reject };
				stop = () => {
					if (!line.delete(waiter)) return;
					reject(signal.reason);
					this.onLeave();
				};
				line.add(waiter);
				signal.addEventListener('abort', stop, { once: true });
			});
		} finally {
			signal.removeEventListener('abort', stop);
		}
	}

	/** The kinds of those who wait, in order: at most `limit` of each, so that one kind cannot hide the other. */
	kinds(limit: number): CallKind[] {
		const arrivals: Array<{ number: number; kind: CallKind }> = [];
		for (const kind of ['call', 'stream'] as const) {
			let left = limit;
			for (const { number } of this.#waiting[kind]) {
				if (left-- === 0) break;
				arrivals.push({ number, kind });
			}
		}
		return arrivals.sort((a, b) => a.number - b.number).map(({ kind }) => kind);
	}

	/** @returns whether somebody of this kind waited, and goes now */
	letGo(kind: CallKind): boolean {
		const [waiter] = this.#waiting[kind];
		if (!waiter) return false;
		this.#waiting[kind].delete(waiter);
		waiter.go();
		return true;
	}

	/** Sends everybody away, and whoever comes. */
	close(): void {
		this.#isClosed = true;
		for (const line of [this.#waiting.call, this.#waiting.stream]) {
			for (const waiter of line) waiter.refuse(closed());
			line.clear();
		}
	}
}

const closed = () => cancelled('Waiting for the rate budget');
