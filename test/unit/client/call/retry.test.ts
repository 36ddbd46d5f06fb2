import { getEventListeners } from 'node:events';

import { CognigyError, type CognigyErrorDetails } from '../../../../client/errors';
import { certainlyDidNotRun, isPassingFault, withRetries } from '../../../../client/call/retry';
import { Deadline } from '../../../../client/time/deadline';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock, settle } from '../../../support/fakeClock';

const LIMIT_MS = 60_000;

function fault(details: Partial<CognigyErrorDetails> = {}): CognigyError {
	return new CognigyError({ category: 'server', message: 'no', advice: '', isTransient: true, ...details });
}

/** A call that fails with one error after the other, and then gives an answer. */
function failing(...errors: Error[]) {
	const call = jest.fn<Promise<string>, []>();
	for (const error of errors) call.mockRejectedValueOnce(error);
	return call.mockResolvedValue('answer');
}

interface Setting {
	clock?: FakeClock;
	random?: () => number;
	retries?: number;
	limitMs?: number;
	signal?: AbortSignal;
	isRepeatable?: (error: CognigyError) => boolean;
}

function run(call: () => Promise<string>, setting: Setting = {}) {
	const {
		clock = new FakeClock({ skipsUpToMs: 30_000 }),
		random = () => 0,
		retries = 3,
		limitMs = LIMIT_MS,
		signal,
		isRepeatable = isPassingFault,
	} = setting;
	const deadline = new Deadline(clock, limitMs, signal ? [signal] : []);
	const result = withRetries({ clock, random, deadline }, { retries, isRepeatable }, call).finally(() =>
		deadline.dispose(),
	);
	return { result, clock, deadline };
}

describe('how often a call is made', () => {
	it('is once when it succeeds', async () => {
		const call = failing();
		expect(await run(call).result).toBe('answer');
		expect(call).toHaveBeenCalledTimes(1);
	});

	it.each([1, 2, 3])('is until it succeeds, after %d passing faults', async (faults) => {
		const call = failing(...Array.from({ length: faults }, () => fault()));
		expect(await run(call).result).toBe('answer');
		expect(call).toHaveBeenCalledTimes(faults + 1);
	});

	it.each([0, 1, 3, 10])(
		'is the first time and %d repetitions at most; then the last error counts',
		async (retries) => {
			const errors = Array.from({ length: 12 }, (_, index) => fault({ message: `fault ${index}` }));
			const call = failing(...errors);

			expect(await cognigyErrorOf(run(call, { retries }).result)).toBe(errors[retries]);
			expect(call).toHaveBeenCalledTimes(retries + 1);
		},
	);

	it('is once when the fault stays', async () => {
		const call = failing(fault({ category: 'notFound', isTransient: false }));

		expect((await cognigyErrorOf(run(call).result)).category).toBe('notFound');
		expect(call).toHaveBeenCalledTimes(1);
	});

	it.each([new Error('a defect'), new TypeError('a defect'), new TypeError('fetch failed')])(
		'is once when %p is thrown, which is no error of the service',
		async (defect) => {
			const call = failing(defect);

			await expect(run(call).result).rejects.toBe(defect);
			expect(call).toHaveBeenCalledTimes(1);
		},
	);
});

describe('which faults are repeated', () => {
	const passing = fault();
	const uncertain = fault({ mayHaveRun: true });
	const lasting = fault({ isTransient: false });

	it('for a safe call: every passing one', () => {
		expect([passing, uncertain, lasting].map(isPassingFault)).toEqual([true, true, false]);
	});

	it('for a start: only one after which the flow certainly did not run', () => {
		expect([passing, uncertain, lasting].map(certainlyDidNotRun)).toEqual([true, false, false]);
	});

	it('is up to the policy', async () => {
		const call = failing(fault({ mayHaveRun: true }));

		expect((await cognigyErrorOf(run(call, { isRepeatable: certainlyDidNotRun }).result)).mayHaveRun).toBe(true);
		expect(call).toHaveBeenCalledTimes(1);
	});
});

