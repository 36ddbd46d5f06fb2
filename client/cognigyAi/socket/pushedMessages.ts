import { CognigyError } from '../../errors';
import { isLasting, type HeardMessage } from '../../streams/heardMessage';
import { Load, waitingRoom, type LoadLimit } from '../../streams/load';
import type { MessageSource, OpenSource, SourceListener, SourceReader } from '../../streams/messageSource';
import { sleep, type Clock } from '../../time/clock';
import { raceWithSignal } from '../../time/race';
import type { LinkedSession, SessionLink } from './sessionLink';
import { linkName, type SessionLinks } from './sessionLinks';
import { Taking } from './taking';

/** The messages of sessions as they come over their sockets, which stand for as long as somebody reads. */
export class PushedSessions {
	/** Those who let their connection go because too much came; it may still stand for others. */
	readonly #detached = new Set<PushedSession>();

	constructor(
		private readonly links: Pick<SessionLinks, 'use'>,
		private readonly clock: Clock,
	) {}

	source(session: LinkedSession): MessageSource {
		const { links, clock } = this;
		const detached = this.#detached;
		return { open: (listener) => new PushedSession({ links, clock, session, listener, detached }) };
	}

	/** What somebody else was told and acknowledged, on a connection that whoever let theirs go does not hear. */
	note(session: LinkedSession, message: HeardMessage): void {
		for (const one of this.#detached) one.note(session, message);
	}
}

/**
 * What waits while a reader can take no more, at most. Several times what one piece of data from the network can hold,
 * which comes at one go.
 */
const MAX_PUSHED: LoadLimit = { messages: 5_000, characters: 8_000_000 };

/**
 * So much of what waits is not acknowledged before it is safe: what is not, a crash does not lose. More would come again
 * on the next connection, which may be that of a turn.
 */
const MAX_UNACKNOWLEDGED: LoadLimit = { messages: 200, characters: 250_000 };

interface PushedSessionOptions {
	links: Pick<SessionLinks, 'use'>;
	clock: Clock;
	session: LinkedSession;
	listener: SourceListener;
	/** Where it puts itself while its connection is let go. */
	detached: Set<PushedSession>;
}

/** Hands on what the socket brings, and dials again, with back-off, when it broke and there is room for more. */
class PushedSession implements OpenSource {
	readonly #options: PushedSessionOptions;
	readonly #closing = new AbortController();
	#connection: { link: SessionLink; letGo: () => void; stopListening: () => void };
	#waiting: Array<{ message: HeardMessage; acknowledge: () => void }> = [];
	readonly #load = new Load(MAX_PUSHED, waitingRoom);
	#unacknowledged = new Load(MAX_UNACKNOWLEDGED);
	#trouble: Error | undefined;
	#isPushing = false;
	/** It pauses just now after all who read were refused. */
	#isShutOut = false;
	#wake = () => {};

	constructor(options: PushedSessionOptions) {
		this.#options = options;
		this.#connection = this.#connect();
	}

	start(): void {
		void this.#run(this.#closing.signal);
	}

