import { getEventListeners } from 'node:events';

import { localBudget } from '../../../../client/budget/localBudget';
import type { RateBudget } from '../../../../client/budget/rateBudget';
import type { HttpResponse } from '../../../../client/transport/http';
import { Deadline } from '../../../../client/time/deadline';
import { holdBudget, takeFromBudget } from '../../../../client/call/budgetTurn';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock, settle } from '../../../support/fakeClock';
import { inject, status } from '../../../support/sandboxFaults';
import { until } from '../../../support/until';
import { callOptions, startInput, v1Setup, versionsInput } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const HOUR_MS = 60 * 60_000;

let clock: FakeClock;

beforeEach(() => {
	clock = new FakeClock();
});
afterEach(closeSetups);

describe('taking from the budget', () => {
	const call = { description: { action: 'Starting flow "main"' } };
	let caller: AbortController;
	let deadline: Deadline;
	/** As what somebody waits in line. */
	let waiting: string[];
	let letGo: () => void;

	const budget: RateBudget = {
		take: async (kind, signal) => {
			waiting.push(kind);
			await new Promise<void>((resolve, reject) => {
				letGo = resolve;
				signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
			});
		},
		holdFor: () => {},
		close: () => {},
	};

	beforeEach(() => {
		waiting = [];
		caller = new AbortController();
		deadline = new Deadline(clock, 30_000, [caller.signal]);
	});

	it('is for a call that somebody waits for, unless said otherwise', async () => {
		const first = takeFromBudget({ budget, clock }, call, deadline);
		letGo();
		await first;
		const second = takeFromBudget({ budget, clock }, { ...call, budgetKind: 'stream' }, deadline);
		letGo();
		await second;

		expect(waiting).toEqual(['call', 'stream']);
	});

	it('the wait does not count for the time limit of the call, which goes on afterwards', async () => {
		await clock.advance(20_000);
		const turn = takeFromBudget({ budget, clock }, call, deadline);
		await clock.advance(30 * 60_000);
		expect(deadline.end).toBeUndefined();
		letGo();
		await turn;

		expect(deadline.remainingMs()).toBe(10_000);
		await clock.advance(9_999);
		expect(deadline.end).toBeUndefined();
		await clock.advance(1);
		expect(deadline.end).toBe('timeout');
		expect(clock.pendingTimers).toBe(0);
	});

	it('ends after an hour, and says that nothing was sent', async () => {
		const outcome = cognigyErrorOf(takeFromBudget({ budget, clock }, call, deadline));
		await clock.advance(HOUR_MS);

		const error = await outcome;
		expect(error).toMatchObject({ category: 'rateLimit', mayHaveRun: false, isTransient: false });
		expect(error.message).toMatch(/^Starting flow "main" was not sent: .*Requests per Minute/);
	});

	it('ends when the caller stops it, with nothing left', async () => {
		const turn = takeFromBudget({ budget, clock }, call, deadline);
		caller.abort();

		await expect(turn).rejects.toBe(deadline.signal.reason);
		expect(deadline.end).toBe('cancelled');
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(deadline.signal, 'abort')).toHaveLength(0);
	});

	it('waits for nothing where it may go at once', async () => {
		const takeNow = jest.fn(() => true);
		await takeFromBudget({ budget: { ...budget, takeNow }, clock }, { ...call, budgetKind: 'stream' }, deadline);

		expect(takeNow.mock.calls).toEqual([['stream']]);
		expect(waiting).toEqual([]);
	});

	it('takes nothing for a call that was stopped', async () => {
		const takeNow = jest.fn(() => true);
		caller.abort();

		await expect(takeFromBudget({ budget: { ...budget, takeNow }, clock }, call, deadline)).rejects.toBe(
			deadline.signal.reason,
		);
		expect(takeNow).not.toHaveBeenCalled();
	});

	it('a budget that fails for reasons of its own says them', async () => {
		const broken = { ...budget, take: async () => await Promise.reject(new Error('no budget')) };

		await expect(takeFromBudget({ budget: broken, clock }, call, deadline)).rejects.toThrow('no budget');
		expect(deadline.remainingMs()).toBe(30_000);
	});
});

