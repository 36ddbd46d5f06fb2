import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { WireAnswer } from './answers';
import type { Journal, JournalEntry } from './journal';
import { formatLogLine } from './log';
import type { Stats } from './stats';

/** A request to the service and its answer, from the arrival to the end. */
export class Exchange {
	private isInFlight = true;

	constructor(
		readonly entry: JournalEntry,
		private readonly stats: Stats,
	) {}

	/** To be called right before the answer is sent, so that nobody who got it can find it missing here. */
	answered({ status, body }: WireAnswer<string | Readable>): void {
		this.entry.status = status;
		if (typeof body === 'string') this.end();
	}

	/** The service is done with it. */
	end(): void {
		if (this.isInFlight) this.stats.callEnded();
		this.isInFlight = false;
	}
}

/** Begins an exchange for every request to the service, for the journal, the stats and the log. */
export class Exchanges {
	/**
	 * @param now the clock, in ms
	 * @param log takes one line per request that ended
	 */
	constructor(
		private readonly journal: Journal,
		private readonly stats: Stats,
		private readonly now: () => number,
		private readonly log?: (line: string) => void,
	) {}

	begin(operation: JournalEntry['operation'], request: IncomingMessage, response: ServerResponse): Exchange {
		const startedAt = performance.now();
		const entry: JournalEntry = {
			time: new Date(this.now()).toISOString(),
			method: request.method ?? '',
			path: pathOf(request),
			operation,
			status: null,
			ran: false,
			durationMs: null,
			refusal: null,
			user: null,
			botId: null,
			flowId: null,
			sessionId: null,
			body: undefined,
			fault: null,
			reusedConnection: this.stats.callArrived(operation, request.socket),
		};
		this.journal.add(entry);
		const exchange = new Exchange(entry, this.stats);
		response.once('close', () => {
			entry.durationMs = performance.now() - startedAt;
			exchange.end();
			this.log?.(formatLogLine(entry));
		});
		return exchange;
	}
}

/** Without the query, in which clients may carry secrets. */
export function pathOf(request: IncomingMessage): string {
	return (request.url ?? '').split('?', 1).join();
}
