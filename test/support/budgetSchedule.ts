import fc from 'fast-check';

import type { CallKind, RateBudget } from '../../client/budget/rateBudget';
import { settle, type FakeClock } from './fakeClock';

/** What happens to a budget: somebody comes, time goes by, somebody gives up, the service asks to wait. */
export type BudgetStep =
	| { do: 'take'; kind: CallKind; count: number }
	| { do: 'wait'; ms: number }
	| { do: 'abort'; which: number }
	| { do: 'hold'; ms: number };

const kind = fc.constantFrom<CallKind>('call', 'call', 'stream');
const step: fc.Arbitrary<BudgetStep> = fc.oneof(
	{
		arbitrary: fc.record({ do: fc.constant('take' as const), kind, count: fc.integer({ min: 1, max: 12 }) }),
		weight: 6,
	},
	{ arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 90_000 }) }), weight: 4 },
	{ arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat() }), weight: 2 },
	{ arbitrary: fc.record({ do: fc.constant('hold' as const), ms: fc.integer({ min: 1, max: 120_000 }) }), weight: 1 },
);

export const budgetSchedule = fc.array(step, { maxLength: 60 });

export interface Request {
	kind: CallKind;
	/** When it was sent, in ms of the monotonic clock; undefined: not yet, or never. */
	sentAt?: number;
	abort: AbortController;
	/** How many had been sent, of all, when this one was. */
	place?: number;
}

/** Plays a schedule and waits, without hurry, until nobody waits any more. */
export class BudgetPlay {
	readonly requests: Request[] = [];
	readonly holds: Array<{ from: number; until: number }> = [];
	#sent = 0;

	constructor(
		readonly budget: RateBudget,
		readonly clock: FakeClock,
	) {}

	take(requestKind: CallKind): Request {
		const request: Request = { kind: requestKind, abort: new AbortController() };
		this.requests.push(request);
		const sent = () => {
			request.sentAt = this.clock.monotonic();
			request.place = this.#sent++;
		};
		if (this.budget.takeNow?.(requestKind)) sent();
		else this.budget.take(requestKind, request.abort.signal).then(sent, () => {});
		return request;
	}

	hold(ms: number): void {
		this.budget.holdFor(ms);
		const from = this.clock.monotonic();
		this.holds.push({ from, until: from + ms });
	}

	async play(steps: readonly BudgetStep[]): Promise<void> {
		for (const next of steps) {
			if (next.do === 'take') for (let left = next.count; left > 0; left--) this.take(next.kind);
			if (next.do === 'wait') await this.clock.advance(next.ms);
			if (next.do === 'abort') this.waiting[next.which % this.waiting.length]?.abort.abort();
			if (next.do === 'hold') this.hold(next.ms);
			await settle();
		}
	}

	get waiting(): Request[] {
		return this.requests.filter(({ sentAt, abort }) => sentAt === undefined && !abort.signal.aborted);
	}

	/** When requests of this kind were sent, or of both, in order. */
	times(...kinds: CallKind[]): number[] {
		return this.requests
			.flatMap(({ kind: of, sentAt }) => (sentAt !== undefined && kinds.includes(of) ? [sentAt] : []))
			.sort((a, b) => a - b);
	}
}

/** The largest number of them in any window, wherever it starts. @param times in ms, in order */
export function mostWithin(windowMs: number, times: readonly number[]): number {
	return times.reduce((most, from, index) => {
		const inWindow = times.slice(index).filter((time) => time <= from + windowMs);
		return Math.max(most, inWindow.length);
	}, 0);
}

/** What a call failed with, or `undefined`. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
	return await call.then(
		() => undefined,
		(error: unknown) => error,
	);
}
