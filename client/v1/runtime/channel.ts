import { CognigyError, cancelled } from '../../errors';
import { redact } from '../../call/serviceText';
import type { Clock } from '../../time/clock';
import type { Deadline } from '../../time/deadline';
import { raceWithSignal } from '../../time/race';
import { Keepalive } from '../../transport/node/keepalive';
import { DEAD_AFTER_MS } from '../../transport/node/keepaliveTimes';
import type { ConnectionEnd, ConnectionListener, WebSocketConnection } from '../../transport/webSocket';
import { timedOut } from '../../call/attempts';
import { closeError } from './closeErrors';
import { WRITE_MS } from './limits';

export interface ChannelRequest<T> {
	/** What is being done, for errors: `Resetting session "s1"`. */
	action: string;
	/** What sort of question it is. */
	kind: string;
	/** One text frame. */
	frame: string;
	deadline: Deadline;
	/** How long the answer may take, in ms. */
	answerMs: number;
	/**
	 * Reads the answer.
	 * @throws {CognigyError} when it cannot be the answer to this request
	 */
	read: (answer: string) => T;
}

type Ending = (action: string) => CognigyError;

interface PendingRequest {
	action: string;
	kind: string;
	/** Whether a frame could be the answer. */
	accepts(frame: string): boolean;
	resolve(frame: string): void;
	reject(error: CognigyError): void;
}

/**
 * One runtime channel: requests and answers over a WebSocket, one at a time (docs/protocol-v1.md#runtime-channel). A
 * channel whose request failed is closed: an answer that comes late would be taken for that of the next request.
 */
export class RuntimeChannel implements ConnectionListener {
	readonly #secrets: readonly string[];
	readonly #clock: Clock;
	#connection: WebSocketConnection | undefined;
	#keepalive: Keepalive | undefined;
	#pending: PendingRequest | undefined;
	/** What came last as an answer, and to what. */
	#lastAnswer: { frame: string; kind: string } | undefined;
	#ending: Ending | undefined;

	/** @param secrets what must not show should the service repeat it (guarantee 6) */
	constructor(clock: Clock, secrets: readonly string[]) {
		this.#clock = clock;
		this.#secrets = secrets;
	}

	/** To be called once, when the dialled connection stands. */
	opened(connection: WebSocketConnection): void {
		// What came together with the upgrade may have ended it already.
		if (this.#ending) return connection.destroy();
		this.#connection = connection;
		// Where no pong can be seen, a dead connection is noticed by the time limit of the request on it.
		if (!connection.ping) return;
		this.#keepalive = new Keepalive(
			this.#clock,
			() => connection.ping?.(),
			() => this.#end(silent),
		);
	}

	/** Whether requests can be made. */
	get isOpen(): boolean {
		return this.#connection !== undefined && this.#ending === undefined;
	}

	/**
	 * Sends one frame and waits for the next one that comes back.
	 * @returns what `read` makes of that frame
	 * @throws {CognigyError} why there is none; the channel is closed then
	 */
	async request<T>({ action, kind, frame, deadline, answerMs, read }: ChannelRequest<T>): Promise<T> {
		if (this.#ending) throw this.#ending(action);
		if (!this.#connection || this.#pending) throw new Error('A channel takes one request at a time');
		const connection = this.#connection;
		const answer = new Promise<string>((resolve, reject) => {
			this.#pending = { action, kind, accepts: (text) => isReadable(read, text), resolve, reject };
		});
		// Nobody waits for the answer of a request that could not even begin.
		answer.catch(() => {});
		// The end of the channel, which rejects the answer, says more than that a frame could not be written to it.
		const write = async () => await Promise.race([connection.send(frame).catch(() => answer), answer]);
		try {
			await within(deadline, WRITE_MS, write, action, 'it could not be sent');
			return read(await within(deadline, answerMs, () => answer, action, 'Cognigy gave no answer'));
		} catch (error) {
			this.destroy();
			throw error;
		} finally {
			this.#pending = undefined;
		}
	}

	/** A text of the service without the secrets that it may repeat (guarantee 6). */
	redact(text: string): string {
		return redact(text, this.#secrets);
	}

	/** Says goodbye; resolves when the connection is gone. */
	async close(): Promise<void> {
		const connection = this.#connection;
		this.#markEnded(cancelled);
		await connection?.close();
	}

	/** Ends the connection at once. */
	destroy(): void {
		this.#end(cancelled);
	}

	onText(frame: string): void {
		this.#keepalive?.signOfLife();
		// What nobody asked for is no answer to anything.
		if (!this.#pending || this.#isRepetition(frame, this.#pending)) return;
		this.#lastAnswer = { frame, kind: this.#pending.kind };
		this.#pending.resolve(frame);
	}

	onBinary(): void {
		this.#end(binaryAnswer);
	}

	onHeartbeat(): void {
		this.#keepalive?.signOfLife();
	}

	onClosed(end: ConnectionEnd): void {
		this.#markEnded((action) => closeError(end, action, this.#secrets));
	}

	/** The last answer once more: to a check, that of a reset would say that all is clean. */
	#isRepetition(frame: string, { kind, accepts }: PendingRequest): boolean {
		return frame === this.#lastAnswer?.frame && (kind !== this.#lastAnswer.kind || !accepts(frame));
	}

	#end(ending: Ending): void {
		this.#markEnded(ending);
		this.#connection?.destroy();
	}

	#markEnded(ending: Ending): void {
		if (this.#ending) return;
		this.#ending = ending;
		this.#keepalive?.stop();
		this.#pending?.reject(ending(this.#pending.action));
	}
}

function isReadable(read: (answer: string) => unknown, frame: string): boolean {
	try {
		read(frame);
		return true;
	} catch {
		return false;
	}
}

const silent: Ending = (action) =>
	new CognigyError({
		category: 'network',
		message: `${action} failed: the connection to Cognigy is dead, nothing came for ${DEAD_AFTER_MS / 1000} s`,
		advice: 'Try again. If it stays, look at the network between n8n and Cognigy (firewall, proxy, load balancer).',
		isTransient: true,
	});

const binaryAnswer: Ending = (action) =>
	new CognigyError({
		category: 'protocol',
		message: `${action} failed: Cognigy's answer is not text`,
		advice: 'Check WebSocket URL of the credential: does it point to the Cognigy runtime channel?',
	});

/** @throws {CognigyError} `timeout` or `cancelled` when the work takes longer than `ms` or the deadline allows */
async function within<T>(
	deadline: Deadline,
	ms: number,
	work: () => Promise<T>,
	action: string,
	problem: string,
): Promise<T> {
	const attempt = deadline.attempt(ms);
	try {
		attempt.signal.throwIfAborted();
		return await raceWithSignal(work(), attempt.signal);
	} catch (error) {
		if (!attempt.signal.aborted) throw error;
		if (deadline.end === 'cancelled') throw cancelled(action);
		if (deadline.end === 'timeout') throw timedOut(action);
		throw new CognigyError({
			category: 'timeout',
			message: `${action} failed: ${problem} within ${Math.round(ms / 1000)} s`,
			advice: 'Find out why Cognigy answers slowly. If it needs the time, raise Timeout in the options of the node.',
			isTransient: true,
		});
	} finally {
		attempt.dispose();
	}
}
