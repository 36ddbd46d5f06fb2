import type { RedisConnection } from '../redis/redisConnection';
import { RedisError } from '../redis/redisError';
import type { Clock } from '../time/clock';
import type { OpenSharedBudget } from './accountBudget';
import { budgetShape, type BudgetShape, type BudgetSize } from './budgetShape';
import type { CallKind } from './rateBudget';
import type { BudgetBefore, ResizableBudget } from './resizableBudget';
import { SentRequests } from './sentRequests';
import { SharedLog, type Answer, type Sent } from './sharedLog';
import { WaitingLine } from './waitingLine';

/** How many of a kind ask at once. */
const MAX_BATCH = 100;
/**
 * An answer that took longer than this, in ms, is old: the request goes out so much later than the log believes that
 * the log has to be told, or else the margin of the budget would be used up.
 */
const OLD_ANSWER_MS = 100;

export interface RedisBudgetOptions extends BudgetSize {
	/** What another budget of the same account knew, which this one takes the place of; Redis is told of it. */
	before?: BudgetBefore;
	redis: RedisConnection;
	/** Whose budget it is; holds no secret. All who name the same account share the budget. */
	account: string;
	clock: Clock;
	/** Called once per outage of Redis, with a sentence for n8n's log. */
	onWarning: (message: string) => void;
}

/**
 * The budget of an account over all processes that use the same Redis. Nobody sends what the shared log does not
 * grant, nor what this process alone may not send.
 *
 * - Order: as it came within a process; between processes the one that waits longest goes first, and each keeps its
 *   share of what is free, so that no process starves (`budgetScripts.ts`).
 * - Waiting: the log tells when to come back; nothing is asked in between.
 * - Redis cannot be reached, or is too slow: each process keeps to the budget by itself and says so once, as stopping
 *   all conversations would be worse than a 429 now and then. So during an outage the guarantee holds per process, not
 *   for all together. When Redis is back, it is told what was sent meanwhile, also when it comes back empty.
 * - A process that is killed while it waits keeps its share until a little after its turn would have been.
 *
 * Our own code for the reasons of `localBudget`; and of the libraries that share a limit through Redis, none has a share
 * for one kind of request, or a hold, in a window that slides.
 */
export function redisBudget(options: RedisBudgetOptions): ResizableBudget {
	return new RedisBudget(options);
}

/** Budgets that are shared through Redis. @param open throws `RedisError` when the URL is malformed */
export function sharedByRedis(open: (url: string) => RedisConnection): OpenSharedBudget {
	return (url) => {
		const redis = open(url);
		return {
			budget: (options) => redisBudget({ ...options, redis }),
			close: async () => await redis.close(),
		};
	};
}

class RedisBudget implements ResizableBudget {
	readonly #clock: Clock;
	readonly #onWarning: (message: string) => void;
	#shape: BudgetShape;
	readonly #shared: SharedLog;
	readonly #line: WaitingLine;
	/** What this process sent, and may send by itself. */
	readonly #own: SentRequests;
	/** Those of them that count as yet: what Redis may have to be told. */
	#recent: Sent[] = [];
	#unreported: Sent[] = [];
	#nextNumber = 0;
	#cancelTimer = () => {};
	#isAsking = false;
	/** Something happened while an answer was awaited. */
	#askAgain = false;
	/** The shared line holds a place for this process. */
	#isInLine = false;
	#isOutage = false;
	/** Closed, or another budget has taken its place. */
	#isClosed = false;

	constructor({ redis, account, clock, onWarning, before, ...size }: RedisBudgetOptions) {
		this.#clock = clock;
		this.#onWarning = onWarning;
		this.#shape = budgetShape(size);
		this.#shared = new SharedLog(redis, account, this.#shape);
		this.#line = before?.line ?? new WaitingLine();
		this.#line.onLeave = () => this.#serve();
		this.#own = before?.sent ?? new SentRequests(this.#shape);
		if (before) this.#takeOver();
	}

	async take(kind: CallKind, signal: AbortSignal): Promise<void> {
		const turn = this.#line.join(kind, signal);
		this.#serve();
		await turn;
	}

	holdFor(ms: number): void {
		if (!(ms > 0)) return;
		this.#own.hold(ms, this.#clock.monotonic());
		this.#inBackground(this.#shared.hold(ms));
	}

	resize(size: BudgetSize): void {
		this.#shape = budgetShape(size);
		this.#own.resize(this.#shape);
		this.#shared.resize(this.#shape);
		this.#serve();
	}

