import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connectionOf } from '../http/connections';
import { pathOf } from '../http/httpServer';
import type { Changes } from './changes';
import type { FaultKind } from '../v1/faults/fault';
import type { Journal, JournalEntry } from './journal';
import { formatLogLine } from './log';
import type { Stats } from '../v1/stats';

interface ExchangeOptions {
	stats: Stats;
	changes: Changes;
	/** Takes one line per request that ended. */
	log?: ((line: string) => void) | undefined;
}

/** A request to the service and its answer, from the arrival to the end. */
export class Exchange {
	readonly #startedAt = performance.now();
	#isInFlight = true;
	readonly #options: ExchangeOptions;

	constructor(
		readonly entry: JournalEntry,
		options: ExchangeOptions,
	) {
		this.#options = options;
	}

	/** The fault that is applied, if any. */
	faultTaken(kind: FaultKind | undefined): void {
		this.entry.fault = kind ?? null;
		this.#options.changes.changed();
	}

	/**
	 * To be called right before the answer is sent, so that nobody who got it can find it missing here.
	 *
	 * @param status null: a frame
	 */
	answered(status: number | null): void {
		this.entry.status = status;
		this.entry.answered = true;
		this.#options.changes.changed();
	}

	/** The service is done with it. */
	end(): void {
		if (this.#isInFlight) this.#options.stats.callEnded();
		this.#isInFlight = false;
	}

	/** Both sides are done with it. Only the first call counts. */
	close(): void {
		if (this.entry.durationMs !== null) return;
		this.entry.durationMs = performance.now() - this.#startedAt;
		this.end();
		this.#options.log?.(formatLogLine(this.entry));
	}
}

type Arrival = Pick<JournalEntry, 'operation' | 'method' | 'path' | 'httpVersion' | 'reusedConnection'>;

/** A frame, and what is known of it. */
export type FrameArrival = Pick<
	JournalEntry,
	'operation' | 'path' | 'user' | 'botId' | 'sessionId' | 'body' | 'reusedConnection'
>;

/** Begins an exchange for every request to the service, for the journal, the stats and the log. */
export class Exchanges {
	readonly #journal: Journal;
	readonly #now: () => number;
	readonly #options: ExchangeOptions;

	/** @param now the clock, in ms */
	constructor(journal: Journal, now: () => number, options: ExchangeOptions) {
		this.#journal = journal;
		this.#now = now;
		this.#options = options;
	}

	/**
	 * An HTTP request arrived.
	 *
	 * @param closing its event `close` ends the exchange: the response, or the socket when there is none
	 */
	begin(operation: JournalEntry['operation'], request: IncomingMessage, closing: EventEmitter): Exchange {
		const exchange = this.#open({
			operation,
			method: request.method ?? '',
			path: pathOf(request),
			httpVersion: request.httpVersion,
			reusedConnection: this.#options.stats.connectionUsed(connectionOf(request)),
		});
		closing.once('close', () => exchange.close());
		return exchange;
	}

	/** A frame arrived; whoever received it closes the exchange. */
	beginFrame(arrival: FrameArrival): Exchange {
		return this.#open({ method: 'WS', httpVersion: null, ...arrival });
	}

	#open(arrival: Arrival & Partial<JournalEntry>): Exchange {
		const entry: JournalEntry = {
			time: new Date(this.#now()).toISOString(),
			status: null,
			answered: false,
			closeCode: null,
			ran: false,
			durationMs: null,
			refusal: null,
			user: null,
			botId: null,
			flowId: null,
			sessionId: null,
			body: undefined,
			fault: null,
			...arrival,
		};
		this.#journal.add(entry);
		this.#options.stats.callArrived(arrival.operation);
		return new Exchange(entry, this.#options);
	}
}
