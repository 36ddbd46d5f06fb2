import type { ServerResponse } from 'node:http';
import { Http2ServerResponse, type Http2Session } from 'node:http2';
import { finished } from 'node:stream';

type Tell = (isWritten: boolean) => void;

/**
 * Tells, once, whether an answer was written completely. Over HTTP/2 that is so when the client has read all that came up to
 * its end: whatever cuts the connection before takes the answers of others along that are on their way.
 */
export function whenWritten(response: ServerResponse, tell: Tell): void {
	// Of HTTP/2, Node gives a class of its own that only looks the same.
	const either: unknown = response;
	const stream = either instanceof Http2ServerResponse ? either.stream : undefined;
	if (!stream) return void finished(response, (error) => tell(!error));
	const { session } = stream;
	stream.once('close', () => {
		if (session && stream.writableFinished && stream.rstCode === 0) unreadOf(session).add(tell);
		else tell(false);
	});
}

const unread = new WeakMap<Http2Session, Unread>();

function unreadOf(session: Http2Session): Unread {
	const known = unread.get(session);
	if (known) return known;
	const created = new Unread(session);
	unread.set(session, created);
	return created;
}

/** Answers of one connection of HTTP/2, until it is known whether the client has read them: then it answers a PING. */
class Unread {
	/** Written before the PING that is on its way. */
	#asked: Tell[] = [];
	/** Written since. */
	#later: Tell[] = [];

	constructor(private readonly session: Http2Session) {
		// Of a connection that is cut, Node does not always say what became of its pings.
		session.once('close', () => {
			for (const tell of [...this.#asked.splice(0), ...this.#later.splice(0)]) tell(false);
		});
	}

	add(tell: Tell): void {
		if (this.session.destroyed) return tell(false);
		this.#later.push(tell);
		if (this.#asked.length === 0) this.#ask();
	}

	#ask(): void {
		this.#asked = this.#later.splice(0);
		this.session.ping((error: Error | null) => {
			for (const tell of this.#asked.splice(0)) tell(!error);
			if (this.#later.length > 0 && !this.session.destroyed) this.#ask();
		});
	}
}
