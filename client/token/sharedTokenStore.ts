import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/v4';

import type { RedisConnection } from '../redis/redisConnection';
import { TokenCipher } from './sharedTokenCipher';

/** KEYS: token. Returns it with the rest of its life in ms. */
const FIND = `return { redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]) }`;

/** KEYS: what to delete. ARGV: what it must hold. Whatever somebody else put there in the meantime stays. */
const DELETE_IF = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

const foundSchema = z.tuple([z.string(), z.number().positive()]);

export interface StoredToken {
	value: string;
	/** Rest of its lifetime in ms, by the clock of Redis. */
	expiresInMs: number;
	/** As Redis holds it. */
	sealed: string;
}

/** The token of an account in Redis, encrypted, and the right to renew it. Every method throws `RedisError`. */
export class SharedTokenStore {
	readonly #redis: RedisConnection;
	readonly #cipher: TokenCipher;
	readonly #tokenKey: string;
	readonly #lockKey: string;

	/** @param account whose token it is; holds no secret */
	constructor(redis: RedisConnection, account: string, password: string) {
		this.#redis = redis;
		this.#cipher = new TokenCipher(password, account);
		const digest = createHash('sha256').update(account).digest('hex').slice(0, 32);
		this.#tokenKey = `n8n-nodes-cognigy:token:{${digest}}`;
		this.#lockKey = `${this.#tokenKey}:lock`;
	}

	/** @returns undefined when there is none, or none that this password opens */
	async find(): Promise<StoredToken | undefined> {
		const found = foundSchema.safeParse(await this.#redis.run(FIND, [this.#tokenKey], []));
		if (!found.success) return undefined;
		const [sealed, expiresInMs] = found.data;
		const value = await this.#cipher.open(sealed);
		return value === undefined ? undefined : { value, expiresInMs, sealed };
	}

	/** @param expiresInMs rest of its lifetime in ms, after which Redis forgets it */
	async put(token: string, expiresInMs: number): Promise<void> {
		const sealed = await this.#cipher.seal(token);
		await this.#redis.command('SET', this.#tokenKey, sealed, 'PX', String(Math.floor(expiresInMs)));
	}

	/** Nobody takes this token any more. */
	async discard({ sealed }: StoredToken): Promise<void> {
		await this.#redis.run(DELETE_IF, [this.#tokenKey], [sealed]);
	}

	/**
	 * The right to log in, for one at a time.
	 * @param ms how long it lasts at most: who is killed cannot give it back
	 * @returns gives it back; undefined when somebody else has it
	 */
	async lock(ms: number): Promise<(() => Promise<void>) | undefined> {
		const owner = randomUUID();
		const answer = await this.#redis.command('SET', this.#lockKey, owner, 'NX', 'PX', String(ms));
		if (answer !== 'OK') return undefined;
		return async () => {
			await this.#redis.run(DELETE_IF, [this.#lockKey], [owner]);
		};
	}
}
