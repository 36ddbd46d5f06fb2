import { versionsInput } from '../support/v1';
import { aiRows } from './aiRows';
import type { Fault } from './faults';
import { hearInRegistry } from './hear';
import type { Overrides, Result, Row } from './rows';
import type { Subject } from './service';
import { callOptions, startSession, v1Rows } from './v1Rows';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const jumps = [
	['an hour forth', HOUR_MS],
	['an hour back', -HOUR_MS],
	['a day forth', 24 * HOUR_MS],
] as const;

/** Somebody sets the wall clock while the operation runs, and nothing else happens. */
const jumpFaults = jumps.map(([name, jumpMs]): Fault => ({
	name,
	jumpMs,
	category: 'success',
	passes: false,
	start: 'refused',
}));

/** A call that the service does not answer, or only with the wish to wait: as the row knows it, while the clock is set. */
const limits = ['no answer', '429, Retry-After 1'];

function clockRow(row: Row): Row {
	const { overrides: _ofOtherFaults, differences: _ofThemToo, ...rest } = row;
	return { ...rest, name: `${row.name}, the clock is set`, faults: jumpFaults };
}

/** Time limits and pauses are those of the clock that nobody sets. */
function limitRow(row: Row): Row {
	const known = row.faults.filter(({ name }) => limits.includes(name));
	return {
		...row,
		name: `${row.name}, the clock is set, limits`,
		faults: jumps.flatMap(([jump, jumpMs]) => known.map((fault) => ({ ...fault, name: nameOf(jump, fault), jumpMs }))),
		...whileSet(row, known),
	};
}

const nameOf = (jump: string, { name }: Fault) => `${jump}, ${name}`;

/** What the row says of these faults holds while the clock is set, too. */
function whileSet({ overrides = {}, differences = {} }: Row, known: readonly Fault[]): Partial<Row> {
	const renamed = (some: Overrides): Overrides =>
		Object.fromEntries(
			known.flatMap((fault) => jumps.map(([jump]) => [nameOf(jump, fault), some[fault.name] ?? {}] as const)),
		);
	return {
		overrides: renamed(overrides),
		differences: Object.fromEntries(Object.entries(differences).map(([name, some]) => [name, renamed(some)])),
	};
}

/** By a clock that is late the date is an hour away, longer than anybody waits: then that is said at once. */
const tooLate = { passes: false, start: 'refused' } as const;

/** How long the service asks to wait is said as a date. */
function dateRow(row: Row): Row {
	const known = row.faults.filter(({ name }) => name.startsWith('429, Retry-After Sat'));
	return {
		...row,
		name: `${row.name}, the clock is set, dates`,
		faults: jumps.flatMap(([jump, jumpMs]) =>
			known.map((fault): Fault => ({
				...fault,
				...(jumpMs < 0 ? tooLate : {}),
				name: nameOf(jump, fault),
				prepare: async ({ clock }) => clock.jumpWallTime(jumpMs),
			})),
		),
		...whileSet(row, known),
	};
}

/** The operations themselves, and not the login before them: its own time limits are those of other rows. */
const hasLimits = ({ kind, call, faults }: Row) =>
	kind !== 'follow' && call !== 'login' && faults.some(({ name }) => limits.includes(name));

const hasFaults = ({ faults }: Row) => faults.length > 0;

const claim = async ({ client }: Subject) => {
	const sessions = await client.claimExpiredSessions({ limit: 10 });
	return sessions.map(({ sessionId }) => sessionId);
};

const ownFault = (name: string, jumpMs: number): Fault => ({
	name,
	category: 'success',
	passes: false,
	start: 'refused',
	prepare: async ({ clock }) => clock.jumpWallTime(jumpMs),
});

/** What outlives a process goes by the wall clock; all else by the one that nobody sets. */
const ownRows: readonly Row[] = [
	{
		name: 'validateVersion, its token while the clock is set',
		operation: 'validateVersion',
		backend: 'v1',
		call: 'login',
		kind: 'safe',
		faults: jumps.map(([name, jumpMs]) => ownFault(name, jumpMs)),
		overrides: Object.fromEntries(jumps.map(([name]) => [name, { sent: 1 }])),
		before: async ({ client }) => await client.logIn(new AbortController().signal),
		attemptMs: 15_000,
		run: async ({ client, clock, arrived }) => {
			const before = await client.validateVersion(versionsInput, callOptions);
			await clock.advance(20 * MINUTE_MS);
			const during = await client.validateVersion(versionsInput, callOptions);
			expect(arrived('login')).toBe(1);
			// It lives half an hour, and is renewed ahead of its end.
			await clock.advance(9 * MINUTE_MS);
			return { shown: [before, during, await client.validateVersion(versionsInput, callOptions)] };
		},
	},
	{
		name: 'follow, every open session while the clock is set',
		leftOutBy: 'one-named-session',
		operation: 'follow',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: jumpFaults.map(({ jumpMs: _jumpMs, ...fault }) => fault),
		hasRegistry: true,
		before: startSession,
		attemptMs: 45_000,
		run: async (subject, fault) => {
			const everywhere = { botId: '', flowId: '', sessionId: '' };
			const said = ['One.', 'The last one.'];
			const hearing = hearInRegistry(subject, everywhere, said);
			await subject.when(() => subject.arrived('messages') > 0);
			subject.clock.jumpWallTime(jumpFaults.find(({ name }) => name === fault.name)?.jumpMs ?? 0);
			for (const text of said) subject.v1?.say('session-1', text);
			return await hearing;
		},
	},
	{
		name: 'claimExpiredSessions while the clock is set',
		leftOutBy: 'one-named-session',
		operation: 'claimExpiredSessions',
		backend: 'v1',
		call: 'start',
		kind: 'safe',
		faults: jumps.map(([name, jumpMs]) => ownFault(name, jumpMs)),
		overrides: Object.fromEntries(jumps.map(([name]) => [name, { sent: 0 }])),
		hasRegistry: true,
		before: startSession,
		attemptMs: 15_000,
		run: expectClaimedOnceByItsClock,
	},
];

/** Set forth, a session is over earlier; set back, later. It is never lost, and claimed once. */
async function expectClaimedOnceByItsClock(subject: Subject): Promise<Result> {
	const { clock } = subject;
	const isForth = clock.wallTime() > Date.parse('2026-01-31T12:00:00Z');
	const first = await claim(subject);
	expect(first).toEqual(isForth ? ['session-1'] : []);
	clock.jumpWallTime(90 * MINUTE_MS + HOUR_MS * (isForth ? 0 : 1));
	const second = await claim(subject);
	expect([...first, ...second]).toEqual(['session-1']);
	// Whoever claimed it has crashed: after the lease somebody else may.
	clock.jumpWallTime(2 * HOUR_MS);
	expect(await claim(subject)).toEqual(['session-1']);
	return { shown: [first, second] };
}

/** The wall clock is set in the middle of every operation. Deadlines, pauses and tokens go on as if nothing were. */
export const clockRows: readonly Row[] = [
	...[...v1Rows, ...aiRows].map(clockRow),
	...[...v1Rows, ...aiRows]
		.filter(hasLimits)
		.flatMap((row) => [limitRow(row), dateRow(row)])
		.filter(hasFaults),
	...ownRows,
];
