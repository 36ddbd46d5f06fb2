import type { Socket } from 'node:net';
import type { Operation } from './contract';

/** Counts of contract calls since the start or the last reset. The sandbox's own control calls are not in it. */
export interface SandboxStats {
	/** Calls that arrived, whatever became of them. */
	logins: number;
	versions: number;
	starts: number;
	/** Logins that succeeded. */
	tokensIssued: number;
	/** Starts that ran. */
	flowsStarted: number;
	/** TCP connections that carried at least one contract call. */
	connectionsOpened: number;
	connectionsOpen: number;
	connectionsMax: number;
	/** Calls that arrived and have not ended yet. */
	inFlight: number;
	inFlightMax: number;
}

const callCounter = { login: 'logins', versions: 'versions', start: 'starts' } as const;

export class Stats {
	private counts = zero();
	private readonly sockets = new WeakSet<Socket>();

	/** A call arrived. Returns whether its connection had carried one before. */
	callArrived(operation: Operation | 'other', socket: Socket): boolean {
		const { counts } = this;
		if (operation !== 'other') counts[callCounter[operation]] += 1;
		counts.inFlight += 1;
		counts.inFlightMax = Math.max(counts.inFlightMax, counts.inFlight);
		if (this.sockets.has(socket)) return true;

		this.sockets.add(socket);
		counts.connectionsOpened += 1;
		counts.connectionsOpen += 1;
		counts.connectionsMax = Math.max(counts.connectionsMax, counts.connectionsOpen);
		socket.once('close', () => (this.counts.connectionsOpen -= 1));
		return false;
	}

	callEnded(): void {
		this.counts.inFlight -= 1;
	}

	tokenIssued(): void {
		this.counts.tokensIssued += 1;
	}

	flowStarted(): void {
		this.counts.flowsStarted += 1;
	}

	snapshot(): SandboxStats {
		return { ...this.counts };
	}

	/** Counts from here. What is open or in flight stays counted, and the maxima start from it. */
	reset(): void {
		const { connectionsOpen, inFlight } = this.counts;
		this.counts = { ...zero(), connectionsOpen, connectionsMax: connectionsOpen, inFlight, inFlightMax: inFlight };
	}
}

function zero(): SandboxStats {
	return {
		logins: 0,
		versions: 0,
		starts: 0,
		tokensIssued: 0,
		flowsStarted: 0,
		connectionsOpened: 0,
		connectionsOpen: 0,
		connectionsMax: 0,
		inFlight: 0,
		inFlightMax: 0,
	};
}