	yieldsTo(reader: SourceReader): boolean {
		if (this.#isShutOut) this.#options.listener.letAsk(reader);
		return this.#isShutOut;
	}

	changed(): void {
		this.#push();
		this.#wake();
	}

	close(): void {
		this.#closing.abort();
		this.#load.clear();
		this.#options.detached.delete(this);
		this.#connection.stopListening();
		this.#connection.letGo();
	}

	/** Taken although too much waits already: nobody will say it again. */
	note(session: LinkedSession, message: HeardMessage): void {
		const isOurs = linkName(session) === linkName(this.#options.session);
		if (isOurs && this.#connection.link.closed.aborted) this.#add(message);
	}

	/** Nothing of the rate budget is needed. */
	async #run(signal: AbortSignal): Promise<void> {
		const { listener, clock } = this.#options;
		while (!signal.aborted) {
			try {
				await this.#standUntilSomethingHappens(signal);
			} catch (error) {
				// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted meanwhile
				if (signal.aborted) return;
				// What has come is told first, whatever went wrong: it will not come again.
				if (!this.#push()) {
					this.#trouble = error instanceof Error ? error : undefined;
					continue;
				}
				const pauseMs = listener.onTrouble(error, listener.nextAsker());
				if (pauseMs === 0) continue;
				this.#isShutOut = listener.isRefused;
				await sleep(clock, pauseMs, signal).catch(() => {});
				this.#isShutOut = false;
			}
		}
	}

	/** @throws {CognigyError} when the connection broke or does not come about */
	async #standUntilSomethingHappens(signal: AbortSignal): Promise<void> {
		// Nobody connects again before there is room.
		if (!this.#push()) return await this.#somethingHappens(signal);
		if (this.#options.detached.has(this)) throw this.#connectAnew();
		const { link } = this.#connection;
		const trouble = this.#trouble;
		this.#trouble = undefined;
		if (trouble && !link.isReady) throw trouble;
		if (link.isReady) return await this.#somethingHappens(signal);
		await raceWithSignal(link.ready(), signal);
		this.#options.listener.onRecovered();
	}

	async #somethingHappens(signal: AbortSignal): Promise<void> {
		await raceWithSignal(new Promise<void>((resolve) => (this.#wake = resolve)), signal);
	}

	#connect() {
		const { link, release: letGo } = this.#options.links.use(this.#options.session);
		const stopListening = link.listen({
			onMessage: (message) => this.#take(message, link),
			onDropped: (error) => {
				this.#trouble = error;
				this.#wake();
			},
		});
		return { link, letGo, stopListening };
	}

	/** @returns why */
	#connectAnew(): CognigyError {
		const { detached, session } = this.#options;
		const { stopListening } = this.#connection;
		this.#connection = this.#connect();
		stopListening();
		detached.delete(this);
		this.#trouble = undefined;
		return tooMuch(session.sessionId);
	}

	/** @returns safe once it is so with all who read the session */
	#take(message: HeardMessage, link: SessionLink): Taking | undefined {
		if (this.#load.isFull) {
			this.#options.detached.add(this);
			this.#acknowledge();
			this.#connection.letGo();
			// Not acknowledged, so the service keeps it. Not so if somebody else uses the connection and so it stands.
			if (link.closed.aborted) return undefined;
		}
		if (!isLasting(message)) {
			this.#add(message);
			return undefined;
		}
		const taking = new Taking();
		this.#add(message, () => taking.safe());
		return taking;
	}

	#add(message: HeardMessage, acknowledge = () => {}): void {
		if (this.#unacknowledged.isFull) this.#acknowledge();
		this.#load.add([message]);
		this.#unacknowledged.add([message]);
		this.#waiting.push({ message, acknowledge });
		if (this.#isPushing) return;
		this.#isPushing = true;
		// What comes in one piece is handed on together: it is there by then.
		queueMicrotask(() => {
			this.#isPushing = false;
			this.#push();
		});
	}

	/** Hands on what waits. @returns whether there was room for it */
	#push(): boolean {
		const { listener } = this.#options;
		if (listener.isFull) return false;
		const waiting = this.#waiting.splice(0);
		if (waiting.length === 0) return true;
		this.#load.clear();
		this.#unacknowledged.clear();
		listener.onRecovered();
		const acknowledge = () => waiting.forEach((one) => one.acknowledge());
		try {
			listener.onMessages(
				waiting.map(({ message }) => message),
				acknowledge,
			);
		} catch (error) {
			listener.onTrouble(error, listener.nextAsker());
		}
		return true;
	}

	/** What waits is not safe, but in memory. */
	#acknowledge(): void {
		for (const { acknowledge } of this.#waiting) acknowledge();
		this.#unacknowledged.clear();
	}
}

function tooMuch(sessionId: string): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `Session "${sessionId}" sends more messages than can be taken`,
		advice:
			'It is connected again by itself. If it stays, look at the session registry (disk or Redis) and at what this flow says.',
		isTransient: true,
	});
}
