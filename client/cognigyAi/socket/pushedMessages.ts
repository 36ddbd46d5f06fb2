import type { PollAnswer, PollRequest } from '../../follow/sessionFollower';
import { raceWithSignal } from '../../time/race';
import type { Message } from '../../types';
import type { LinkedSession, SessionLink } from './sessionLink';
import type { SessionLinks } from './sessionLinks';

/**
 * A session's socket as long polls, which is what followers are made for: they ask again after every answer, with
 * back-off after every fault. The socket stands from the first poll until their signal aborts, and what it brings
 * between two polls waits for the next one.
 */
export class PushedSessions {
	readonly #sources = new WeakMap<AbortSignal, Source>();

	constructor(private readonly links: SessionLinks) {}

	/** One poll. @throws {CognigyError} when the socket broke or does not come about */
	async poll(session: LinkedSession, { signal, onSent }: PollRequest): Promise<PollAnswer> {
		// Nothing of the rate budget is needed.
		onSent();
		let source = this.#sources.get(signal);
		if (!source) {
			source = new Source(this.links, session, signal);
			this.#sources.set(signal, source);
		}
		return { messages: await source.poll() };
	}
}

class Source {
	readonly #link: SessionLink;
	readonly #signal: AbortSignal;
	#waiting: Message[] = [];
	#trouble: Error | undefined;
	#wake = () => {};

	constructor(links: SessionLinks, session: LinkedSession, signal: AbortSignal) {
		const { link, release } = links.use(session);
		this.#link = link;
		this.#signal = signal;
		const stopListening = link.listen({
			onMessage: (message) => {
				this.#waiting.push(message);
				this.#wake();
			},
			onDropped: (error) => {
				this.#trouble = error;
				this.#wake();
			},
		});
		const leave = () => {
			stopListening();
			release();
		};
		if (signal.aborted) leave();
		else signal.addEventListener('abort', leave, { once: true });
	}

	/** What came since the last poll, as soon as there is anything; nothing when the connection has just come about. */
	async poll(): Promise<Message[]> {
		if (this.#waiting.length === 0) {
			const trouble = this.#trouble;
			this.#trouble = undefined;
			if (trouble && !this.#link.isReady) throw trouble;
			if (this.#link.isReady) await this.#something();
			else await raceWithSignal(this.#link.ready(), this.#signal);
		}
		return this.#waiting.splice(0);
	}

	async #something(): Promise<void> {
		const happened = new Promise<void>((resolve) => (this.#wake = resolve));
		// What has come is told even when nobody wants more: it will not come again.
		await raceWithSignal(happened, this.#signal).catch((error: unknown) => {
			if (this.#waiting.length === 0) throw error;
		});
		if (this.#waiting.length > 0 || !this.#trouble) return;
		const trouble = this.#trouble;
		this.#trouble = undefined;
		throw trouble;
	}
}
