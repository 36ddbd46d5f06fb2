import { CognigyError } from '../../client';
import { cognigyErrorOf } from '../support/errors';
import { allThatShows } from '../support/secrets';
import { REDIRECT_TARGET, SECRET, type Fault } from './faults';
import { RETRIES, type Override, type Result, type Row } from './rows';
import { aiSubject, v1Subject, type FaultSpec, type Subject } from './service';

/** How often the call is hit: every time it is made, or the first time only. */
export type Mode = 'always' | 'once';

export interface Cell {
	row: Row;
	fault: Fault;
	mode: Mode;
}

/** Calls that are hit when they are hit each time; more than any client makes. */
const ALWAYS = 1_000;

/** A fault that is ridden out is hit so often. */
const TIMES_FOLLOWED = 2;

/** What is to come out, as far as the fault and the row say it. */
type Expected = Fault & Partial<Override>;

function expectedOf({ row, fault }: Pick<Cell, 'row' | 'fault'>): Expected {
	return { ...fault, ...row.overrides?.[fault.name] };
}

/** Whether the call is made again after the fault. */
function isRepeated({ kind }: Row, { passes, start, category }: Expected): boolean {
	if (category === 'success') return false;
	return kind === 'start' ? start === 'again' : passes;
}

export function cellsOf(row: Row): Cell[] {
	return row.faults.flatMap((fault): Cell[] => {
		const expected = expectedOf({ row, fault });
		const always: Cell = { row, fault, mode: 'always' };
		const isSeenOnce = isRepeated(row, expected) || expected.sentWhenOnce !== undefined;
		// What does not pass by itself cannot happen just once.
		return row.kind !== 'follow' && isSeenOnce && fault.spec ? [always, { row, fault, mode: 'once' }] : [always];
	});
}

/** @param redirectTo where redirects point */
export async function runCell(cell: Cell, redirectTo: string): Promise<void> {
	const { row, fault, mode } = cell;
	const expected = expectedOf(cell);
	const subject = await (row.backend === 'v1' ? v1Subject : aiSubject)({
		way: fault.way,
		registry: fault.registry,
		hasRegistry: row.hasRegistry,
	});
	try {
		await fault.prepare?.(subject);
		const before = subject.arrived(row.call);
		const times = row.kind === 'follow' ? (expected.times ?? TIMES_FOLLOWED) : mode === 'once' ? 1 : ALWAYS;
		if (fault.spec) {
			// So that there is a token that the service could repeat.
			if (row.backend === 'v1' && row.call !== 'login') await subject.client.logIn(new AbortController().signal);
			const secrets = subject.sentSecrets(row.endpoint).join(' ');
			const spec = JSON.stringify(fault.spec).replaceAll(SECRET, secrets).replaceAll(REDIRECT_TARGET, redirectTo);
			subject.inject(row.hit ?? row.call, { ...(JSON.parse(spec) as FaultSpec), times });
		}
		const running = row.run(subject);
		if (expected.isSlow) await passTime(running, subject, row, times);
		if (row.kind === 'follow') expectFollowed(await running, expected, subject);
		else await expectOutcome(running, cell, expected, subject, before);
		await expectQuiet(subject);
	} finally {
		subject.client.close();
		await subject.removeRegistry();
	}
}

/** Lets the time limit of every attempt end, each as soon as it came to the service. */
async function passTime(
	running: Promise<unknown>,
	subject: Subject,
	{ call, attemptMs, reached = () => subject.arrived(call) }: Row,
	times: number,
): Promise<void> {
	let isOver = false;
	const over = running.then(
		() => (isOver = true),
		() => (isOver = true),
	);
	for (let seen = 0, hits = 0; !isOver && hits < times; hits++) {
		const comesAgain = subject.when(() => isOver || reached(subject) > seen);
		comesAgain.catch(() => {});
		await Promise.race([over, comesAgain]);
		seen = reached(subject);
		if (!isOver) await subject.clock.advance(attemptMs + 1);
	}
}

