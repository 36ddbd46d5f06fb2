import { shortLine } from '../../call/serviceText';
import {
	RegistryError,
	type ExpiredSessionsQuery,
	type NewSession,
	type OpenSessionsQuery,
	type RegisteredSession,
	type SessionKey,
} from '../sessionRegistry';
import { expiryOf, parseContext } from '../storedSession';
import { SortedList } from './sortedList';
import { weightOf, type Usage } from './usage';

/** JSON text; undefined: it had to make room. */
interface Context {
	text: string | undefined;
}

/** What places it in the lists of its account stays the same: where that changes, it becomes another one. */
interface Life extends Readonly<RegisteredSession> {
	readonly context: Context;
	readonly isConfirmed: boolean;
	isEnded: boolean;
	isReset: boolean;
	/** In ms since 1970. */
	claimedUntil: number;
	/** What the session was before it was recorded again. */
	earlier: Life | undefined;
}

class Account {
	readonly lives = new Map<string, Life>();
	readonly bySequence = new SortedList<Life>((a, b) => a.sequence - b.sequence);
	readonly byExpiry = new SortedList<Life>((a, b) => a.expiresAt - b.expiresAt || a.sequence - b.sequence);

	put(life: Life): void {
		this.lives.set(life.sessionId, life);
		this.bySequence.add(life);
		this.byExpiry.add(life);
	}

	delete(life: Life): void {
		this.lives.delete(life.sessionId);
		this.bySequence.delete(life);
		this.byExpiry.delete(life);
	}
}

/** The sessions of a store. */
export class Sessions {
	readonly #accounts = new Map<string, Account>();
	/** Those that take room, the oldest first. */
	readonly #contexts = new Set<Context>();
	#contextCharacters = 0;
	#size = 0;
	#sequence = 0;

	constructor(private readonly usage: Usage) {}

	/** How many there are; earlier lives do not count. */
	get size(): number {
		return this.#size;
	}

	/** How much would be free without any context, in characters. */
	get contextCharacters(): number {
		return this.#contextCharacters;
	}

	has(key: SessionKey): boolean {
		return this.#find(key) !== undefined;
	}

	/** @param context JSON text; undefined: there is no room for it */
	record(session: NewSession, context: string | undefined): void {
		const { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds } = session;
		const earlier = this.#find(session);
		if (earlier) this.#delete(earlier);
		if (earlier?.earlier) this.#release(earlier.earlier);
		if (earlier) earlier.earlier = undefined;
		const life: Life = {
			...{ account, sessionId, botId, flowId, userId, createdAt, ttlSeconds },
			...{ sequence: ++this.#sequence, expiresAt: expiryOf(session), context: { text: context }, earlier },
			...{ isConfirmed: false, isEnded: false, isReset: false, claimedUntil: 0 },
		};
		this.#put(life);
		this.usage.characters += weightOfSession(life);
		if (context === undefined || weightOfContext(context) === 0) return;
		this.#contexts.add(life.context);
		this.#contextCharacters += weightOfContext(context);
		this.usage.characters += weightOfContext(context);
	}

	confirm(key: SessionKey): void {
		const life = this.#find(key);
		if (!life || life.isConfirmed) return;
		this.#delete(life);
		// It has not ended: whoever found that asked before it began.
		this.#put({ ...life, sequence: ++this.#sequence, isConfirmed: true, isEnded: false });
	}

	forget(key: SessionKey): void {
		const life = this.#find(key);
		if (!life) return;
		this.#delete(life);
		if (life.earlier) this.#put(life.earlier);
		life.earlier = undefined;
		this.#release(life);
	}

	open({ account, botId, flowId, now, after, unconfirmedUntil }: OpenSessionsQuery): RegisteredSession[] {
		const { bySequence, byExpiry } = this.#accounts.get(account) ?? new Account();
		// Without a cursor there are fewer that have not expired than that were recorded; with one there are few behind it.
		const lives =
			after > 0
				? bySequence.from(({ sequence }) => sequence > after)
				: byExpiry.from(({ expiresAt }) => expiresAt > now).sort((a, b) => a.sequence - b.sequence);
		return lives
			.filter(
				(life) =>
					!life.isEnded &&
					life.expiresAt > now &&
					(life.isConfirmed || life.createdAt <= unconfirmedUntil) &&
					(botId === undefined || life.botId === botId) &&
					(flowId === undefined || life.flowId === flowId),
			)
			.map(listed);
	}

	markEnded({ sequence, ...key }: SessionKey & Pick<RegisteredSession, 'sequence'>): void {
		const life = this.#find(key);
		if (life?.sequence === sequence) life.isEnded = true;
	}

