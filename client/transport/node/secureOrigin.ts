import type http from 'node:http';
import type { TLSSocket } from 'node:tls';

import type { Clock } from '../../time/clock';
import { toTransportFailure } from '../failures';
import { stoppedBefore, TransportFailure } from '../transportFailure';
import { Http2Connection } from './http2Connection';
import type { AdoptingAgent } from './spareConnections';
import { dialTls, type TlsDialOptions } from './tlsDial';

/** How long it is remembered that a service chose HTTP/1.1, in ms. */
const HTTP1_REMEMBERED_MS = 10 * 60_000;

/** Time for a connection to come about, in ms: whoever comes later waits for the same one, which must not go on for ever. */
const DIAL_LIMIT_MS = 10_000;

/** On which way a request goes: over a connection with a place for it, or with an agent of Node's HTTP/1.1. */
export type Way = { connection: Http2Connection } | { agent: http.Agent };

export interface SecureOriginOptions extends TlsDialOptions {
	agent: AdoptingAgent;
	clock: Clock;
	/** How long an unused connection is kept, in ms. */
	idleMs: number;
}

interface Waiter {
	resolve(way: Way): void;
	reject(failure: TransportFailure): void;
}

/**
 * The connections to one https address. Which version of HTTP the service speaks is known when the first one stands; until
 * then all wait for it.
 */
export class SecureOrigin {
	readonly #options: SecureOriginOptions;
	readonly #connections = new Set<Http2Connection>();
	readonly #waiting = new Set<Waiter>();
	readonly #dials = new Set<AbortController>();
	#http1Until = -Infinity;
	/** How many requests the latest connection may carry at once. */
	#perConnection = Infinity;
	#isClosed = false;

	constructor(options: SecureOriginOptions) {
		this.#options = options;
	}

	/**
	 * The way for one request. A place on a connection is kept for it.
	 * @throws {TransportFailure} when no connection comes about; nothing was sent
	 */
	async way(signal: AbortSignal): Promise<Way> {
		if (this.#isHttp1()) return { agent: this.#options.agent };
		const connection = this.#withRoom();
		if (connection) {
			connection.reserve();
			return { connection };
		}
		if (signal.aborted) throw stoppedBefore();
		let stop = () => {};
		try {
			return await new Promise<Way>((resolve, reject) => {
				const waiter = { resolve, reject };
				stop = () => this.#leave(waiter);
				signal.addEventListener('abort', stop, { once: true });
				this.#waiting.add(waiter);
				this.#dialAsNeeded();
			});
		} finally {
			signal.removeEventListener('abort', stop);
		}
	}

	/** It wants HTTP/1.1 although it offered HTTP/2, and is not asked again. */
	useHttp1(): void {
		this.#becomeHttp1(Infinity);
	}

	/** Ends all connections; `way` must not be asked again. */
	close(): void {
		this.#isClosed = true;
		this.#options.agent.destroy();
		for (const connection of this.#connections) connection.destroy();
		for (const dial of this.#dials) dial.abort();
		this.#rejectAll(new TransportFailure('dropped', 'the connection was closed', false));
	}

	#isHttp1(): boolean {
		return this.#options.clock.monotonic() < this.#http1Until;
	}

	/** The oldest one first, so that those beyond it become idle. */
	#withRoom(): Http2Connection | undefined {
		for (const connection of this.#connections) if (connection.hasRoom) return connection;
		return undefined;
	}

	#serve(): void {
		for (const waiter of this.#waiting) {
			const connection = this.#withRoom();
			if (!connection) break;
			connection.reserve();
			this.#waiting.delete(waiter);
			waiter.resolve({ connection });
		}
		this.#dialAsNeeded();
	}

	#dialAsNeeded(): void {
		if (this.#waiting.size === 0 || this.#isClosed) return;
		// A service that allows nothing just now would allow nothing on another connection either.
		if ([...this.#connections].some(({ isOpen, limit }) => isOpen && limit === 0)) return;
		const needed = Math.max(1, Math.ceil(this.#waiting.size / Math.max(1, this.#perConnection)));
		while (this.#dials.size < needed) void this.#dial();
	}

	async #dial(): Promise<void> {
		const { clock, agent } = this.#options;
		const controller = new AbortController();
		this.#dials.add(controller);
		let isLate = false;
		const cancelTimer = clock.after(DIAL_LIMIT_MS, () => {
			isLate = true;
			controller.abort();
		});
		try {
			const socket = await dialTls(this.#options, controller.signal);
			if (socket.alpnProtocol === 'h2') await this.#begin(socket, controller.signal);
			else {
				agent.adopt(socket);
				this.#becomeHttp1(clock.monotonic() + HTTP1_REMEMBERED_MS);
			}
			this.#dials.delete(controller);
		} catch (error) {
			// Nobody waited for it any more, or whoever still waits has another one on its way: one more would fail as well.
			if (!this.#dials.delete(controller) || this.#dials.size > 0) return;
			const late = new TransportFailure('unreachable', 'the connection timed out', false);
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a callback
			this.#rejectAll(isLate ? late : toTransportFailure(error, false));
		} finally {
			cancelTimer();
		}
		this.#serve();
	}

	/** Resolves when the service has said how much it allows: before, nothing is sent that it may refuse. */
	async #begin(socket: TLSSocket, signal: AbortSignal): Promise<void> {
		const { origin, clock, idleMs } = this.#options;
		await new Promise<void>((resolve, reject) => {
			const connection = new Http2Connection({
				socket,
				origin,
				clock,
				idleMs,
				onChange: ({ limit, isOpen, isGone }) => {
					if (isOpen && limit !== undefined) {
						if (limit > 0) this.#perConnection = limit;
						this.#connections.add(connection);
						resolve();
					} else {
						// What it still carries after a goodbye ends with it when all is closed.
						if (isGone) this.#connections.delete(connection);
						// Too late for whoever has it already.
						reject(endedEarly());
					}
					this.#serve();
				},
			});
			const stop = () => connection.destroy();
			signal.addEventListener('abort', stop, { once: true });
		});
	}

	#becomeHttp1(until: number): void {
		this.#http1Until = Math.max(this.#http1Until, until);
		for (const waiter of this.#waiting) waiter.resolve({ agent: this.#options.agent });
		this.#waiting.clear();
	}

	#rejectAll(failure: TransportFailure): void {
		for (const waiter of this.#waiting) waiter.reject(failure);
		this.#waiting.clear();
	}

	#leave(waiter: Waiter): void {
		if (!this.#waiting.delete(waiter)) return;
		waiter.reject(stoppedBefore());
		if (this.#waiting.size > 0) return;
		for (const dial of this.#dials) dial.abort();
		// Whoever comes next does not wait for them.
		this.#dials.clear();
	}
}

const endedEarly = () => new TransportFailure('dropped', 'the connection was closed before it could be used', false);
