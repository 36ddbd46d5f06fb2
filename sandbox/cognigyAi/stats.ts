import type { Socket } from 'node:net';
import type { Changes } from '../journal/changes';
import { OPERATIONS, type Operation } from './contract';

/** Counts since the start or the last reset. The sandbox's own control calls are not in it. */
export interface CognigyAiStats {
	/** Calls, socket events and callbacks, whatever became of them. */
	calls: Record<Operation, number>;
	/** Calls of the management API that came with a good key, and those that did not. */
	keysAccepted: number;
	keysRefused: number;
	/** Calls that were answered with 429. */
	rateLimited: number;
	/** Flows that were run: one per input. */
	turns: number;
	outputs: OutputStats;
	sockets: SocketStats;
	/** TCP connections that carried at least one HTTP request or upgrade. */
	connectionsOpened: number;
	connectionsOpen: number;
	connectionsMax: number;
	/** HTTP calls that arrived and have not ended yet. */
	inFlight: number;
	inFlightMax: number;
}

export interface OutputStats {
	/** Outputs of flows, notifications included. */
	total: number;
	/** Acknowledged by a socket. */
	acknowledged: number;
	/** Kept for the next connection; one that was kept twice counts twice. */
	kept: number;
	/** Sent again after they were kept. */
	redelivered: number;
	/** There was nowhere to send them to. */
	lost: number;
}

export interface SocketStats {
	/** Sockets that were let in, or kept waiting in silence. */
	opened: number;
	open: number;
	maxOpen: number;
	/** How many of them spoke Engine.IO 3. */
	eio3: number;
	/** How many of them told who they are in the inner handshake. */
	innerHandshakes: number;
	/** Sockets that were not let in for what they told. */
	refused: number;
}

export class Stats {
	#counts = zero();
	readonly #connections = new WeakSet<Socket>();
	readonly #changes: Changes;

	constructor(changes: Changes) {
		this.#changes = changes;
	}

	/** Changes the counts. */
	count(change: (counts: CognigyAiStats) => void): void {
		change(this.#counts);
		this.#changes.changed();
	}

	httpCallArrived(): void {
		this.count((counts) => {
			counts.inFlight += 1;
			counts.inFlightMax = Math.max(counts.inFlightMax, counts.inFlight);
		});
	}

	httpCallEnded(): void {
		this.count((counts) => (counts.inFlight -= 1));
	}

	socketOpened(engineVersion: number): void {
		this.count(({ sockets }) => {
			sockets.opened += 1;
			sockets.open += 1;
			sockets.maxOpen = Math.max(sockets.maxOpen, sockets.open);
			if (engineVersion === 3) sockets.eio3 += 1;
		});
	}

	/** A connection carried an HTTP request. Returns whether it had carried one before. */
	connectionUsed(socket: Socket): boolean {
		if (this.#connections.has(socket)) return true;
		this.#connections.add(socket);
		this.count((counts) => {
			counts.connectionsOpened += 1;
			counts.connectionsOpen += 1;
			counts.connectionsMax = Math.max(counts.connectionsMax, counts.connectionsOpen);
		});
		socket.once('close', () => this.count((counts) => (counts.connectionsOpen -= 1)));
		return false;
	}

	snapshot(): CognigyAiStats {
		return structuredClone(this.#counts);
	}

	/** Counts from here. What is open or in flight stays counted, and the maxima start from it. */
	reset(): void {
		const { connectionsOpen, inFlight, sockets } = this.#counts;
		this.#counts = {
			...zero(),
			connectionsOpen,
			connectionsMax: connectionsOpen,
			inFlight,
			inFlightMax: inFlight,
		};
		this.#counts.sockets.open = sockets.open;
		this.#counts.sockets.maxOpen = sockets.open;
	}
}

function zero(): CognigyAiStats {
	return {
		calls: Object.fromEntries(OPERATIONS.map((operation) => [operation, 0])) as Record<Operation, number>,
		keysAccepted: 0,
		keysRefused: 0,
		rateLimited: 0,
		turns: 0,
		outputs: { total: 0, acknowledged: 0, kept: 0, redelivered: 0, lost: 0 },
		sockets: { opened: 0, open: 0, maxOpen: 0, eio3: 0, innerHandshakes: 0, refused: 0 },
		connectionsOpened: 0,
		connectionsOpen: 0,
		connectionsMax: 0,
		inFlight: 0,
		inFlightMax: 0,
	};
}
