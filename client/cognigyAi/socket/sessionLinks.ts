import { SessionLink, type LinkDependencies, type LinkedSession } from './sessionLink';

/** Who has the same name shares a link. */
export function linkName({ address, userId, sessionId, testMode }: LinkedSession): string {
	return JSON.stringify([address.base, address.token, userId, sessionId, testMode]);
}

/** The links of sessions that somebody uses just now, one for each session. */
export class SessionLinks {
	readonly #links = new Map<string, { link: SessionLink; users: number }>();

	constructor(private readonly deps: LinkDependencies) {}

	/** @returns the link, and how to let it go; the last one who does closes it */
	use(session: LinkedSession): { link: SessionLink; release: () => void } {
		const key = linkName(session);
		const used = this.#links.get(key) ?? { link: new SessionLink(session, this.deps), users: 0 };
		this.#links.set(key, used);
		used.users++;
		let isReleased = false;
		const release = () => {
			if (isReleased) return;
			isReleased = true;
			if (--used.users > 0) return;
			if (this.#links.get(key) === used) this.#links.delete(key);
			used.link.close();
		};
		return { link: used.link, release };
	}

	close(): void {
		for (const { link } of this.#links.values()) link.close();
		this.#links.clear();
	}
}
