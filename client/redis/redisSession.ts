import { createHash } from 'node:crypto';

import type { Clock } from '../time/clock';
import { hostOf, type RedisAddress } from './redisAddress';
import { RedisError } from './redisError';
import { isRedisLibraryLoaded, loadRedisLibrary } from './redisLibrary';
import { LinkFailure, RedisLink } from './redisLink';

/** Time for one command, in ms, with making the connection if need be. */
const COMMAND_MS = 2_000;
/** How long running commands may hold up the end, in ms. */
const CLOSE_MS = 500;
/** Pause after the first failure in a row, in ms; it doubles with every further one. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Every pause is shortened by chance by up to this share, so that many processes do not come back together. */
const PAUSE_JITTER = 0.5;

/** The way to one Redis over any number of connections, one at a time: life, time limit, back-off and errors. */
export class RedisSession {
	readonly #address: RedisAddress;
	readonly #clock: Clock;
	readonly #random: () => number;
	readonly #running = new Set<Promise<unknown>>();
	#link: RedisLink | undefined;
	/** Failures in a row; an answer ends the row, even one that says no. */
	#failures = 0;
	#pause: { until: number; problem: string } | undefined;

	/** @param random a number from 0 (included) to 1 (excluded) */
	constructor(address: RedisAddress, clock: Clock, random: () => number) {
		this.#address = address;
		this.#clock = clock;
		this.#random = random;
	}

	/**
	 * Runs a script by its digest; a Redis that does not know it (restarted, failed over, flushed) gets it once more.
	 * @throws {RedisError}
	 */
	async run(script: string, keys: string[], args: string[]): Promise<unknown> {
		const digest = createHash('sha1').update(script).digest('hex');
		const parameters = [String(keys.length), ...keys, ...args];
		return await this.#perform(async (link) => {
			try {
				return await link.command(['EVALSHA', digest, ...parameters]);
			} catch (error) {
				if (!(error instanceof LinkFailure && error.replyCode === 'NOSCRIPT')) throw error;
				return await link.command(['EVAL', script, ...parameters]);
			}
		});
	}

	/** @throws {RedisError} */
	async command(args: string[]): Promise<unknown> {
		return await this.#perform(async (link) => await link.command(args));
	}

	/** Ends the connection when the running commands are over, or at the end of their grace. */
	async close(): Promise<void> {
		let cancelTimer = () => {};
		const grace = new Promise<void>((resolve) => {
			cancelTimer = this.#clock.after(CLOSE_MS, resolve);
		});
		await Promise.race([Promise.allSettled(this.#running), grace]);
		cancelTimer();
		this.#link?.end();
		this.#link = undefined;
	}

	async #perform(use: (link: RedisLink) => Promise<unknown>): Promise<unknown> {
		if (this.#pause && this.#clock.monotonic() < this.#pause.until) throw this.#error(this.#pause.problem);
		const link = (this.#link ??= this.#open());
		const result = this.#limited(link, async () => await use(link));
		this.#running.add(result);
		try {
			const answer = await result;
			this.#failures = 0;
			return answer;
		} catch (error) {
			const { message, replyCode } = error instanceof LinkFailure ? error : new LinkFailure('the exchange failed');
			if (replyCode === undefined) this.#fail(link, message);
			else this.#failures = 0;
			// After a failover the host's name leads to the new primary; this connection still leads to the old one.
			if (replyCode === 'READONLY') this.#drop(link);
			throw this.#error(message);
		} finally {
			this.#running.delete(result);
		}
	}

	#open(): RedisLink {
		const link = new RedisLink(this.#address, () => this.#lose(link));
		return link;
	}

	async #limited<T>(link: RedisLink, ask: () => Promise<T>): Promise<T> {
		// Once per process; how long that takes says nothing about Redis.
		if (!isRedisLibraryLoaded()) await loadRedisLibrary();
		let cancelTimer = () => {};
		const limit = new Promise<never>((_, reject) => {
			const tooLate = () => {
				reject(new LinkFailure(`it did not answer within ${COMMAND_MS / 1000} seconds${link.silence}`));
			};
			cancelTimer = this.#clock.after(COMMAND_MS, tooLate);
		});
		try {
			return await Promise.race([ask(), limit]);
		} finally {
			cancelTimer();
		}
	}

	/** Lost while nobody used it, as Redis was restarted perhaps: the next command gets another link, without a pause. */
	#lose(link: RedisLink): void {
		if (this.#running.size === 0) this.#drop(link);
	}

	/** A link that failed, or that does not answer (half open, perhaps), is of no use; it counts once, for all who used it. */
	#fail(link: RedisLink, problem: string): void {
		if (this.#link !== link) return;
		this.#drop(link);
		const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
		const ms = longestMs * (1 - PAUSE_JITTER * this.#random());
		this.#failures++;
		this.#pause = { until: this.#clock.monotonic() + ms, problem };
	}

	#drop(link: RedisLink): void {
		if (this.#link === link) this.#link = undefined;
		link.end();
	}

	#error(problem: string): RedisError {
		return new RedisError(`Redis at ${hostOf(this.#address)}: ${problem}`);
	}
}
