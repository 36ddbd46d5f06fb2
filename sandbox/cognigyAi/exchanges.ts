import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connectionOf } from '../http/connections';
import type { Changes } from '../journal/changes';
import type { Journal } from '../journal/journal';
import type { FaultKind } from './faults/fault';
import type { CallTraits } from './faults/faultPlan';
import type { CognigyAiJournalEntry } from './journalEntry';
import { formatLogLine } from './log';
import type { Stats } from './stats';

interface ExchangeOptions {
	stats: Stats;
	changes: Changes;
	/** Takes one line per exchange that ended. */
	log: ((line: string) => void) | undefined;
}

/** A request, a socket event or a callback, from its beginning to its end. */
export class Exchange {
	readonly #startedAt = performance.now();
	readonly #options: ExchangeOptions;
	readonly #onClosed: (() => void) | undefined;

	constructor(
		readonly entry: CognigyAiJournalEntry,
		options: ExchangeOptions,
		onClosed?: () => void,
	) {
		this.#options = options;
		this.#onClosed = onClosed;
	}

	/** The fault that is applied, if any. */
	faultTaken(kind: FaultKind | undefined): void {
		this.entry.fault = kind ?? null;
		this.#options.changes.changed();
	}

	/** To be called right before the answer is sent, so that nobody who got it can find it missing here. */
	answered(status: number): void {
		this.entry.status = status;
		this.#options.changes.changed();
	}

	/** What of it a fault can be matched on. */
	traits(): CallTraits {
		const { endpoint, userId, sessionId, key, reusedConnection } = this.entry;
		return { endpoint, userId, sessionId, key, reusedConnection };
	}

	/** It is over. Only the first call counts. */
	close(): void {
		if (this.entry.durationMs !== null) return;
		this.entry.durationMs = performance.now() - this.#startedAt;
		this.#onClosed?.();
		this.#options.changes.changed();
		this.#options.log?.(formatLogLine(this.entry));
	}
}

type Beginning = Pick<CognigyAiJournalEntry, 'via' | 'method' | 'path' | 'operation'> & Partial<CognigyAiJournalEntry>;

/** Begins an exchange for everything that happens between the sandbox and others, for journal, stats and log. */
export class Exchanges {
	readonly #journal: Journal<CognigyAiJournalEntry>;
	readonly #now: () => number;
	readonly #options: ExchangeOptions;

	/** @param now the clock, in ms */
	constructor(journal: Journal<CognigyAiJournalEntry>, now: () => number, options: ExchangeOptions) {
		this.#journal = journal;
		this.#now = now;
		this.#options = options;
	}

	begin(beginning: Beginning, onClosed?: () => void): Exchange {
		const entry: CognigyAiJournalEntry = {
			time: new Date(this.#now()).toISOString(),
			queryNames: [],
			status: null,
			ran: false,
			durationMs: null,
			refusal: null,
			key: null,
			endpoint: null,
			userId: null,
			sessionId: null,
			body: undefined,
			fault: null,
			httpVersion: null,
			reusedConnection: false,
			...beginning,
		};
		this.#journal.add(entry);
		const { operation } = entry;
		this.#options.stats.count(({ calls }) => {
			if (operation !== 'other') calls[operation] += 1;
		});
		return new Exchange(entry, this.#options, onClosed);
	}

	/**
	 * An HTTP request arrived.
	 *
	 * @param closing its event `close` ends the exchange: the response, or the socket when there is none
	 */
	beginHttp(beginning: Beginning, request: IncomingMessage, closing: EventEmitter): Exchange {
		const { stats } = this.#options;
		const exchange = this.begin(
			{
				...beginning,
				queryNames: [...queryOf(request).keys()],
				httpVersion: request.httpVersion,
				reusedConnection: stats.connectionUsed(connectionOf(request)),
			},
			() => stats.httpCallEnded(),
		);
		stats.httpCallArrived();
		closing.once('close', () => exchange.close());
		return exchange;
	}
}

/** What is in the query of a request. */
export function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
	return new URLSearchParams(url.slice(`${url}?`.indexOf('?')));
}
