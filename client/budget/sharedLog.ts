import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/v4';

import type { RedisConnection } from '../redis/redisConnection';
import { RedisError } from '../redis/redisError';
import { ASK, HOLD } from './budgetScripts';
import { MAX_HOLD_MS, type BudgetShape } from './budgetShape';
import type { CallKind } from './rateBudget';

/** So much later than announced, in ms, a process may come to claim its turn: a busy event loop, a slow Redis. */
const LEASE_GRACE_MS = 3_000;

const LETTERS: Readonly<Record<CallKind, string>> = { call: 'c', stream: 's' };

/** A request that this process has sent. */
export interface Sent {
	id: string;
	kind: CallKind;
	/** In ms of the monotonic clock. */
	at: number;
}

export interface Question {
	/** Who waits, in order. */
	kinds: readonly CallKind[];
	/** Ids are given from this number on. */
	firstNumber: number;
	/** A request that the log must know, as it still counts. */
	known: Sent | undefined;
	/** Requests that were sent without asking, or later than the log believes. */
	sent: readonly Sent[];
	/** In ms of the monotonic clock. */
	now: number;
}

export interface Answer {
	/** Who may go, in order. */
	granted: CallKind[];
	/** Time until it is worth asking for the others, in ms. */
	waitMs: number;
}

const answerSchema = z.tuple([z.string().regex(/^[cs]*$/), z.number()]);

/** The log of an account's requests over all processes, kept in Redis. Every method throws `RedisError`. */
export class SharedLog {
	readonly #me = randomUUID();
	readonly #redis: RedisConnection;
	#sizes: string[] = [];
	readonly #log: string;
	readonly #streams: string;
	readonly #hold: string;
	readonly #keys: string[];

	/** @param account whose budget it is; holds no secret */
	constructor(redis: RedisConnection, account: string, shape: BudgetShape) {
		this.#redis = redis;
		this.resize(shape);
		// What is in braces decides where a sharded Redis keeps a key: all in one place.
		const digest = createHash('sha256').update(account).digest('hex').slice(0, 32);
		const key = (name: string) => `n8n-nodes-cognigy:budget:{${digest}}:${name}`;
		this.#log = key('log');
		this.#streams = key('streams');
		this.#hold = key('hold');
		this.#keys = [this.#log, this.#streams, key('line'), key('leases'), key('wants'), this.#hold];
	}

	/** From now on it is asked for another budget. */
	resize({ all, stream }: BudgetShape): void {
		this.#sizes = [all.limit, all.spanMs, stream.limit, stream.spanMs, LEASE_GRACE_MS].map(String);
	}

	idOf(number: number): string {
		return `${this.#me}:${number}`;
	}

	/** @returns `lost` when the log does not know what it must know: Redis has lost its data */
	async ask({ kinds, firstNumber, known, sent, now }: Question): Promise<Answer | 'lost'> {
		const reports = sent.map(({ id, kind, at }) => `${LETTERS[kind]}:${Math.floor(now - at)}:${id}`);
		const line = kinds.map((kind) => LETTERS[kind]).join('');
		const args = [this.#me, ...this.#sizes, String(firstNumber), known?.id ?? '', line, ...reports];
		const answer = answerSchema.safeParse(await this.#redis.run(ASK, this.#keys, args));
		if (!answer.success) throw new RedisError('Redis gave an answer that our script does not give');
		const [letters, waitMs] = answer.data;
		if (waitMs < 0) return 'lost';
		return { granted: [...letters].map((letter) => (letter === 's' ? 'stream' : 'call')), waitMs };
	}

	async hold(ms: number): Promise<void> {
		await this.#redis.run(HOLD, [this.#hold], [String(Math.ceil(Math.min(ms, MAX_HOLD_MS)))]);
	}

	/** They were granted and not sent. */
	async giveBack(ids: readonly string[]): Promise<void> {
		await this.#redis.command('ZREM', this.#log, ...ids);
		await this.#redis.command('ZREM', this.#streams, ...ids);
	}
}
