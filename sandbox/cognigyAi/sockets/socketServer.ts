import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, type Socket } from 'socket.io';
import type { WireAnswer } from '../../http/answers';
import { destroyOnEnd, endWith } from '../../http/rawHttp';
import { endpointError } from '../endpoints/refusals';
import { endpointOf } from '../endpoints/lookup';
import { queryOf, type Exchange } from '../exchanges';
import { isInstead, type FaultOf } from '../faults/fault';
import { answerInstead } from '../faults/instead';
import { Refusal } from '../refusal';
import type { Service } from '../service';
import { askForIdentity, identityIn, wantsInnerHandshake } from './identity';
import { Visitor } from './visitor';

export const SOCKET_PATH = '/socket.io/';

/** What was noted of an upgrade when it arrived. */
interface Arrival {
	exchange: Exchange;
	fault: FaultOf<'connect'> | undefined;
}

/** The Socket.IO endpoints (docs/protocol-cognigy-ai.md#socketio). */
export class SocketServer {
	/** Never listens: Socket.IO is attached to it, and gets what has come past the faults. */
	readonly #inner = createServer();
	readonly #io: Server;
	readonly #arrivals = new WeakMap<IncomingMessage, Arrival>();
	readonly #service: Service;

	constructor(service: Service) {
		this.#service = service;
		const { pingIntervalMs, pingTimeoutMs, socketProtocol } = service.settings;
		this.#io = new Server(this.#inner, {
			allowEIO3: socketProtocol !== 'v4',
			// The service has several replicas behind cookies, so clients cannot rely on polling.
			transports: ['websocket'],
			pingInterval: pingIntervalMs,
			pingTimeout: pingTimeoutMs,
			serveClient: false,
		});
		this.#io.on('connection', (socket) => this.#welcome(socket));
		this.#io.engine.on('connection_error', ({ req }: { req?: IncomingMessage }) => {
			const exchange = req && this.#arrivals.get(req)?.exchange;
			exchange?.answered(400);
			exchange?.close();
		});
	}

	/** Takes the upgrades of the server that listens. */
	watch(server: HttpServer): void {
		server.on('upgrade', (request, socket, head) => {
			// Node has taken its own listeners away. That something went wrong shows in the connection being closed.
			socket.on('error', () => undefined);
			void this.#arrive(request, head);
		});
	}

	/** An HTTP request to Socket.IO's path: one that would poll, for one. */
	request(request: IncomingMessage, response: ServerResponse): void {
		this.#inner.emit('request', request, response);
	}

	/** Cuts all sockets. Returns how many there were. */
	cutAll(): number {
		const sockets = [...this.#io.of('/').sockets.values()];
		for (const { request } of sockets) request.socket.destroy();
		return sockets.length;
	}

	async close(): Promise<void> {
		await this.#io.close();
	}

	async #arrive(request: IncomingMessage, head: Buffer): Promise<void> {
		const { exchanges, faults, connections, resources, settings } = this.#service;
		const { socket } = request;
		const beginning = { via: 'socket', method: 'GET', path: SOCKET_PATH, operation: 'connect' } as const;
		const exchange = exchanges.beginHttp(beginning, request, socket);
		const identity = identityIn(queryOf(request));
		exchange.entry.endpoint = endpointOf(resources, identity?.urlToken ?? '')?.name ?? null;
		exchange.entry.userId = identity?.userId ?? null;
		exchange.entry.sessionId = identity?.sessionId ?? null;
		const fault = faults.take('connect', exchange.traits());
		exchange.faultTaken(fault?.kind);

		const stopWatching = destroyOnEnd(socket);
		const delayMs = settings.latencyMs + (fault?.kind === 'latency' ? fault.ms : 0);
		// Does not keep the process alive: whoever closes the sandbox does not wait for answers.
		if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
		if (socket.destroyed) return;
		if (fault && isInstead(fault)) {
			const isBare = fault.kind === 'status' && fault.body === undefined;
			const instead = isBare ? this.#injected(fault) : answerInstead(fault, socket, connections);
			if (instead) endWith(instead, socket, exchange);
			return;
		}
		stopWatching();
		this.#arrivals.set(request, { exchange, fault });
		// An old server takes every client for one of its own.
		if (settings.socketProtocol === 'v2') request.url = request.url?.replace(/([?&]EIO=)4\b/, '$13');
		this.#inner.emit('upgrade', request, socket, head);
	}

	#injected({
		status,
		headers,
	}: Pick<Extract<FaultOf<'connect'>, { kind: 'status' }>, 'status' | 'headers'>): WireAnswer {
		const refusal = new Refusal(status, status, 'The sandbox was asked to answer so.', headers);
		return endpointError(refusal, this.#service.settings.endpointErrors);
	}

	#welcome(socket: Socket): void {
		const service = this.#service;
		const { stats, connections } = service;
		const { request } = socket;
		const arrival = this.#arrivals.get(request);
		if (arrival) {
			arrival.exchange.entry.ran = true;
			arrival.exchange.answered(101);
			arrival.exchange.close();
		}
		const query = queryOf(request);
		const isAsked = wantsInnerHandshake(query);
		stats.socketOpened(socket.conn.protocol);
		if (isAsked) stats.count(({ sockets }) => (sockets.innerHandshakes += 1));
		// Each output that waits for its acknowledgement listens for the end.
		socket.setMaxListeners(0);
		socket.once('disconnect', () => stats.count(({ sockets }) => (sockets.open -= 1)));
		switch (arrival?.fault?.kind) {
			case 'dropAfter':
				request.socket.destroySoon();
				return;
			case 'resetAfter':
				connections.reset(request.socket);
				return;
			default:
				break;
		}
		new Visitor(socket, service, isAsked ? askForIdentity(socket) : Promise.resolve(identityIn(query)));
	}
}
