import { randomBytes } from 'node:crypto';
import { ExpiringMap } from '../expiringMap';

const MAX_TOKENS = 100_000;

/** The bearer tokens of docs/protocol-v1.md#login: opaque, random, valid for a fixed time. */
export class Tokens {
	readonly #usernames: ExpiringMap<string>;

	/**
	 * @param ttlMinutes how long a token is valid, in minutes
	 * @param now the clock, in ms
	 */
	constructor(ttlMinutes: number, now: () => number) {
		this.#usernames = new ExpiringMap(ttlMinutes * 60_000, MAX_TOKENS, now);
	}

	issue(username: string): string {
		const token = randomBytes(32).toString('base64url');
		this.#usernames.set(token, username);
		return token;
	}

	/** Whose token it is; undefined when it was never issued or is no longer valid. */
	ownerOf(token: string): string | undefined {
		return this.#usernames.get(token);
	}

	/** Makes every token issued so far invalid. Returns how many there were. */
	expireAll(): number {
		return this.#usernames.clear();
	}
}
