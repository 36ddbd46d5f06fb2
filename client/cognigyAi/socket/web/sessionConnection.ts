import type { Clock } from '../../../time/clock';
import { stoppedBefore, type TransportFailure } from '../../../transport/transportFailure';
import type { WebConnection } from '../../../transport/web/webConnection';
import {
	isSocketEvent,
	isErrorEvent,
	SocketRefusal,
	type SessionSocket,
	type SocketListener,
	type SocketRequest,
} from '../transport';
import { EngineConnection, type EngineListener } from './engineConnection';
import { acknowledgement, CONNECT, DISCONNECT, eventPacket, readSocketPacket, type SocketPacket } from './packets';

/** One session on Socket.IO's namespace "/", from the moment its WebSocket stands. */
export class SessionConnection implements SessionSocket, EngineListener {
	// Private in the strict sense: inspect() must not show what was said on it.
	readonly #engine: EngineConnection;
	readonly #request: SocketRequest;
	readonly #listener: SocketListener;
	readonly #ready: Promise<SessionSocket>;
	/** Until the endpoint is ready, or is not. */
	#dial: { ready: (socket: SessionSocket) => void; failed: (error: Error) => void } | undefined;
	#isConnected = false;
	#isOver = false;

	constructor(connection: WebConnection, clock: Clock, request: SocketRequest, listener: SocketListener) {
		this.#request = request;
		this.#listener = listener;
		const { signal } = request;
		const giveUp = () => this.#fail(this.#isConnected ? new SocketRefusal('notReady') : stoppedBefore());
		this.#ready = new Promise<SessionSocket>((ready, failed) => {
			this.#dial = { ready, failed };
		}).finally(() => signal.removeEventListener('abort', giveUp));
		// Whoever dials asks for it as soon as it hears of us.
		this.#ready.catch(() => {});
		signal.addEventListener('abort', giveUp, { once: true });
		this.#engine = new EngineConnection(connection, clock, this);
	}

	/**
	 * Resolves when the endpoint takes messages.
	 * @throws {TransportFailure} when it does not speak Socket.IO
	 * @throws {SocketRefusal} when it does, but does not take messages
	 */
	async ready(): Promise<SessionSocket> {
		return await this.#ready;
	}

	send(event: string, payload: object): boolean {
		return this.#isConnected && !this.#isOver && this.#engine.send(eventPacket(event, payload));
	}

	close(): void {
		this.#isOver = true;
		this.#engine.close(this.#isConnected ? DISCONNECT : undefined);
	}

	onOpen(): void {
		this.#engine.send(CONNECT);
	}

	onMessage(message: string): void {
		if (this.#isOver) return;
		const packet = readSocketPacket(message);
		switch (packet?.type) {
			case 'connected':
				return this.#connected(packet.sid);
			case 'connectError':
				return this.#refused(packet.message);
			case 'disconnected':
				this.#engine.close();
				return this.onEnd();
			case 'event':
				// What is said in the session may come before we are told that we are connected; a handshake may not.
				if (!this.#isConnected && !isSocketEvent(packet.name)) return this.#engine.refuse();
				return this.#heard(packet);
			case 'other':
				return;
			case undefined:
				return this.#engine.refuse();
		}
	}

	onEnd(failure?: TransportFailure): void {
		if (this.#isOver) return;
		if (this.#dial) return this.#fail(failure ?? new SocketRefusal('closed'));
		this.#isOver = true;
		this.#listener.onDropped();
	}

	#connected(sid: string | undefined): void {
		// An old service says that we are connected before we have asked, and without an id.
		if (sid === undefined) return this.#dial ? this.#fail(new SocketRefusal('protocol')) : this.#engine.refuse();
		this.#isConnected = true;
	}

	#refused(message: string | undefined): void {
		if (this.#isConnected) return this.#engine.refuse();
		this.#fail(new SocketRefusal('error', message === undefined ? {} : { payload: { message } }));
	}

	#heard({ name, args, id }: Extract<SocketPacket, { type: 'event' }>): void {
		const acknowledge = (...answer: object[]) => {
			if (id !== undefined) this.#engine.send(acknowledgement(id, ...answer));
		};
		if (name === 'handshake') {
			const { userId, sessionId, address, testMode } = this.#request;
			acknowledge({ userId, sessionId, urlToken: address.token, testMode, emitWithAck: true });
		} else if (name === 'endpoint-ready') {
			this.#dial?.ready(this);
			this.#dial = undefined;
		} else if (isSocketEvent(name)) {
			const [payload] = args;
			if (this.#dial && isErrorEvent(name, payload)) return this.#fail(new SocketRefusal('error', { payload }));
			const taken = this.#listener.onEvent(name, payload);
			if (taken === true) acknowledge();
			else if (taken) taken.whenSafe(() => acknowledge());
		}
	}

	/** The dial has failed: whoever dialled learns why, and nothing more is heard. */
	#fail(error: Error): void {
		if (!this.#dial) return;
		this.#dial.failed(error);
		this.#dial = undefined;
		this.close();
	}
}
