import { MAX_HOLD_MS, type BudgetShape } from './budgetShape';
import type { CallKind } from './rateBudget';
import { SlidingLog } from './slidingLog';
import type { WaitingLine } from './waitingLine';

/** What this process has sent, and when it may send again. Times are in ms of the monotonic clock. */
export class SentRequests {
	readonly #all: SlidingLog;
	readonly #streams: SlidingLog;
	#heldUntil = -Infinity;

	constructor({ all, stream }: BudgetShape) {
		this.#all = new SlidingLog(all);
		this.#streams = new SlidingLog(stream);
	}

	/** What was sent counts against another budget from now on. */
	resize({ all, stream }: BudgetShape): void {
		this.#all.resize(all);
		this.#streams.resize(stream);
	}

	/** The requests that still count, oldest first. */
	get recent(): Array<{ kind: CallKind; at: number }> {
		const streams = [...this.#streams.times];
		return this.#all.times.map((at) => {
			const index = streams.indexOf(at);
			if (index >= 0) streams.splice(index, 1);
			return { kind: index < 0 ? 'call' : 'stream', at };
		});
	}

	freeAt(kind: CallKind): number {
		const freeAt = Math.max(this.#heldUntil, this.#all.freeAt);
		return kind === 'stream' ? Math.max(freeAt, this.#streams.freeAt) : freeAt;
	}

	add(kind: CallKind, now: number): void {
		this.#all.add(now);
		if (kind === 'stream') this.#streams.add(now);
	}

	/** The longest wish wins. */
	hold(ms: number, now: number): void {
		// Also not a number: what a header said may be nonsense.
		if (!(ms > 0)) return;
		this.#heldUntil = Math.max(this.#heldUntil, now + Math.min(ms, MAX_HOLD_MS));
	}

	/**
	 * Sends off, in order, whoever may go by what this process knows.
	 * @param onSent called for each of them
	 * @returns time until the next one may go, in ms; undefined when nobody waits
	 */
	letGo(line: WaitingLine, now: number, onSent: (kind: CallKind) => void = () => {}): number | undefined {
		const mayGo = (kind: CallKind) => this.freeAt(kind) <= now;
		for (let [kind] = line.kinds(1).filter(mayGo); kind; [kind] = line.kinds(1).filter(mayGo)) {
			line.letGo(kind);
			this.add(kind, now);
			onSent(kind);
		}
		return this.waitMs(line.kinds(1), now);
	}

	/** @returns time until the first of these kinds may go, in ms; undefined for no kinds */
	waitMs(kinds: readonly CallKind[], now: number): number | undefined {
		if (kinds.length === 0) return undefined;
		const freeAt = Math.min(...kinds.map((kind) => this.freeAt(kind)));
		// Timers know no fractions.
		return Math.max(0, Math.ceil(freeAt - now));
	}
}
