import { redisFeed } from '../../client/streams/feed/redis/redisFeed';
import { feedSessions } from '../../client/streams/feed/feedSessions';
import type { SessionFeed } from '../../client/streams/feed/sessionFeed';
import type { SharedSessions } from '../../client/streams/feed/sharedSessions';
import type { HeardMessage } from '../../client/streams/heardMessage';
import type { MessageSource, OpenSource, SourceListener } from '../../client/streams/messageSource';
import { SessionFollower, type ReadOptions } from '../../client/streams/sessionFollower';
import type { RedisConnection } from '../../client/redis/redisConnection';
import { systemClock } from '../../client/time/systemClock';

export const SESSION = 'session';

export const message = (id: string, type = 'bot'): HeardMessage => ({ messageId: id, text: id, type, timestamp: '' });

/**
 * A service that hands out each message to one of those who ask, and the next ones when these are acknowledged. What a
 * connection did not acknowledge until its end is handed out again.
 */
export class OnceService {
	readonly #waiting: HeardMessage[] = [];
	readonly connections: ServiceConnection[] = [];
	/** How many are handed out together. */
	atOnce = 3;
	/** Which of those who ask is given the next ones. */
	choose = (count: number) => count - 1;

	say(...messages: HeardMessage[]): void {
		this.#waiting.push(...messages);
		this.handOut();
	}

	takeBack(messages: readonly HeardMessage[]): void {
		this.#waiting.unshift(...messages);
		this.handOut();
	}

	/** Nothing is handed out, and all is acknowledged. */
	get isDone(): boolean {
		return this.#waiting.length === 0 && this.#isFree;
	}

	get #isFree(): boolean {
		return this.connections.every(({ isWaitedFor }) => !isWaitedFor);
	}

	handOut(): void {
		const open = this.connections.filter(({ canTake }) => canTake);
		if (this.#waiting.length === 0 || !this.#isFree || open.length === 0) return;
		open[this.choose(open.length)]?.give(this.#waiting.splice(0, this.atOnce));
	}

	/** @param owner whose connections it makes */
	source(owner?: object): MessageSource {
		return { open: (listener) => new ServiceConnection(this, listener, owner) };
	}
}

export class ServiceConnection implements OpenSource {
	#isOpen = false;
	#given: readonly HeardMessage[] = [];

	constructor(
		private readonly service: OnceService,
		readonly listener: SourceListener,
		readonly owner?: object,
	) {}

	get isOpen(): boolean {
		return this.#isOpen;
	}

	get isWaitedFor(): boolean {
		return this.#given.length > 0;
	}

	get canTake(): boolean {
		return this.#isOpen && !this.listener.isFull;
	}

	give(messages: readonly HeardMessage[]): void {
		this.#given = messages;
		this.listener.onMessages(messages, () => {
			if (this.#given !== messages) return;
			this.#given = [];
			queueMicrotask(() => this.service.handOut());
		});
	}

	start(): void {
		this.#isOpen = true;
		this.service.connections.push(this);
		queueMicrotask(() => this.service.handOut());
	}

	yieldsTo(): boolean {
		return false;
	}

	changed(): void {
		queueMicrotask(() => this.service.handOut());
	}

	close(): void {
		this.#isOpen = false;
		const { connections } = this.service;
		const place = connections.indexOf(this);
		if (place >= 0) connections.splice(place, 1);
		const given = this.#given;
		this.#given = [];
		if (given.length > 0) this.service.takeBack(given);
	}
}

/** How long streams wait for what others have heard of a session that is over, in ms: not as long as in earnest. */
const LATE_MS = 2_000;

/** What becomes of the next exchanges of a process. */
export type ExchangeFault = 'before' | 'after';

/** One process that shares sessions with others. */
export class SharingProcess {
	readonly faults: ExchangeFault[] = [];
	/** How many went well. */
	exchanges = 0;
	/** Redis does not answer it. */
	isCutOff = false;
	/** How often it has found that out. */
	unanswered = 0;
	readonly feed: SessionFeed;
	readonly sessions: SharedSessions;
	readonly follower: SessionFollower;
	readonly #redis: RedisConnection;
	readonly #account: string;
	readonly #service: OnceService;
	readonly #leaving = new AbortController();
	/** It was killed. Asked for anew each time, as that may happen meanwhile. */
	isDead = false;

	constructor(redis: RedisConnection, account: string, service: OnceService) {
		this.#redis = redis;
		this.#account = account;
		this.#service = service;
		const feed = redisFeed(redis, account);
		this.feed = {
			process: feed.process,
			exchange: async (exchange) => {
				const state = await this.#disturbed(async () => await feed.exchange(exchange));
				this.exchanges++;
				return state;
			},
			changes: async (since) => await this.#disturbed(async () => await feed.changes(since)),
			ids: async (name) => await this.#disturbed(async () => await feed.ids(name)),
		};
		// Pauses after faults are short.
		const random = () => 0.01;
		this.sessions = feedSessions({ feed: this.feed, clock: systemClock, random, lateMs: LATE_MS });
		this.follower = new SessionFollower({ source: this.source(service.source(this)), clock: systemClock, random });
	}

	source(inner: MessageSource): MessageSource {
		return this.sessions.share(SESSION, inner);
	}

	/** What somebody hears who reads from now on. */
	read(options: Partial<ReadOptions> & { source?: MessageSource; knownIds?: string[] } = {}): Reading {
		const { source, knownIds = [], ...readOptions } = options;
		const leaving = new AbortController();
		const heard: HeardMessage[] = [];
		const reading: Reading = { heard, isOver: false, leave: () => leaving.abort(), room: () => {}, hasRoom: true };
		const begin: Array<() => void> = [];
		reading.room = () => begin.splice(0).forEach((begun) => begun());
		void this.follower
			.read(
				knownIds,
				{ signal: AbortSignal.any([leaving.signal, this.#leaving.signal]), kind: 'stream', ...readOptions },
				(batch) => {
					if (this.isDead) return;
					heard.push(...batch.messages);
					if (reading.hasRoom) batch.begun();
					else begin.push(batch.begun);
					batch.acknowledge();
				},
				source,
			)
			.then(() => (reading.isOver = true));
		return reading;
	}

	/** It does nothing more, and others take it for dead. */
	async kill(): Promise<void> {
		this.isDead = true;
		this.isCutOff = true;
		for (const connection of [...this.#service.connections]) {
			if (connection.owner === this) connection.close();
		}
		await this.goSilent();
	}

	/** As if nothing had been heard of it for as long as its lease lasts. */
	async goSilent(): Promise<void> {
		const [seconds] = (await this.#redis.command('TIME')) as string[];
		const key = `n8n-nodes-cognigy:{${this.#account}}:feeds:processes`;
		await this.#redis.command('ZADD', key, String((Number(seconds) - 1) * 1000), this.feed.process);
	}

	/** Ends in order. */
	end(): void {
		this.#leaving.abort();
	}

	async #disturbed<T>(work: () => Promise<T>): Promise<T> {
		if (this.isDead) return await never();
		if (this.isCutOff) {
			this.unanswered++;
			throw new Error('Redis does not answer');
		}
		const fault = this.faults.shift();
		if (fault === 'before') throw new Error('not done');
		const result = await work();
		if (this.isDead) return await never();
		if (fault === 'after') throw new Error('done, but nobody knows');
		return result;
	}
}

async function never(): Promise<never> {
	return await new Promise<never>(() => {});
}

export interface Reading {
	readonly heard: HeardMessage[];
	isOver: boolean;
	leave: () => void;
	/** Begins with all that waits. */
	room: () => void;
	hasRoom: boolean;
}
