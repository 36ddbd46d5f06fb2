import type { Socket } from 'node:net';
import type { Changes } from '../journal/changes';
import type { Operation } from './contract';
import type { MailboxObserver } from './mailbox';

/** Counts of contract calls since the start or the last reset. The sandbox's own control calls are not in it. */
export interface SandboxStats {
	/** Calls that arrived, whatever became of them. */
	logins: number;
	versions: number;
	starts: number;
	/** Polls for messages. */
	messages: number;
	connects: number;
	resets: number;
	stateChecks: number;
	/** Logins that succeeded. */
	tokensIssued: number;
	/** Starts that ran. */
	flowsStarted: number;
	/** Polls that wait right now for something to arrive. */
	pollsHeld: number;
	/** Messages that were handed out; that one was repeated is not counted. */
	messagesHandedOut: number;
	/** TCP connections that carried at least one contract call. */
	connectionsOpened: number;
	connectionsOpen: number;
	connectionsMax: number;
	/** Calls that arrived and have not ended yet. */
	inFlight: number;
	inFlightMax: number;
	/** The runtime channels. */
	channel: ChannelStats;
}

export interface ChannelStats {
	/** Channels that were opened: the upgrade was answered with 101. */
	opened: number;
	/** A channel that a fault has frozen is open until the client cuts the connection. */
	open: number;
	maxOpen: number;
	/** Pings of clients; each was answered with a pong. */
	pings: number;
	/** Frames that came while another request of the same channel was unanswered. */
	overlaps: number;
}

const CALL_COUNTER = {
	login: 'logins',
	versions: 'versions',
	start: 'starts',
	messages: 'messages',
	connect: 'connects',
	reset: 'resets',
	stateCheck: 'stateChecks',
} as const;

export class Stats implements MailboxObserver {
	#counts = zero();
	readonly #sockets = new WeakSet<Socket>();
	readonly #changes: Changes;

	constructor(changes: Changes) {
		this.#changes = changes;
	}

	/** A call arrived, over HTTP or in a frame. */
	callArrived(operation: Operation | 'other'): void {
		const counts = this.#counts;
		if (operation !== 'other') counts[CALL_COUNTER[operation]] += 1;
		counts.inFlight += 1;
		counts.inFlightMax = Math.max(counts.inFlightMax, counts.inFlight);
		this.#changes.changed();
	}

	/** A connection carried an HTTP request. Returns whether it had carried one before. */
	connectionUsed(socket: Socket): boolean {
		if (this.#sockets.has(socket)) return true;

		const counts = this.#counts;
		this.#sockets.add(socket);
		counts.connectionsOpened += 1;
		counts.connectionsOpen += 1;
		counts.connectionsMax = Math.max(counts.connectionsMax, counts.connectionsOpen);
		socket.once('close', () => {
			this.#counts.connectionsOpen -= 1;
			this.#changes.changed();
		});
		return false;
	}

	callEnded(): void {
		this.#counts.inFlight -= 1;
		this.#changes.changed();
	}

	tokenIssued(): void {
		this.#counts.tokensIssued += 1;
		this.#changes.changed();
	}

	flowStarted(): void {
		this.#counts.flowsStarted += 1;
		this.#changes.changed();
	}

	pollHeld(): void {
		this.#counts.pollsHeld += 1;
		this.#changes.changed();
	}

	pollReleased(): void {
		this.#counts.pollsHeld -= 1;
		this.#changes.changed();
	}

	messagesHandedOut(count: number): void {
		this.#counts.messagesHandedOut += count;
		this.#changes.changed();
	}

	channelOpened(): void {
		const { channel } = this.#counts;
		channel.opened += 1;
		channel.open += 1;
		channel.maxOpen = Math.max(channel.maxOpen, channel.open);
		this.#changes.changed();
	}

	channelClosed(): void {
		this.#counts.channel.open -= 1;
		this.#changes.changed();
	}

	pingArrived(): void {
		this.#counts.channel.pings += 1;
		this.#changes.changed();
	}

	overlapped(): void {
		this.#counts.channel.overlaps += 1;
		this.#changes.changed();
	}

	snapshot(): SandboxStats {
		return { ...this.#counts, channel: { ...this.#counts.channel } };
	}

	/** Counts from here. What is open, in flight or held stays counted, and the maxima start from it. */
	reset(): void {
		const { connectionsOpen, inFlight, pollsHeld, channel } = this.#counts;
		const { open } = channel;
		const fresh = zero();
		this.#counts = {
			...fresh,
			connectionsOpen,
			connectionsMax: connectionsOpen,
			inFlight,
			inFlightMax: inFlight,
			pollsHeld,
			channel: { ...fresh.channel, open, maxOpen: open },
		};
	}
}

function zero(): SandboxStats {
	return {
		logins: 0,
		versions: 0,
		starts: 0,
		messages: 0,
		connects: 0,
		resets: 0,
		stateChecks: 0,
		tokensIssued: 0,
		flowsStarted: 0,
		pollsHeld: 0,
		messagesHandedOut: 0,
		connectionsOpened: 0,
		connectionsOpen: 0,
		connectionsMax: 0,
		inFlight: 0,
		inFlightMax: 0,
		channel: { opened: 0, open: 0, maxOpen: 0, pings: 0, overlaps: 0 },
	};
}