	release(): BudgetBefore {
		this.#leave();
		return { line: this.#line, sent: this.#own };
	}

	close(): void {
		this.#line.close();
		this.#leave();
	}

	#leave(): void {
		this.#cancelTimer();
		if (this.#isInLine) this.#inBackground(this.#ask([]));
		this.#isClosed = true;
	}

	/** Whoever waits in the line came to another budget. */
	#takeOver(): void {
		this.#own.resize(this.#shape);
		this.#recent = this.#own.recent.map((sent) => ({ ...sent, id: this.#shared.idOf(this.#nextNumber++) }));
		this.#unreported = [...this.#recent];
		this.#serve();
	}

	#serve(): void {
		this.#cancelTimer();
		if (this.#isClosed) return;
		this.#askAgain = true;
		if (!this.#isAsking) void this.#talk();
	}

	/** Asks until there is nothing more to ask now, and comes back when there is. */
	async #talk(): Promise<void> {
		this.#isAsking = true;
		let waitMs: number | undefined;
		while (this.#askAgain && !this.#isClosed) {
			this.#askAgain = false;
			waitMs = await this.#ask(this.#line.kinds(MAX_BATCH));
		}
		this.#isAsking = false;
		if (waitMs !== undefined && !this.#isClosed) this.#cancelTimer = this.#clock.after(waitMs, () => this.#serve());
	}

	/** @returns time until it is worth asking again, in ms; undefined when nobody waits */
	async #ask(waiting: readonly CallKind[]): Promise<number | undefined> {
		const now = this.#clock.monotonic();
		const kinds = waiting.filter((kind) => this.#own.freeAt(kind) <= now);
		if (kinds.length === 0 && !this.#isInLine && this.#unreported.length === 0) return this.#own.waitMs(waiting, now);
		const firstNumber = this.#nextNumber;
		// Whatever becomes of the question, no id is given twice.
		this.#nextNumber += kinds.length;
		let answer: Answer;
		try {
			answer = await this.#askShared(kinds, firstNumber, now);
		} catch (error) {
			return this.#serveAlone(error instanceof RedisError ? error.message : 'Redis failed');
		}
		this.#isOutage = false;
		// Who got something stands in the line no more, even if he wants more.
		this.#isInLine = kinds.some((kind) => !answer.granted.includes(kind));
		this.#letGo(answer.granted, firstNumber, now);
		const isLineLeft = this.#isInLine && this.#line.length === 0;
		const isWorthAsking = answer.granted.length > 0 && this.#line.length > 0;
		if (isLineLeft || isWorthAsking || this.#unreported.length > 0) this.#askAgain = true;
		const refused = waiting.filter((kind) => !kinds.includes(kind));
		return this.#line.length === 0 ? undefined : Math.min(answer.waitMs, this.#own.waitMs(refused, now) ?? Infinity);
	}

	async #askShared(kinds: readonly CallKind[], firstNumber: number, now: number): Promise<Answer> {
		const { all, stream } = this.#shape;
		this.#recent = this.#recent.filter(({ at }) => now - at < stream.spanMs);
		const newest = this.#recent.at(-1);
		const known = newest && now - newest.at < all.spanMs ? newest : undefined;
		const question = { kinds, firstNumber, known, now };
		let answer = await this.#shared.ask({ ...question, sent: this.#unreported });
		if (answer === 'lost') answer = await this.#shared.ask({ ...question, sent: this.#recent });
		// A log that was told cannot have lost what it was told.
		if (answer === 'lost') throw new RedisError('Redis forgets at once what it is told');
		this.#unreported = [];
		return answer;
	}

	#letGo(granted: readonly CallKind[], firstNumber: number, askedAt: number): void {
		const now = this.#clock.monotonic();
		const unused: string[] = [];
		granted.forEach((kind, index) => {
			const id = this.#shared.idOf(firstNumber + index);
			// Since the question somebody may have been told to wait, or have given up.
			if (this.#isClosed || this.#own.freeAt(kind) > now || !this.#line.letGo(kind)) {
				unused.push(id);
				return;
			}
			const sent = { id, kind, at: now };
			this.#own.add(kind, now);
			this.#recent.push(sent);
			if (now - askedAt > OLD_ANSWER_MS) this.#unreported.push(sent);
		});
		if (unused.length > 0) this.#inBackground(this.#shared.giveBack(unused));
	}

	/** The budget of this process alone. The shared log learns of it when it can be asked again: it does not know the newest. */
	#serveAlone(problem: string): number | undefined {
		if (!this.#isOutage) {
			this.#isOutage = true;
			this.#onWarning(
				`${problem}. Until Redis answers again, each n8n process keeps to the rate budget of the credential by itself; together they may exceed it.`,
			);
		}
		if (this.#isClosed) return undefined;
		const now = this.#clock.monotonic();
		return this.#own.letGo(this.#line, now, (kind) => {
			this.#recent.push({ id: this.#shared.idOf(this.#nextNumber++), kind, at: now });
		});
	}

	/** Where it fails, Redis cannot be reached: the next question finds out. */
	#inBackground(work: Promise<unknown>): void {
		work.catch(() => {});
	}
}
