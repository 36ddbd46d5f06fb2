import { CognigyError } from '../../errors';
import { copyOf } from '../../streams/copyOf';
import { isLasting, type HeardMessage } from '../../streams/heardMessage';
import { Load, type LoadLimit } from '../../streams/load';
import type { PollAnswer, PollRequest } from '../../streams/sessionFollower';
import { raceWithSignal } from '../../time/race';
import type { LinkedSession, SessionLink } from './sessionLink';
import { linkName, type SessionLinks } from './sessionLinks';
import { Taking } from './taking';

/**
 * A session's socket as long polls, which is what followers are made for: they ask again after every answer, with
 * back-off after every fault. The socket stands from the first poll until their signal aborts, and what it brings
 * between two polls waits for the next one.
 */
export class PushedSessions {
	readonly #sources = new WeakMap<AbortSignal, Source>();
	/** Those who let their connection go because too much came; it may still stand for others. */
	readonly #detached = new Set<Source>();

	constructor(private readonly links: Pick<SessionLinks, 'use'>) {}

	/** One poll. @throws {CognigyError} when the socket broke or does not come about */
	async poll(session: LinkedSession, { signal, onSent }: PollRequest): Promise<PollAnswer> {
		// Nothing of the rate budget is needed.
		onSent();
		let source = this.#sources.get(signal);
		if (!source) {
			source = new Source(this.links, session, signal, this.#detached);
			this.#sources.set(signal, source);
		}
		return { ...(await source.poll()), isPushed: true };
	}

	/** What somebody else was told and acknowledged, on a connection that whoever let theirs go does not hear. */
	note(session: LinkedSession, message: HeardMessage): void {
		for (const source of this.#detached) source.note(session, message);
	}
}

/**
 * What waits for the next poll, at most. Several times what one piece of data from the network can hold, which comes at
 * one go; so only what nobody asks for becomes too much.
 */
const MAX_PUSHED: LoadLimit = { messages: 5_000, characters: 8_000_000 };

/**
 * So much of what waits is not acknowledged before it is safe: what is not, a crash does not lose. More would come again
 * on the next connection, which may be that of a turn.
 */
const MAX_UNACKNOWLEDGED: LoadLimit = { messages: 200, characters: 250_000 };

class Source {
	readonly #links: Pick<SessionLinks, 'use'>;
	readonly #session: LinkedSession;
	readonly #signal: AbortSignal;
	readonly #detached: Set<Source>;
	#connection: { link: SessionLink; letGo: () => void; stopListening: () => void };
	#waiting: Array<{ message: HeardMessage; acknowledge: () => void }> = [];
	#load = new Load(MAX_PUSHED);
	#unacknowledged = new Load(MAX_UNACKNOWLEDGED);
	#trouble: Error | undefined;
	#wake = () => {};

	/** @param detached where it puts itself while its connection is let go */
	constructor(links: Pick<SessionLinks, 'use'>, session: LinkedSession, signal: AbortSignal, detached: Set<Source>) {
		this.#links = links;
		this.#session = session;
		this.#signal = signal;
		this.#detached = detached;
		this.#connection = this.#connect();
		const leave = () => {
			this.#detached.delete(this);
			this.#connection.stopListening();
			this.#connection.letGo();
		};
		if (signal.aborted) leave();
		else signal.addEventListener('abort', leave, { once: true });
	}

	/** What came since the last poll, as soon as there is anything; nothing when the connection has just come about. */
	async poll(): Promise<{ messages: HeardMessage[]; acknowledge: () => void }> {
		if (this.#waiting.length === 0) {
			if (this.#detached.has(this)) throw this.#connectAnew();
			const { link } = this.#connection;
			const trouble = this.#trouble;
			this.#trouble = undefined;
			if (trouble && !link.isReady) throw trouble;
			await (link.isReady ? this.#something() : this.#unlessSomethingCame(link.ready()));
		}
		this.#load.clear();
		this.#unacknowledged.clear();
		const waiting = this.#waiting.splice(0);
		const acknowledge = () => waiting.forEach((one) => one.acknowledge());
		return { messages: waiting.map(({ message }) => message), acknowledge };
	}

	#connect() {
		const { link, release: letGo } = this.#links.use(this.#session);
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
		const { stopListening } = this.#connection;
		this.#connection = this.#connect();
		stopListening();
		this.#detached.delete(this);
		this.#trouble = undefined;
		return tooMuch(this.#session.sessionId);
	}

	/** @returns safe once it is so with all who read the session */
	#take(message: HeardMessage, link: SessionLink): Taking | undefined {
		if (this.#load.isFull) {
			this.#detached.add(this);
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

	/** Taken although too much waits already: nobody will say it again. */
	note(session: LinkedSession, message: HeardMessage): void {
		if (linkName(session) === linkName(this.#session) && this.#connection.link.closed.aborted) this.#add(message);
	}

	#add(message: HeardMessage, acknowledge = () => {}): void {
		if (this.#unacknowledged.isFull) this.#acknowledge();
		this.#load.add([message]);
		this.#unacknowledged.add([message]);
		// A copy: a reply that somebody was given may hold the same message.
		this.#waiting.push({ message: copyOf(message), acknowledge });
		this.#wake();
	}

	/** What waits is not safe, but in memory. */
	#acknowledge(): void {
		for (const { acknowledge } of this.#waiting) acknowledge();
		this.#unacknowledged.clear();
	}

	async #something(): Promise<void> {
		await this.#unlessSomethingCame(new Promise<void>((resolve) => (this.#wake = resolve)));
		if (this.#waiting.length > 0 || !this.#trouble) return;
		const trouble = this.#trouble;
		this.#trouble = undefined;
		throw trouble;
	}

	/** What has come is told first, whatever went wrong: it will not come again. */
	async #unlessSomethingCame(happening: Promise<void>): Promise<void> {
		await raceWithSignal(happening, this.#signal).catch((error: unknown) => {
			if (this.#waiting.length === 0) throw error;
			if (error instanceof Error) this.#trouble = error;
		});
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
