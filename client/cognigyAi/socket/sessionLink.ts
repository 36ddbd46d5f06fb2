import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import * as z from 'zod/v4';

import { CognigyError } from '../../errors';
import { answerEnd, type HeardMessage } from '../../streams/heardMessage';
import type { Clock } from '../../time/clock';
import { Deadline } from '../../time/deadline';
import { isJsonObject } from '../../validation/fields';
import type { EndpointAddress } from '../endpointAddress';
import { secretsOf } from '../endpointApi';
import { OutputHistory, OutputMessages } from '../messages';
import { readOutput } from '../wire';
import { dialError, errorWords } from './dialErrors';
import { DIAL_MS } from './limits';
import { allOf, Taking } from './taking';
import type { SessionSocket, SocketEvent, SocketTransport } from './transport';

/** A session on an endpoint. */
export interface LinkedSession {
	address: EndpointAddress;
	userId: string;
	sessionId: string;
	testMode: boolean;
}

export interface LinkListener {
	/** Whether it only looks on: what nobody else hears is then kept by the service, for whoever connects next. */
	onlyLooksOn?: boolean;
	/**
	 * Also of the type `typingStatus`, and that an answer is over.
	 * @param isTraced whether it has the same id on every connection
	 * @returns a `Taking` if it is not to be acknowledged before that is safe
	 */
	onMessage?(message: HeardMessage, isTraced?: boolean): unknown;
	/** The bot has said all that it has to say for now. */
	onTurnEnd?(): void;
	/** The service told of an error in the session. */
	onError?(error: CognigyError): void;
	/** The connection broke; nobody dials anew but by `ready`. */
	onDropped?(error: CognigyError): void;
}

export interface LinkDependencies {
	sockets: SocketTransport;
	clock: Clock;
	/** What must not show besides the token. */
	secrets: readonly string[];
}

const outputEventSchema = z.object({ type: z.string().catch('output'), data: z.unknown() });
const typingSchema = z.object({ status: z.string() });

/**
 * The connection of a session, for all who want to hear or say something in it: two sockets of one session would take
 * each other's messages. It stands or not; whoever needs it asks for it by `ready`, with a back-off of his own.
 */
export class SessionLink {
	readonly #session: LinkedSession;
	readonly #deps: LinkDependencies;
	readonly #listeners = new Set<LinkListener>();
	readonly #closing = new AbortController();
	readonly #turns = pLimit(1);
	/** Names this link where outputs do not tell their turn. */
	readonly #id = randomUUID();
	readonly #history: OutputHistory;
	#socket: SessionSocket | undefined;
	#dialling: Promise<void> | undefined;
	/** Turns that are over, plus what was said. */
	#turn = 0;

	constructor(session: LinkedSession, dependencies: LinkDependencies) {
		this.#session = session;
		const conversation = () => `${this.#id} ${this.#turn}`;
		this.#history = new OutputHistory(session.sessionId, conversation, undefined, session.address.token);
		this.#deps = dependencies;
	}

	/** Aborts when the link is closed for good. */
	get closed(): AbortSignal {
		return this.#closing.signal;
	}

	get isReady(): boolean {
		return this.#socket !== undefined;
	}

