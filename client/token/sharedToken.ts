import type { RedisConnection } from '../redis/redisConnection';
import { RedisError } from '../redis/redisError';
import { sleep, type Clock } from '../time/clock';
import { SharedTokenStore, type StoredToken } from './sharedTokenStore';
import type { UsedToken } from './tokenProvider';

/** A token with less than this share of its lifetime left is renewed instead: its other users do so about now. */
const MIN_REST_SHARE = 0.25;
/** How long one process may keep the others from logging in, in ms. Longer than any login that goes well. */
const LOCK_MS = 10_000;
/** So much longer than the lock, in ms, the others wait, so that they see its end; then they log in without it. */
const PATIENCE_MS = 2_000;
/** Pause between two looks for the token that another process fetches, in ms; half of it is left to chance. */
const LOOK_MS = 300;

export interface SharedLoginOptions {
	redis: RedisConnection;
	/** Whose token it is: service and user; holds no secret. */
	account: string;
	/** What encrypts the token. Another password is another secret: what it sealed is no token for us. */
	password: string;
	/** Lifetime of a token in ms, counted from the moment the login was sent. */
	lifetimeMs: number;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** Time limit of the lock in ms, if not the usual one: for tests. */
	lockMs?: number;
}

type Login = (signal: AbortSignal) => Promise<string>;

/**
 * A login for `TokenProvider` that shares its token with all processes on the same Redis: one of them logs in, the others
 * take its token. Redis is a convenience here: when it fails, or somebody holds the lock for too long, the process logs
 * in by itself.
 */
export function sharedLogin(login: Login, options: SharedLoginOptions) {
	const { redis, account, password, lifetimeMs, clock, random, lockMs = LOCK_MS } = options;
	const store = new SharedTokenStore(redis, account, password);

	const isUsable = (token: StoredToken, refusedToken: string | undefined) =>
		token.value !== refusedToken && token.expiresInMs > MIN_REST_SHARE * lifetimeMs;

	async function usableToken(refusedToken: string | undefined): Promise<StoredToken | undefined> {
		const token = await store.find();
		if (!token || isUsable(token, refusedToken)) return token;
		// Nor shall a process take it that does not know yet.
		if (token.value === refusedToken) await store.discard(token);
		return undefined;
	}

	async function loginForAll(signal: AbortSignal): Promise<string> {
		const sentAt = clock.monotonic();
		const token = await login(signal);
		const expiresInMs = lifetimeMs - (clock.monotonic() - sentAt);
		// Where it cannot be stored, the others log in by themselves; ours is as good.
		if (expiresInMs >= 1) await store.put(token, expiresInMs).catch(ignoreRedis);
		return token;
	}

	async function fromRedis(signal: AbortSignal, refusedToken: string | undefined): Promise<string | UsedToken> {
		const giveUpAt = clock.monotonic() + lockMs + PATIENCE_MS;
		while (clock.monotonic() < giveUpAt) {
			const early = await usableToken(refusedToken);
			if (early) return early;
			const unlock = await store.lock(lockMs);
			if (unlock) {
				try {
					// Between the look and the lock, the one who had the lock may have finished.
					return (await usableToken(refusedToken)) ?? (await loginForAll(signal));
				} finally {
					await unlock().catch(ignoreRedis);
				}
			}
			await sleep(clock, LOOK_MS * (1 - random() / 2), signal);
		}
		return await loginForAll(signal);
	}

	return async (signal: AbortSignal, refusedToken?: string): Promise<string | UsedToken> => {
		try {
			return await fromRedis(signal, refusedToken);
		} catch (error) {
			if (!(error instanceof RedisError)) throw error;
			return await login(signal);
		}
	};
}

function ignoreRedis(error: unknown): void {
	if (!(error instanceof RedisError)) throw error;
}
