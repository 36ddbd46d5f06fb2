import type { ExecutionError, Logger, LogMetadata } from 'n8n-workflow';

import type { CognigyError } from '../../client';

/** Trouble that lasts so long is worth a warning, in ms. */
const WARN_AFTER_MS = 10_000;
/** An outage that lasts so long is reported, in ms. */
const REPORT_AFTER_MS = 5 * 60_000;

export interface OutageOptions {
	logger: Logger;
	/** For the log: which workflow and node. */
	origin: LogMetadata;
	/** Leaves a failed execution and runs the error workflow, where n8n can do that. */
	report: ((error: ExecutionError) => void) | undefined;
	toNodeError: (error: CognigyError) => ExecutionError;
}

/**
 * Says once that something is wrong, once that it lasts long, and once that it is over (guarantee 8). What passes by itself
 * within seconds is not worth a line in the log.
 */
export class Outage {
	/** What has trouble, and since when. */
	readonly #troubled = new Map<string, number>();
	#warnedAt: number | undefined;
	#isReported = false;

	constructor(private readonly options: OutageOptions) {}

	/** @param source what has trouble; `over` ends it */
	trouble(error: CognigyError, source: string): void {
		const { logger, origin, report, toNodeError } = this.options;
		const now = performance.now();
		const since = this.#troubled.get(source);
		if (since === undefined) {
			this.#troubled.set(source, now);
			return;
		}
		if (this.#warnedAt === undefined && now - since >= WARN_AFTER_MS) {
			this.#warnedAt = since;
			logger.warn(`Cognigy Stream Messages has trouble and tries on by itself: ${error.message}`, origin);
		}
		if (this.#isReported || now - since < REPORT_AFTER_MS) return;
		this.#isReported = true;
		const minutes = Math.round((now - since) / 60_000);
		const message = `Trouble for ${minutes} minutes; still trying. ${error.message}`;
		logger.error(`Cognigy Stream Messages: ${message}`, origin);
		report?.(toNodeError(error.with({ message })));
	}

	/** It works again, or is not needed any more. */
	over(source: string): void {
		if (!this.#troubled.delete(source) || this.#troubled.size > 0 || this.#warnedAt === undefined) return;
		const seconds = Math.round((performance.now() - this.#warnedAt) / 1000);
		this.#warnedAt = undefined;
		this.#isReported = false;
		this.options.logger.info(`Cognigy Stream Messages works again, after ${seconds} s`, this.options.origin);
	}
}
