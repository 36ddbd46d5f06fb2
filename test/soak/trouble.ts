import { pause } from './pause';
import type { Side } from './side';

/** How long a service is there between two restarts, and how long it is gone, in ms. */
const UP_MS = { from: 40_000, to: 90_000 };
const DOWN_MS = { from: 1_500, to: 5_000 };

export interface TroubleOptions {
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** How many times as often services restart as in a long run. */
	haste: number;
}

/** Everything that goes wrong, until it is ended. */
export class Trouble {
	/** Restarts of services so far. */
	restarts = 0;
	readonly #ending = new AbortController();
	readonly #running: Array<Promise<void>> = [];

	constructor(
		private readonly sides: readonly Side[],
		private readonly options: TroubleOptions,
	) {}

	begin(): void {
		for (const side of this.sides) {
			side.beginFaults();
			this.#running.push(this.#disturb(side), this.#restart(side));
		}
	}

	/** All services are there again when it resolves. */
	async end(): Promise<void> {
		this.#ending.abort();
		await Promise.all(this.#running);
		for (const side of this.sides) side.endFaults();
	}

	async #disturb(side: Side): Promise<void> {
		const { signal } = this.#ending;
		for (;;) {
			await pause(side.disturbEveryMs, signal);
			if (signal.aborted) return;
			side.disturb();
		}
	}

	async #restart({ gates }: Side): Promise<void> {
		const { signal } = this.#ending;
		for (;;) {
			await pause(this.#between(UP_MS) / this.options.haste, signal);
			if (signal.aborted) return;
			for (const gate of gates) gate.shut();
			this.restarts++;
			await pause(this.#between(DOWN_MS), signal);
			for (const gate of gates) await gate.open();
		}
	}

	#between({ from, to }: { from: number; to: number }): number {
		return from + this.options.random() * (to - from);
	}
}
