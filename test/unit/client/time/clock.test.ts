import { getEventListeners } from 'node:events';

import { sleep } from '../../../../client/time/clock';
import { systemClock } from '../../../../client/time/systemClock';
import { FakeClock } from '../../../support/fakeClock';

describe('sleep', () => {
	it('ends after its time and not before', async () => {
		const clock = new FakeClock();
		const onEnd = jest.fn();
		const sleeping = sleep(clock, 1_000, new AbortController().signal).then(onEnd);

		await clock.advance(999);
		expect(onEnd).not.toHaveBeenCalled();
		await clock.advance(1);
		expect(onEnd).toHaveBeenCalledTimes(1);
		await sleeping;
	});

	it('ends with the reason of the signal as soon as it aborts, and leaves no timer', async () => {
		const clock = new FakeClock();
		const controller = new AbortController();
		const sleeping = expect(sleep(clock, 1_000, controller.signal)).rejects.toBe('enough');

		controller.abort('enough');

		await sleeping;
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
	});

	it('does not begin when the signal has aborted before', async () => {
		const clock = new FakeClock();

		await expect(sleep(clock, 1_000, AbortSignal.abort('too late'))).rejects.toBe('too late');
		expect(clock.pendingTimers).toBe(0);
	});

	it('leaves no listener behind when it ends by itself', async () => {
		const clock = new FakeClock();
		const { signal } = new AbortController();
		const sleeping = sleep(clock, 1_000, signal);
		await clock.advance(1_000);
		await sleeping;

		expect(getEventListeners(signal, 'abort')).toHaveLength(0);
	});
});

describe('the system clock', () => {
	it('tells the time of day', () => {
		const before = Date.now();
		expect(systemClock.wallTime()).toBeGreaterThanOrEqual(before);
		expect(systemClock.wallTime()).toBeLessThanOrEqual(Date.now());
	});

	it('never goes back', () => {
		const times = Array.from({ length: 1_000 }, () => systemClock.monotonic());
		expect(times).toEqual([...times].sort((a, b) => a - b));
	});

	it('calls back once', async () => {
		await new Promise<void>((resolve) => systemClock.after(1, resolve));
	});

	it('calls back no more once it is cancelled', async () => {
		const onTime = jest.fn();
		systemClock.after(0, onTime)();
		await new Promise<void>((resolve) => systemClock.after(5, resolve));

		expect(onTime).not.toHaveBeenCalled();
	});

	it.each([2 ** 31, 1e12, Infinity])(
		'does not fire at once after %p ms, which is more than Node can wait',
		async (ms) => {
			const onTime = jest.fn();
			const cancel = systemClock.after(ms, onTime);
			await new Promise<void>((resolve) => systemClock.after(5, resolve));
			cancel();

			expect(onTime).not.toHaveBeenCalled();
		},
	);
});
