import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { abortSignalClock } from '../../../../client/time/abortSignalClock';
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

describe.each([
	['over timers', systemClock],
	['over AbortSignal.timeout', abortSignalClock],
])('the clock %s', (_name, clock) => {
	const passed = async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms));

	it('tells the time of day', () => {
		const before = Date.now();
		expect(clock.wallTime()).toBeGreaterThanOrEqual(before);
		expect(clock.wallTime()).toBeLessThanOrEqual(Date.now());
	});

	it('never goes back', () => {
		const times = Array.from({ length: 1_000 }, () => clock.monotonic());
		expect(times).toEqual([...times].sort((a, b) => a - b));
	});

	it('calls back once, without anything', async () => {
		const onTime = jest.fn();
		clock.after(1, onTime);
		await passed(20);
		expect(onTime.mock.calls).toEqual([[]]);
	});

	it.each([20, 20.5])('calls back after %p ms and not before', async (ms) => {
		const from = clock.monotonic();
		await new Promise<void>((resolve) => clock.after(ms, resolve));
		// Node counts in whole milliseconds.
		expect(clock.monotonic() - from).toBeGreaterThanOrEqual(ms - 1);
	});

	it.each([0, -1, -Infinity])('calls back soon after %p ms, but not at once', async (ms) => {
		const onTime = jest.fn();
		clock.after(ms, onTime);
		expect(onTime).not.toHaveBeenCalled();
		await passed(20);
		expect(onTime).toHaveBeenCalledTimes(1);
	});

	it('calls back in the order of the times', async () => {
		const order: number[] = [];
		for (const ms of [40, 1, 20]) clock.after(ms, () => order.push(ms));
		await passed(80);
		expect(order).toEqual([1, 20, 40]);
	});

	it('calls back no more once it is cancelled, and cancelling twice or late harms nobody', async () => {
		const onTime = jest.fn();
		const cancel = clock.after(0, onTime);
		cancel();
		cancel();
		const onOther = jest.fn();
		const cancelOther = clock.after(0, onOther);
		await passed(20);
		cancelOther();

		expect(onTime).not.toHaveBeenCalled();
		expect(onOther).toHaveBeenCalledTimes(1);
	});

	it('calls back none that another one cancels at the same time', async () => {
		const onTime = jest.fn();
		const cancels: Array<() => void> = [];
		for (let index = 0; index < 2; index++) {
			cancels.push(
				clock.after(5, () => {
					onTime();
					for (const cancel of cancels) cancel();
				}),
			);
		}
		await passed(30);
		expect(onTime).toHaveBeenCalledTimes(1);
	});

	it.each([2 ** 31, 1e12, Infinity])(
		'does not fire at once after %p ms, which is more than Node can wait',
		async (ms) => {
			const onTime = jest.fn();
			const cancel = clock.after(ms, onTime);
			await passed(5);
			cancel();

			expect(onTime).not.toHaveBeenCalled();
		},
	);
});

describe('the clock over AbortSignal.timeout, whose signals Node holds weakly', () => {
	beforeAll(() => setFlagsFromString('--expose-gc'));
	const collectGarbage = async () => {
		// Finalizers run in a turn of their own.
		for (let turn = 0; turn < 5; turn++) {
			(runInNewContext('gc') as () => void)();
			await new Promise(setImmediate);
		}
	};

	it('calls back also when nobody else knows of what waits', async () => {
		const onTime = jest.fn();
		for (let index = 0; index < 100; index++) abortSignalClock.after(50, onTime);
		await collectGarbage();
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(onTime).toHaveBeenCalledTimes(100);
	});

	it('keeps nothing of what is cancelled: neither signal nor timer nor what was to be called', async () => {
		const called: Array<WeakRef<() => void>> = [];
		const signals: Array<WeakRef<AbortSignal>> = [];
		const timeout = AbortSignal.timeout.bind(AbortSignal);
		const spy = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
			const signal = timeout(ms);
			signals.push(new WeakRef(signal));
			return signal;
		});
		for (let index = 0; index < 10_000; index++) {
			const onTime = () => expect(index).toBe(-1);
			called.push(new WeakRef(onTime));
			abortSignalClock.after(3_600_000, onTime)();
		}
		spy.mockRestore();
		await collectGarbage();

		// The last may still be in a register.
		expect(signals.filter((one) => one.deref()).length).toBeLessThan(10);
		expect(called.filter((one) => one.deref()).length).toBeLessThan(10);
	});

	it('keeps no process alive', async () => {
		const before = process.getActiveResourcesInfo().length;
		const cancel = abortSignalClock.after(60_000, () => {});
		expect(process.getActiveResourcesInfo()).toHaveLength(before);
		cancel();
	});
});
