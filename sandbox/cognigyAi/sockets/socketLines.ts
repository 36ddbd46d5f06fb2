import type { SessionAddress } from '../contract';
import type { Endpoint } from '../resources';
import { keyOf } from '../sessions/sessions';
import { SocketLine, type SocketLineOptions } from './socketLine';

/** The lines of all sessions of Socket.IO endpoints. */
export class SocketLines {
	readonly #lines = new Map<string, SocketLine>();
	readonly #options: SocketLineOptions;

	constructor(options: SocketLineOptions) {
		this.#options = options;
	}

	/** A new one when there is none yet. */
	lineOf(endpoint: Endpoint, { userId, sessionId }: SessionAddress): SocketLine {
		const address = { userId, sessionId };
		const key = `${endpoint._id} ${keyOf(address)}`;
		const line = this.#lines.get(key) ?? new SocketLine(endpoint, address, this.#options);
		this.#lines.set(key, line);
		return line;
	}
}
