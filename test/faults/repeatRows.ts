import { CognigyError, type CognigyClient } from '../../client';
import { aiRows } from './aiRows';
import type { Fault } from './faults';
import type { Result, Row } from './rows';
import { v1Rows } from './v1Rows';

/** How a start is known when it is asked for again: by its key, or by the step of the execution that asks. */
type KnownBy = 'key' | 'step';

/** What became of the start the first time. */
const firstEnds = new WeakMap<CognigyClient, End & { fault: Fault }>();

/** The same client, whose starts all have the same key, or are those of the same step. */
function asking(client: CognigyClient, knownBy: KnownBy, turn: 'first' | 'again'): CognigyClient {
	return new Proxy(client, {
		get: (target, name) => {
			const value: unknown = Reflect.get(target, name, target);
			if (typeof value !== 'function') return value;
			if (name !== 'triggerFlow') return (...args: unknown[]) => Reflect.apply(value, target, args) as unknown;
			return (input: object, options: object) => {
				const known =
					knownBy === 'key'
						? [
								{ ...input, idempotencyKey: 'event-1' },
								{ ...options, origin: `step of the ${turn} execution` },
							]
						: [input, { ...options, origin: 'the same step' }];
				return Reflect.apply(value, target, known) as unknown;
			};
		},
	});
}

/** A start that is asked for again once its fault is gone: made now if it certainly was not, otherwise as it came out then. */
function repeatRow(row: Row, knownBy: KnownBy): Row {
	const { call, starts = call } = row;
	return {
		...row,
		name: `${row.name}, again with the same ${knownBy}`,
		hasRegistry: true,
		run: async (subject, fault) => {
			try {
				const result = await row.run({ ...subject, client: asking(subject.client, knownBy, 'first') }, fault);
				firstEnds.set(subject.client, { result, fault });
				return result;
			} catch (error) {
				firstEnds.set(subject.client, { error, fault });
				throw error;
			}
		},
		after: async (subject) => {
			subject.clearFaults();
			const first = firstEnds.get(subject.client);
			if (!first) throw new Error('There was no start.');
			const before = { arrived: subject.arrived(call), ran: subject.ran(starts) };
			const running = row.run({ ...subject, client: asking(subject.client, knownBy, 'again') }, NO_FAULT);
			const again = await running.then(
				(result) => ({ result }),
				(error: unknown) => ({ error }),
			);
			const sent = { arrived: subject.arrived(call) - before.arrived, ran: subject.ran(starts) - before.ran };
			const isFree = 'error' in first && !(first.error instanceof CognigyError && first.error.mayHaveRun);
			if (isFree) {
				expect(before.ran).toBe(0);
				// The way to the service is broken still.
				if (first.fault.way) return expect(errorIn(again)?.category).toBe(errorIn(first)?.category);
				if ('error' in again) throw again.error;
				return expect({ ran: sent.ran, repeated: again.result.audit?.repeated }).toEqual({ ran: 1 });
			}
			expect(sent).toEqual({ arrived: 0, ran: 0 });
			if ('result' in first) expectSameResult(first.result, again, knownBy);
			else expectSameError(first.error, again, knownBy);
		},
	};
}

const NO_FAULT = { name: 'none', category: 'success', passes: true, start: 'again' } as const;

type End = { result: Result } | { error: unknown };
const errorIn = (end: End) => ('error' in end && end.error instanceof CognigyError ? end.error : undefined);

function expectSameResult(first: Result, again: End, knownBy: KnownBy): void {
	if (!('result' in again)) throw again.error;
	const { result } = again;
	expect(result.audit).toMatchObject({ attempts: 0, repeated: true, sessionId: first.audit?.sessionId });
	expect({ heard: result.heard, warnings: result.warnings }).toEqual({ heard: first.heard, warnings: first.warnings });
	const [shown, shownFirst] = [result.shown, first.shown].map((all) => (Array.isArray(all) ? (all[0] as object) : {}));
	expect(shown).toEqual({ ...shownFirst, ...(knownBy === 'key' ? { repeated: true } : {}) });
}

function expectSameError(first: unknown, again: End, knownBy: KnownBy): void {
	const error = errorIn(again);
	if (!error || !(first instanceof CognigyError)) throw new Error('Was to fail again', { cause: again });
	expect(error.audit).toMatchObject({ attempts: 0, repeated: true, sessionId: first.audit?.sessionId });
	expect({ mayHaveRun: error.mayHaveRun, category: error.category }).toEqual({
		mayHaveRun: true,
		category: first.category,
	});
	if (knownBy === 'step') expect(error.message).toBe(first.message);
	else expect(error.message).toBe(`An earlier start with the idempotency key "event-1" failed: ${first.message}`);
}

// No other start has a key.
const startRows = [...v1Rows, ...aiRows].filter(
	({ operation, kind }) => operation === 'triggerFlow' && kind === 'start',
);

/** Every start, asked for again after each of its faults. */
export const repeatRows: readonly Row[] = [
	...startRows.map((row) => repeatRow(row, 'key')),
	...startRows.filter(({ call }) => ['start', 'message'].includes(call)).map((row) => repeatRow(row, 'step')),
];

/** The same where the budget is kept in Redis: who is told to wait there makes all others wait, by the clock of Redis. */
export const repeatRowsInRedis: readonly Row[] = repeatRows.map((row) => ({
	...row,
	faults: row.faults.filter(({ name }) => !name.includes('Retry-After')),
}));
