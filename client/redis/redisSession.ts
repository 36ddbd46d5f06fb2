import { createHash } from 'node:crypto';

import type { Clock } from '../time/clock';
import { LinkFailure } from './linkFailure';
import { hostOf, type RedisAddress } from './redisAddress';
import { RedisError } from './redisError';
import { isRedisLibraryLoaded, loadRedisLibrary } from './redisLibrary';
import { Patience } from './patience';
import { RedisLink } from './redisLink';

/** Time for one command, in ms, with making the connection if need be. */
const COMMAND_MS = 2_000;
/** After this time without an answer, in ms, it is asked first whether the connection still leads anywhere. */
const IDLE_MS = 30_000;
/** Time for that, in ms. */
const PROBE_MS = 1_000;
/** How long running commands may hold up the end, in ms. */
const CLOSE_MS = 500;
/** Pause after the first failure in a row, in ms; it doubles with every further one. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Every pause is shortened by chance by up to this share, so that many processes do not come back together. */
const PAUSE_JITTER = 0.5;

/** How a command is sent. */
export interface Way {
	/** With ASKING before it: its keys are just being moved to this node. */
	isAsked?: boolean;
}

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
	/** When the last answer came, in ms of the monotonic clock. */
	#lastAnswer = 0;
	#probe: Promise<void> | undefined;
	readonly #closing = new AbortController();
	readonly #patience: Patience;

	/**
	 * @param random a number from 0 (included) to 1 (excluded)
	 * @param patienceMs so long commands wait for Redis to come back, in one outage; 0: it is tried again by the next command
	 */
	constructor(address: RedisAddress, clock: Clock, random: () => number, patienceMs = 0) {
		this.#address = address;
		this.#clock = clock;
		this.#random = random;
		this.#patience = new Patience(clock, patienceMs, this.#closing.signal);
	}

	/**
	 * Runs a script by its digest; a Redis that does not know it (restarted, failed over, flushed) gets it once more.
	 * @throws {RedisError}
	 */
	async run(script: string, keys: string[], args: string[], { isAsked }: Way = {}): Promise<unknown> {
		const digest = createHash('sha1').update(script).digest('hex');
		const parameters = [String(keys.length), ...keys, ...args];
		return await this.#perform(async (link) => {
			try {
				return await link.command(['EVALSHA', digest, ...parameters], isAsked);
			} catch (error) {
				if (!(error instanceof LinkFailure && error.facts.replyCode === 'NOSCRIPT')) throw error;
				return await link.command(['EVAL', script, ...parameters], isAsked);
			}
		});
	}

	/** @throws {RedisError} */
	async command(args: string[], { isAsked }: Way = {}): Promise<unknown> {
		return await this.#perform(async (link) => await link.command(args, isAsked));
	}

	/** Ends the connection when the running commands are over, or at the end of their grace. */
	async close(): Promise<void> {
		this.#closing.abort();
		let cancelTimer = () => {};
		const grace = new Promise<void>((resolve) => {
			cancelTimer = this.#clock.after(CLOSE_MS, resolve);
		});
		await Promise.race([Promise.allSettled(this.#running), grace]);
		cancelTimer();
		this.#link?.end();
		this.#link = undefined;
	}

	/** Waits and tries again where that is certain to do nothing twice. */
	async #perform(use: (link: RedisLink) => Promise<unknown>): Promise<unknown> {
		for (;;) {
			try {
				const answer = await this.#attempt(use);
				this.#patience.end();
				return answer;
			} catch (error) {
				if (!(error instanceof RedisError && error.facts.mayPass && (await this.#patience.wait()))) throw error;
			}
		}
	}

	async #attempt(use: (link: RedisLink) => Promise<unknown>): Promise<unknown> {
		if (this.#pause && this.#clock.monotonic() < this.#pause.until) {
			throw this.#error(new LinkFailure(this.#pause.problem, { mayPass: true }));
		}
		this.#probeIfIdle();
		if (this.#probe) await this.#probe;
		const link = (this.#link ??= this.#open());
		const result = this.#limited(link, async () => await use(link));
		this.#running.add(result);
		try {
			const answer = await result;
			this.#hasAnswered();
			return answer;
		} catch (error) {
			const failure = error instanceof LinkFailure ? error : new LinkFailure('the exchange failed');
			const { replyCode } = failure.facts;
			if (replyCode === undefined) this.#fail(link, failure);
			else this.#hasAnswered();
			// After a failover the host's name leads to the new primary; this connection still leads to the old one.
			if (replyCode === 'READONLY' || replyCode === 'MASTERDOWN') this.#drop(link);
			throw this.#error(failure);
		} finally {
			this.#running.delete(result);
		}
	}

	#hasAnswered(): void {
		this.#failures = 0;
		this.#lastAnswer = this.#clock.monotonic();
	}

	/**
	 * A connection that somebody on the way forgot without a word looks as good as any other. What finds that out is a command
	 * that changes nothing, so the one that is to be sent is not lost with it.
	 */
	#probeIfIdle(): void {
		const link = this.#link;
		if (!link?.isConnected || this.#running.size > 0 || this.#probe) return;
		if (this.#clock.monotonic() - this.#lastAnswer < IDLE_MS) return;
		const asked = link.command(['TIME']).then(
			() => true,
			// Whoever refuses is there.
			(error: unknown) => error instanceof LinkFailure && error.facts.replyCode !== undefined,
		);
		let cancelTimer = () => {};
		const late = new Promise<boolean>((resolve) => {
			cancelTimer = this.#clock.after(PROBE_MS, () => resolve(false));
		});
		this.#probe = Promise.race([asked, late]).then((isAlive) => {
			cancelTimer();
			this.#probe = undefined;
			if (!isAlive) this.#drop(link);
		});
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
				const problem = `it did not answer within ${COMMAND_MS / 1000} seconds${link.silence}`;
				reject(new LinkFailure(problem, { mayPass: !link.isConnected }));
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
	#fail(link: RedisLink, { message: problem, facts }: LinkFailure): void {
		if (this.#link !== link) return;
		this.#drop(link);
		const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
		const ms = longestMs * (1 - PAUSE_JITTER * this.#random());
		this.#failures++;
		// Whoever has patience tries at a pace of his own.
		if (facts.mayPass && this.#patience.isLeft) return;
		this.#pause = { until: this.#clock.monotonic() + ms, problem };
	}

	#drop(link: RedisLink): void {
		if (this.#link === link) this.#link = undefined;
		link.end();
	}

	#error({ message, facts }: LinkFailure): RedisError {
		return new RedisError(`Redis at ${hostOf(this.#address)}: ${message}`, facts);
	}
}