describe('an answer', () => {
	const wallTime = Date.parse('2026-01-31T12:00:00Z');

	/** For how long the budget is held after it, in ms. */
	function heldAfter(response: Partial<HttpResponse>): number[] {
		const held: number[] = [];
		const budget: RateBudget = { take: async () => {}, holdFor: (ms) => held.push(ms), close: () => {} };
		holdBudget(budget, { status: 429, headers: {}, body: '', ...response }, wallTime);
		return held;
	}

	it.each([
		['a 429 with seconds', { headers: { 'retry-after': '7' } }, [7_000]],
		['a 429 with a date', { headers: { 'retry-after': 'Sat, 31 Jan 2026 12:00:20 GMT' } }, [20_000]],
		['a 429 with a date that is over', { headers: { 'retry-after': 'Sat, 31 Jan 2026 11:00:00 GMT' } }, []],
		['a 429 with nonsense', { headers: { 'retry-after': 'soon' } }, []],
		['a 429 without', {}, []],
		['a 503 with seconds', { status: 503, headers: { 'retry-after': '7' } }, []],
		['a 200 with seconds', { status: 200, headers: { 'retry-after': '7' } }, []],
	])('%s', (_name, response, expected) => {
		expect(heldAfter(response)).toEqual(expected);
	});
});

describe('the client', () => {
	const clientWith = async (requestsPerWindow: number) => {
		const budget = localBudget({ requestsPerWindow, clock });
		const holdFor = jest.spyOn(budget, 'holdFor');
		return { ...(await v1Setup({ clock, dependencies: { budget } })), budget, holdFor };
	};

	it.each(['login', 'versions', 'start', 'messages'] as const)(
		'a 429 of %s with Retry-After holds back every call of the credential',
		async (operation) => {
			const { client, sandbox, transport, holdFor } = await clientWith(100);
			if (operation !== 'login') await client.validateVersion(versionsInput, callOptions);
			inject(sandbox, operation, status(429, { headers: { 'Retry-After': '20' } }));
			const stop = new AbortController();
			const calls = {
				login: async () => await client.validateVersion(versionsInput, callOptions),
				versions: async () => await client.validateVersion(versionsInput, callOptions),
				start: async () => await client.triggerFlow(startInput, callOptions),
				messages: async () =>
					await client.streamMessages({ ...startInput, sessionId: 's' }, { signal: stop.signal }).next(),
			};
			const call = calls[operation]();
			await until(() => transport.responses.some(({ status: code }) => code === 429));
			await settle();
			expect(holdFor.mock.calls).toEqual([[20_000]]);
			const other = client.validateVersion(versionsInput, callOptions);
			const sent = transport.requests.length;
			await clock.advance(19_999);
			expect(transport.requests).toHaveLength(sent);
			await clock.advance(1);

			expect(await other).toMatchObject({ valid: true });
			await call;
			stop.abort();
		},
	);

	it('with more calls than requests a minute, calls wait for their turn, longer than their time limit', async () => {
		const { client, sandbox } = await clientWith(3);
		const options = { ...callOptions, timeoutSeconds: 30 };
		const calls = Array.from({ length: 5 }, () => client.validateVersion(versionsInput, options));
		await Promise.all(calls.slice(0, 2));
		expect(sandbox.requests).toHaveLength(3);
		await clock.advance(59_000);
		expect(sandbox.requests).toHaveLength(3);
		await clock.advance(2_000);

		expect(await Promise.all(calls)).toMatchObject(Array.from({ length: 5 }, () => ({ valid: true })));
	});

	it('a start whose turn does not come within an hour was certainly not sent', async () => {
		const { client, sandbox, budget } = await clientWith(100);
		await client.validateVersion(versionsInput, callOptions);
		const outcome = cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		for (let held = 0; held < HOUR_MS; held += 10 * 60_000) {
			budget.holdFor(15 * 60_000);
			await clock.advance(10 * 60_000);
		}

		expect(await outcome).toMatchObject({ category: 'rateLimit', mayHaveRun: false });
		expect((await outcome).audit).toMatchObject({ attempts: 0 });
		expect(sandbox.stats().starts).toBe(0);
	});
});
