import { systemClock } from '../time/systemClock';
import { ClusterSession } from './clusterSession';
import { parseRedisUrl, type RedisAddress } from './redisAddress';
import { RedisError } from './redisError';
import { RedisSession } from './redisSession';

/** What our scripts and commands need of a Redis. Every failure is a `RedisError`. */
export interface RedisConnection {
	/** Runs a Lua script; it travels only once. `keys` and `args` are its KEYS and ARGV. */
	run(script: string, keys: string[], args: string[]): Promise<unknown>;
	/** A command whose first argument is its key. */
	command(...args: string[]): Promise<unknown>;
	/** Lets running commands come to their end (within half a second); the connection ends with its last user. */
	close(): Promise<void>;
}

type Session = Pick<RedisSession, 'run' | 'command' | 'close'>;

const sessions = new Map<string, { session: Session; users: number }>();

/** So long commands wait for another Redis to take over, in ms: a Sentinel or a cluster needs 5 to 20 seconds for that. */
const FAILOVER_MS = 20_000;

/**
 * The connection of this process to a Redis: all who name the same URL share one, until the last of them has closed his.
 * - It is made by the first command, and made anew by the next command after it was lost, with back-off: a Redis that
 *   cannot be reached costs a command now and then up to its time limit, and all others nothing, as they fail at once.
 * - Every command is over within 2 seconds, one way or the other. What failed may have happened nevertheless.
 * - Behind Sentinels, and in a cluster, it waits up to 20 seconds more for another Redis to take over, once in an outage, as
 *   long as it certainly did not run.
 * - It keeps no process alive, other than for the commands that run.
 * - A connection that was idle for half a minute is tried out first, and replaced if need be.
 * @param place of `redisPlace`: a URL, as `readRedisUrl` reads it, with certificates if there are any
 * @param isPatient whether commands wait for another Redis; those who do and those who do not have a connection each
 * @throws {RedisError} when the URL is malformed
 */
export function redisConnectionFor(place: string, isPatient = true): RedisConnection {
	const key = `${isPatient} ${place}`;
	let shared = sessions.get(key);
	if (!shared) {
		shared = { session: sessionOf(parseRedisUrl(place), isPatient ? FAILOVER_MS : 0), users: 0 };
		sessions.set(key, shared);
	}
	shared.users++;
	return new SharedConnection(shared.session, async () => {
		if (--shared.users > 0) return;
		sessions.delete(key);
		await shared.session.close();
	});
}

function sessionOf(address: RedisAddress, failoverMs: number): Session {
	if (address.cluster) return new ClusterSession(address, systemClock, Math.random, failoverMs);
	return new RedisSession(address, systemClock, Math.random, address.sentinel ? failoverMs : 0);
}

class SharedConnection implements RedisConnection {
	readonly #session: Session;
	readonly #leave: () => Promise<void>;
	#closing: Promise<void> | undefined;

	constructor(session: Session, leave: () => Promise<void>) {
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