describe('the pauses in between', () => {
	it('grow, with jitter', async () => {
		const { result, clock } = run(failing(fault(), fault(), fault()), { random: () => 0.5 });
		await result;

		expect(clock.skipped).toEqual([250, 500, 1_000]);
	});

	it('take a new chance each time', async () => {
		const chances = [0.1, 0.9, 0.2];
		const { result, clock } = run(failing(fault(), fault(), fault()), { random: () => chances.shift() ?? 1 });
		await result;

		expect(clock.skipped).toEqual([50, 900, 400]);
	});

	it('are really made', async () => {
		const clock = new FakeClock();
		const call = failing(fault());
		const { result } = run(call, { clock, random: () => 0.5 });

		await clock.advance(249);
		expect(call).toHaveBeenCalledTimes(1);
		await clock.advance(1);
		expect(call).toHaveBeenCalledTimes(2);
		expect(await result).toBe('answer');
	});

	it('last as long as the service asked for, and the jitter comes on top', async () => {
		const { result, clock } = run(failing(fault({ retryAfterMs: 7_000 })), { random: () => 0.5 });
		await result;

		expect(clock.skipped).toEqual([7_250]);
	});

	it('follow the wish of each answer on its own', async () => {
		const { result, clock } = run(failing(fault({ retryAfterMs: 7_000 }), fault(), fault({ retryAfterMs: 2_000 })));
		await result;

		expect(clock.skipped).toEqual([7_000, 0, 2_000]);
	});

	it('leave no timer and no listener behind', async () => {
		const { result, clock, deadline } = run(failing(fault(), fault()));
		await result;

		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(deadline.signal, 'abort')).toHaveLength(0);
	});
});

describe('a pause that does not fit into the time left', () => {
	it.each([LIMIT_MS, LIMIT_MS + 1, 1e20, Infinity])(
		'(%p ms) is not begun: the last error comes at once',
		async (ms) => {
			const last = fault({ category: 'rateLimit', retryAfterMs: ms });
			const call = failing(last);
			const { result, clock } = run(call);

			expect(await cognigyErrorOf(result)).toBe(last);
			expect(call).toHaveBeenCalledTimes(1);
			expect(clock.monotonic()).toBe(0);
		},
	);

	it('is measured by what is left, not by the whole', async () => {
		const clock = new FakeClock();
		const call = failing(fault({ retryAfterMs: 40_000 }), fault({ retryAfterMs: 20_000, message: 'last' }));
		const { result } = run(call, { clock });
		const outcome = cognigyErrorOf(result);
		await clock.advance(40_000);

		expect((await outcome).message).toBe('last');
		expect(call).toHaveBeenCalledTimes(2);
	});

	it('fits when it ends a moment before the limit', async () => {
		const clock = new FakeClock();
		const call = failing(fault({ retryAfterMs: LIMIT_MS - 1 }));
		const { result } = run(call, { clock });
		await clock.advance(LIMIT_MS - 1);

		expect(await result).toBe('answer');
	});
});

describe('a cancellation during a pause', () => {
	it('ends it at once, and nothing is sent any more', async () => {
		const clock = new FakeClock();
		const caller = new AbortController();
		const call = failing(fault({ retryAfterMs: 30_000 }));
		const { result, deadline } = run(call, { clock, signal: caller.signal });
		const outcome = result.catch((error: unknown) => error);
		await settle();
		expect(call).toHaveBeenCalledTimes(1);

		caller.abort();
		expect(await outcome).toBe(deadline.signal.reason);
		await clock.advance(LIMIT_MS);

		expect(deadline.end).toBe('cancelled');
		expect(call).toHaveBeenCalledTimes(1);
		expect(clock.pendingTimers).toBe(0);
	});
});
