import type { ConnectionEnd, ConnectionListener } from '../../client/transport/webSocket';

/** Keeps what is told of a connection. */
export class RecordingListener implements ConnectionListener {
	/** All in order: texts as they are, the rest by name. */
	readonly events: string[] = [];
	/** How the connection ended, as often as that was told. */
	readonly ends: ConnectionEnd[] = [];
	readonly closed: Promise<ConnectionEnd>;
	#tellEnd: (end: ConnectionEnd) => void = () => {};

	constructor() {
		this.closed = new Promise((resolve) => (this.#tellEnd = resolve));
	}

	onText(frame: string): void {
		this.events.push(frame);
	}

	onBinary(): void {
		this.events.push('<binary>');
	}

	onHeartbeat(): void {
		this.events.push('<heartbeat>');
	}

	onClosed(end: ConnectionEnd): void {
		this.events.push('<closed>');
		this.ends.push(end);
		this.#tellEnd(end);
	}
}