	markReset(key: SessionKey): void {
		const life = this.#find(key);
		if (!life) return;
		life.isReset = true;
		life.claimedUntil = 0;
	}

	/** @throws {RegistryError} when the context had to make room for others */
	contextOf(key: SessionKey): Record<string, unknown> | undefined {
		const life = this.#find(key);
		if (!life) return undefined;
		if (life.context.text !== undefined) return parseContext(life.context.text, key);
		throw new RegistryError(
			`The context of session "${shortLine(key.sessionId)}" is not known any more: the session registry in memory was ` +
				'full, and keeps contexts last.',
		);
	}

	claimExpired({ account, botId, now, leaseMs, limit }: ExpiredSessionsQuery): RegisteredSession[] {
		const expired = this.#accounts.get(account)?.byExpiry.until(({ expiresAt }) => expiresAt > now) ?? [];
		const claimed = expired
			.filter((life) => !life.isReset && life.claimedUntil <= now && (botId === undefined || life.botId === botId))
			.slice(0, limit);
		for (const life of claimed) life.claimedUntil = now + leaseMs;
		return claimed.map(listed);
	}

	releaseClaim(key: SessionKey): void {
		const life = this.#find(key);
		if (life) life.claimedUntil = 0;
	}

	/** Deletes those that expired before `before` (ms since 1970). */
	prune(before: number): SessionKey[] {
		return [...this.#accounts.values()].flatMap((account) => {
			const old = account.byExpiry.takeUntil(({ expiresAt }) => expiresAt >= before);
			if (old.length > 0) account.bySequence.deleteAll(new Set(old));
			for (const life of old) {
				account.lives.delete(life.sessionId);
				this.#releaseAll(life);
				this.#deleted(life.account, account);
			}
			return old;
		});
	}

	/** Deletes contexts, the oldest first, until it is enough. */
	dropContexts(isEnough: () => boolean): void {
		for (const context of this.#contexts) {
			if (isEnough()) return;
			this.#dropContext(context);
		}
	}

	/**
	 * Deletes the session that expired longest ago.
	 * @param now in ms since 1970
	 * @returns undefined: none has expired but those that are to be kept
	 */
	dropLongestExpired(now: number, isKept: (key: SessionKey) => boolean): SessionKey | undefined {
		let longest: Life | undefined;
		for (const { byExpiry } of this.#accounts.values()) {
			for (const life of byExpiry) {
				if (life.expiresAt > (longest ? longest.expiresAt : now)) break;
				if (isKept(life)) continue;
				longest = life;
				break;
			}
		}
		if (!longest) return undefined;
		this.#delete(longest);
		this.#releaseAll(longest);
		return longest;
	}

	#find({ account, sessionId }: SessionKey): Life | undefined {
		return this.#accounts.get(account)?.lives.get(sessionId);
	}

	#put(life: Life): void {
		const account = this.#accounts.get(life.account) ?? new Account();
		this.#accounts.set(life.account, account);
		account.put(life);
		this.#size++;
	}

	#delete(life: Life): void {
		const account = this.#accounts.get(life.account);
		if (!account) return;
		account.delete(life);
		this.#deleted(life.account, account);
	}

	#deleted(name: string, { lives }: Account): void {
		this.#size--;
		if (lives.size === 0) this.#accounts.delete(name);
	}

	/** Nothing is left of a session. */
	#releaseAll(life: Life): void {
		this.#release(life);
		if (life.earlier) this.#release(life.earlier);
	}

	/** Nothing is left of a life. */
	#release(life: Life): void {
		this.usage.characters -= weightOfSession(life);
		this.#dropContext(life.context);
	}

	#dropContext(context: Context): void {
		if (context.text === undefined || !this.#contexts.delete(context)) return;
		this.usage.characters -= weightOfContext(context.text);
		this.#contextCharacters -= weightOfContext(context.text);
		context.text = undefined;
	}
}

/** What a session takes without its context, in characters. */
export function weightOfSession({ account, sessionId, botId, flowId, userId }: Omit<NewSession, 'context'>): number {
	return weightOf(account, sessionId, botId, flowId, userId);
}

/** In characters: an empty one is for free, so it never has to make room. @param context JSON text */
export function weightOfContext(context: string): number {
	return context === '{}' ? 0 : context.length;
}

/** A copy with what lists tell. */
function listed(life: Life): RegisteredSession {
	const { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds, sequence, expiresAt } = life;
	return { account, sessionId, botId, flowId, userId, createdAt, ttlSeconds, sequence, expiresAt };
}
