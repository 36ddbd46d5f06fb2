import { systemClock } from '../time/systemClock';
import { parseRedisUrl } from './redisAddress';
import { RedisError } from './redisError';
import { RedisSession } from './redisSession';

/** What our scripts and commands need of a Redis. Every failure is a `RedisError`. */
export interface RedisConnection {
	/** Runs a Lua script; it travels only once. `keys` and `args` are its KEYS and ARGV. */
	run(script: string, keys: string[], args: string[]): Promise<unknown>;
	command(...args: string[]): Promise<unknown>;
	/** Lets running commands come to their end (within half a second); the connection ends with its last user. */
	close(): Promise<void>;
}

const sessions = new Map<string, { session: RedisSession; users: number }>();

/**
 * The connection of this process to a Redis: all who name the same URL share one, until the last of them has closed his.
 * - It is made by the first command, and made anew by the next command after it was lost, with back-off: a Redis that
 *   cannot be reached costs a command now and then up to its time limit, and all others nothing, as they fail at once.
 * - Every command is over within 2 seconds, one way or the other. What failed may have happened nevertheless.
 * - It keeps no process alive, other than for the commands that run.
 * - Single Redis servers, their replacements behind the same name (failover), and services that look like one; not a
 *   Redis Cluster.
 * @param url `redis://[user[:password]@]host[:port][/database]`; `rediss://` is the same over TLS, which is verified
 * @throws {RedisError} when the URL is malformed
 */
export function redisConnectionFor(url: string): RedisConnection {
	let shared = sessions.get(url);
	if (!shared) {
		shared = { session: new RedisSession(parseRedisUrl(url), systemClock, Math.random), users: 0 };
		sessions.set(url, shared);
	}
	shared.users++;
	return new SharedConnection(shared.session, async () => {
		if (--shared.users > 0) return;
		sessions.delete(url);
		await shared.session.close();
	});
}

class SharedConnection implements RedisConnection {
	readonly #session: RedisSession;
	readonly #leave: () => Promise<void>;
	#closing: Promise<void> | undefined;

	constructor(session: RedisSession, leave: () => Promise<void>) {
		this.#session = session;
		this.#leave = leave;
	}

	async run(script: string, keys: string[], args: string[]): Promise<unknown> {
		this.#throwIfClosed();
		return await this.#session.run(script, keys, args);
	}

	async command(...args: string[]): Promise<unknown> {
		this.#throwIfClosed();
		return await this.#session.command(args);
	}

	async close(): Promise<void> {
		this.#closing ??= this.#leave();
		await this.#closing;
	}

	#throwIfClosed(): void {
		if (this.#closing) throw new RedisError('The connection to Redis was closed by this program');
	}
}