async function expectOutcome(
	running: Promise<Result>,
	{ row, mode }: Cell,
	expected: Expected,
	subject: Subject,
	before: number,
): Promise<void> {
	const { category, asksForMs = 0 } = expected;
	const succeeds = mode === 'once' || category === 'success';
	const isUnsent = expected.way !== undefined || expected.registry !== undefined;
	const isAgain = isRepeated(row, expected);
	const sent = mode === 'once' ? (expected.sentWhenOnce ?? 2) : (expected.sent ?? (isAgain ? RETRIES + 1 : 1));
	const started = row.starts ?? row.call;
	const arrived = () => subject.arrived(row.call) - before;
	if (succeeds) {
		const result = await running;
		expectNoSecret(result, subject);
		expect({ arrived: arrived(), audit: result.audit?.status ?? 'success' }).toEqual({
			arrived: sent,
			audit: 'success',
		});
		if (expected.warns) expect(result.warnings?.length).toBeGreaterThan(0);
		if (row.attempts) expect(result.audit).toMatchObject({ attempts: row.attempts(sent, false) });
	} else {
		const error = await cognigyErrorOf(running);
		expectNoSecret(error, subject);
		const mayHaveRun = row.kind === 'start' && expected.start === 'mayHaveRun';
		expect({ category: error.category, arrived: arrived(), mayHaveRun: error.mayHaveRun }).toEqual({
			category,
			arrived: isUnsent ? 0 : sent,
			mayHaveRun,
		});
		expect(error.advice).not.toBe('');
		expect(/may have/.test(error.message)).toBe(mayHaveRun);
		if (mayHaveRun) expect(error.message).toContain(row.uncertainWords);
		else if (row.kind === 'start') expect(subject.ran(started)).toBe(0);
		if (row.attempts) {
			expect(error.audit).toMatchObject({ status: 'error', errorCategory: category });
			if (!isUnsent) expect(error.audit?.attempts).toBe(row.attempts(sent, true));
		}
	}
	if (row.kind === 'start') expect(subject.ran(started)).toBeLessThanOrEqual(1);
	if (asksForMs > 0 && isAgain) expect(subject.clock.skipped.filter((ms) => ms >= asksForMs).length).toBeGreaterThan(0);
}

/** What is heard of a session that is followed, and how. */
function expectFollowed(result: Result, { category, follow, times }: Expected, subject: Subject): void {
	expectNoSecret(result, subject);
	const { heard = [], troubles, warnings = [], hasEnded = false } = result;
	expect(new Set(heard).size).toBe(heard.length);
	if (follow === 'gap') return expect(heard).toEqual([]);
	if (follow === 'ends')
		return expect({ heard, hasEnded: troubles ? hasEnded : true }).toEqual({ heard: [], hasEnded: true });
	expect({ heard, hasEnded, warnings }).toEqual({ heard: result.said, hasEnded: false, warnings: [] });
	if (!troubles) return;
	const wanted =
		follow === 'nothing' || category === 'success' ? [] : Array<string>(times ?? TIMES_FOLLOWED).fill(category);
	expect(troubles.map((trouble) => trouble.category)).toEqual(wanted);
	expect(result.recovered).toBe(wanted.length > 0 ? 1 : 0);
}

function expectNoSecret(value: unknown, subject: Subject): void {
	const shown = allThatShows(value instanceof CognigyError ? [value, value.audit] : value);
	for (const secret of subject.secrets()) if (shown.includes(secret)) throw new Error(`Shows a secret: ${shown}`);
}

/** Nothing is pending, and nothing stays open once the client is closed. */
async function expectQuiet({ client, clock, when, isBusy }: Subject): Promise<void> {
	expect(clock.pendingTimers).toBe(0);
	client.close();
	await when(() => !isBusy());
	expect(clock.pendingTimers).toBe(0);
}
