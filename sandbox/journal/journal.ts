import type { Operation } from '../v1/contract';
import type { FaultKind } from '../v1/faults/fault';

/** One request to the service: an HTTP request, or a frame on a runtime channel. Holds no token and no password. */
export interface JournalEntry {
	/** When it arrived, ISO 8601. */
	time: string;
	/** `WS`: a frame. */
	method: string;
	/** As sent, without the query; of a frame, the path of its channel. */
	path: string;
	/** `other`: a path or a frame that the contract does not have. */
	operation: Operation | 'other';
	/**
	 * The status that was sent (101: the channel was opened); null: none so far, none ever when the connection was
	 * dropped, and none for a frame.
	 */
	status: number | null;
	/** True when something was sent in answer, be it the right thing or not. A close frame is no answer. */
	answered: boolean;
	/**
	 * Of a frame: the code of the close frame that was sent in the place of an answer. Of a `connect`: how its channel
	 * ended, 1006 without a close frame. Null otherwise.
	 */
	closeCode: number | null;
	/**
	 * True when the operation was carried out: a token was issued, the versions were read, the flow was started, the
	 * channel was opened, the session was reset or checked, or a poll found messages or waited for them in vain.
	 */
	ran: boolean;
	/** From the arrival to the end of the exchange, in ms; null: not ended yet. */
	durationMs: number | null;
	/** Why the service said no. */
	refusal: string | null;
	/** The user behind the token or the login, when known. */
	user: string | null;
	botId: string | null;
	flowId: string | null;
	/** The session that the start asked for or got, or that the poll or the frame names. */
	sessionId: string | null;
	/** The JSON that was sent (the password of a login hidden); undefined: no body or no JSON. */
	body: unknown;
	/** The fault that was applied. */
	fault: FaultKind | null;
	/** `1.1` or `2.0`; null: a frame. */
	httpVersion: string | null;
	/** True when the connection had carried a request before; of a frame: the channel a frame. */
	reusedConnection: boolean;
}

/** The last requests, in the order of their arrival. A ring: past its size the oldest are overwritten. */
export class Journal<Entry = JournalEntry> {
	readonly #ring: Entry[] = [];
	#next = 0;
	readonly #size: number;

	constructor(size: number) {
		this.#size = size;
	}

	add(entry: Entry): void {
		this.#ring[this.#next] = entry;
		this.#next = (this.#next + 1) % this.#size;
	}

	/** Oldest first. */
	entries(): Entry[] {
		return this.#ring.length < this.#size
			? [...this.#ring]
			: [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
	}
}