	/** @returns stops to listen */
	listen(listener: LinkListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Resolves when the connection stands. @throws {CognigyError} why it does not */
	async ready(): Promise<void> {
		if (this.#socket) return;
		this.#dialling ??= this.#dial().finally(() => (this.#dialling = undefined));
		await this.#dialling;
	}

	/** @throws {CognigyError} when it was certainly not sent */
	send(event: string, payload: object): void {
		this.#turn++;
		if (!this.#socket?.send(event, payload)) throw this.#broken();
	}

	/**
	 * Waits for the session to be free for a turn: the end of one does not tell whose it is, so they go one by one.
	 * @returns makes it free again
	 */
	async enter(): Promise<() => void> {
		return await new Promise((entered) => {
			void this.#turns(async () => await new Promise<void>((leave) => entered(leave)));
		});
	}

	close(): void {
		this.#closing.abort();
		this.#socket?.close();
		this.#socket = undefined;
		this.#listeners.clear();
	}

	async #dial(): Promise<void> {
		const { sockets, clock } = this.#deps;
		const { address } = this.#session;
		const attempt = new Deadline(clock, DIAL_MS, [this.#closing.signal]);
		const messages = new OutputMessages(this.#history);
		let socket: SessionSocket;
		let isDropped = false;
		try {
			socket = await sockets.dial(
				{ ...this.#session, signal: attempt.signal },
				{
					onEvent: (event, payload) => {
						const taking = this.#take(event, payload, messages);
						const isTaken = [...this.#listeners].some(({ onlyLooksOn = false }) => !onlyLooksOn);
						return isTaken && taking.length > 0 ? allOf(taking) : isTaken;
					},
					onDropped: () => {
						isDropped = true;
						if (this.#socket) this.#dropped();
					},
				},
			);
		} catch (error) {
			throw dialError(error, {
				action: `Connecting to ${address.name}`,
				url: address.base,
				endpoint: address.name,
				attempt,
				wallTimeMs: clock.wallTime(),
				secrets: this.#secrets,
			});
		} finally {
			attempt.dispose();
		}
		// Both can come in one piece: that it is ready, and the end of it.
		// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a callback
		if (isDropped) throw this.#broken();
		if (this.#closing.signal.aborted) socket.close();
		else this.#socket = socket;
	}

	/** @returns what is to be waited for before it is acknowledged */
	#take(event: SocketEvent, payload: unknown, messages: OutputMessages): Taking[] {
		const wallTime = this.#deps.clock.wallTime();
		switch (event) {
			case 'finalPing':
				return this.#turnEnded();
			case 'typingStatus': {
				const typing = typingSchema.safeParse(payload);
				return typing.success ? this.#told(typingMessage(typing.data.status, wallTime)) : [];
			}
			case 'exception':
			case 'error':
				return this.#failed(payload);
			case 'output':
				break;
		}
		const { type, data } = outputEventSchema.catch({ type: 'output', data: payload }).parse(payload);
		if (type === 'error') return this.#failed(payload);
		if (type === 'finalPing') return this.#turnEnded();
		if (type !== 'output' || !isJsonObject(data)) return [];
		const output = readOutput(data);
		const message = messages.message(output, wallTime);
		// What says nothing and is of no answer still ends the one before it.
		if (message.isSilent && !message.chunk) return this.#told(answerEnd);
		return this.#told(message, output.traceId !== '');
	}

	#told(message: HeardMessage, isTraced = false): Taking[] {
		return [...this.#listeners]
			.map(({ onMessage }) => onMessage?.(message, isTraced))
			.filter((taking) => taking instanceof Taking);
	}

	#turnEnded(): [] {
		this.#turn++;
		this.#told(answerEnd);
		for (const { onTurnEnd } of this.#listeners) onTurnEnd?.();
		return [];
	}

	#failed(payload: unknown): [] {
		this.#told(answerEnd);
		const error = new CognigyError({
			category: 'rejected',
			message: `Cognigy told of an error in session "${this.#session.sessionId}"${errorWords(payload, this.#secrets)}`,
			advice: 'Look for this session in the logs of your project in Cognigy.AI.',
		});
		for (const { onError } of this.#listeners) onError?.(error);
		return [];
	}

	#dropped(): void {
		this.#socket = undefined;
		const error = this.#broken();
		for (const { onDropped } of [...this.#listeners]) onDropped?.(error);
	}

	#broken(): CognigyError {
		return new CognigyError({
			category: 'network',
			message: `The connection to ${this.#session.address.name} broke`,
			advice: 'Try again. If it stays, look at the network between n8n and Cognigy (firewall, proxy, load balancer).',
			isTransient: true,
		});
	}

	get #secrets(): string[] {
		return secretsOf(this.#session.address, ...this.#deps.secrets);
	}
}

function typingMessage(status: string, wallTimeMs: number): HeardMessage {
	const timestamp = new Date(wallTimeMs).toISOString();
	return { messageId: randomUUID(), text: status, type: 'typingStatus', timestamp };
}
