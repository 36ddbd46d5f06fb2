import type { Clock } from '../../time/clock';
import { DEAD_AFTER_MS, PING_INTERVAL_MS } from './keepaliveTimes';

/**
 * Pings the other side of a connection and notices when it is gone without a word
 * (docs/protocol-v1.md#runtime-channel).
 */
export class Keepalive {
	#lastSignOfLife: number;
	#cancelTimer = () => {};

	constructor(
		private readonly clock: Clock,
		private readonly ping: () => void,
		private readonly onDead: () => void,
	) {
		this.#lastSignOfLife = clock.monotonic();
		this.#wait(PING_INTERVAL_MS);
	}

	signOfLife(): void {
		this.#lastSignOfLife = this.clock.monotonic();
	}

	stop(): void {
		this.#cancelTimer();
	}

	#wait(ms: number): void {
		this.#cancelTimer = this.clock.after(ms, () => this.#beat());
	}

	#beat(): void {
		const silentMs = this.clock.monotonic() - this.#lastSignOfLife;
		if (silentMs >= DEAD_AFTER_MS) return this.onDead();
		this.#wait(Math.min(PING_INTERVAL_MS, DEAD_AFTER_MS - silentMs));
		this.ping();
	}
}
