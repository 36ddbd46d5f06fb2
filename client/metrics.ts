import type { ErrorCategory } from './errors';
import { Latencies } from './latencies';

/** Counters of one account since n8n started (docs/guarantees.md#metrics). Times in ms. */
export interface MetricsSnapshot {
	totalRequests: number;
	successCount: number;
	errorCount: number;
	totalLatencyMs: number;
	latencyMs: { p50: number; p95: number; p99: number; max: number };
	errorsByCategory: Partial<Record<ErrorCategory, number>>;
}

/** Counters that several copies of this package may share. */
export type Counters = Pick<Metrics, 'record' | 'snapshot'>;

/** Counts operations, one per item. Memory stays the same however many are recorded. */
export class Metrics {
	#successCount = 0;
	#errorCount = 0;
	#totalLatencyMs = 0;
	readonly #errorsByCategory = new Map<ErrorCategory, number>();
	readonly #latencies = new Latencies();

	/** @param category the error's category; undefined for a success */
	record(latencyMs: number, category?: ErrorCategory): void {
		if (category) {
			this.#errorCount++;
			this.#errorsByCategory.set(category, (this.#errorsByCategory.get(category) ?? 0) + 1);
		} else {
			this.#successCount++;
		}
		this.#totalLatencyMs += latencyMs;
		this.#latencies.record(latencyMs);
	}

	snapshot(): MetricsSnapshot {
		const totalRequests = this.#successCount + this.#errorCount;
		return {
			totalRequests,
			successCount: this.#successCount,
			errorCount: this.#errorCount,
			totalLatencyMs: Math.round(this.#totalLatencyMs),
			latencyMs: {
				p50: this.#latencies.percentile(50),
				p95: this.#latencies.percentile(95),
				p99: this.#latencies.percentile(99),
				max: this.#latencies.max,
			},
			errorsByCategory: Object.fromEntries(this.#errorsByCategory),
		};
	}
}
