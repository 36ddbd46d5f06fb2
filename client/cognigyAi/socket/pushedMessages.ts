import { CognigyError } from '../../errors';
import { copyOf } from '../../follow/copyOf';
import { Load, type LoadLimit } from '../../follow/load';
import type { PollAnswer, PollRequest } from '../../follow/sessionFollower';
import { raceWithSignal } from '../../time/race';
import type { Message } from '../../types';
import type { LinkedSession, SessionLink } from './sessionLink';
import { linkName, type SessionLinks } from './sessionLinks';

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
		return { messages: await source.poll(), isPushed: true };
	}

	/** What somebody else was told and acknowledged, on a connection that whoever let theirs go does not hear. */
	note(session: LinkedSession, message: Message): void {
		for (const source of this.#detached) source.note(session, message);
	}
}

/**
 * What waits for the next poll, at most. Several times what one piece of data from the network can hold, which comes at
 * one go; so only what nobody asks for becomes too much.
 */
const MAX_PUSHED: LoadLimit = { messages: 5_000, characters: 8_000_000 };

class Source {
	readonly #links: Pick<SessionLinks, 'use'>;
	readonly #session: LinkedSession;
	readonly #signal: AbortSignal;
	readonly #detached: Set<Source>;
	#connection: { link: SessionLink; letGo: () => void; stopListening: () => void };
	#waiting: Message[] = [];
	#load = new Load(MAX_PUSHED);
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
	async poll(): Promise<Message[]> {
		if (this.#waiting.length === 0) {
			if (this.#detached.has(this)) throw this.#connectAnew();
			const { link } = this.#connection;
			const trouble = this.#trouble;
			this.#trouble = undefined;
			if (trouble && !link.isReady) throw trouble;
			await (link.isReady ? this.#something() : this.#unlessSomethingCame(link.ready()));
		}
		this.#load.clear();
		return this.#waiting.splice(0);
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

	#take(message: Message, link: SessionLink): void {
		if (this.#load.isFull) {
			this.#detached.add(this);
			this.#connection.letGo();
			// Not acknowledged, so the service keeps it. Not so if somebody else uses the connection and so it stands.
			if (link.closed.aborted) return;
		}
		this.#add(message);
	}

	/** Taken although too much waits already: nobody will say it again. */
	note(session: LinkedSession, message: Message): void {
		if (linkName(session) === linkName(this.#session) && this.#connection.link.closed.aborted) this.#add(message);
	}

	#add(message: Message): void {
		this.#load.add([message]);
		// A copy: a reply that somebody was given may hold the same message.
		this.#waiting.push(copyOf(message));
		this.#wake();
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
