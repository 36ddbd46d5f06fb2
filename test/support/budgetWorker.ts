// A process with a budget of its own, or one shared through Redis: `fork` it and send it `WorkerOrder`s.
import type { CallKind } from '../../client/budget/rateBudget';
import { redisBudget, type RedisBudgetOptions } from '../../client/budget/redisBudget';
import { redisConnectionFor } from '../../client/redis/redisConnection';
import { systemClock } from '../../client/time/systemClock';

export type WorkerSetup = Omit<RedisBudgetOptions, 'redis' | 'clock' | 'onWarning'> & { url: string };

export interface WorkerOrder {
	/** Takes that are asked for at once; each is reported when it was granted. */
	take: CallKind[];
}

export type WorkerReport =
	{ isReady: true } | { kind: CallKind; /** In ms since 1970. */ sentAt: number } | { warning: string };

const report = (what: WorkerReport) => process.send?.(what);

const { url, ...options } = JSON.parse(process.argv[2] ?? '{}') as WorkerSetup;
const redis = redisConnectionFor(url);
const onWarning = (warning: string) => report({ warning });
const budget = redisBudget({ ...options, redis, clock: systemClock, onWarning });
const { signal } = new AbortController();

process.on('message', ({ take }: WorkerOrder) => {
	for (const kind of take) {
		budget.take(kind, signal).then(
			() => report({ kind, sentAt: Date.now() }),
			// The budget was closed.
			() => {},
		);
	}
});
// Without the channel nothing of ours keeps the process alive.
process.on('disconnect', () => budget.close());
report({ isReady: true });
