import { CognigyError, type AuditEntry } from '../../client';
import type { Difference } from '../editions/differences';
import { differs } from '../support/edition';
import { cognigyErrorOf } from '../support/errors';
import type { RedisFault, RedisProxy } from '../support/redisProxy';
import { allThatShows } from '../support/secrets';
import { until } from '../support/until';
import { Company } from './company';
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

/** Time limit of a command for Redis, in ms. */
const REDIS_LIMIT_MS = 2_000;
/** By then a command has come that is not answered, if one comes at all; in ms. Its time limit is let go by in any case. */
const HELD_WITHIN_MS = 4_000;

/** A store that works again is found after this time at the latest, in ms. */
const HEALED_AFTER_MS = 5_001;

const LONGEST_JUMP_MS = 24 * 60 * 60_000;

/** A fault that is ridden out is hit so often. */
const TIMES_FOLLOWED = 2;

/** What is to come out, as far as the fault and the row say it. */
type Expected = Fault & Partial<Override>;

function expectedOf({ row, fault }: Pick<Cell, 'row' | 'fault'>): Expected {
	const expected: Expected = { ...fault, ...row.overrides?.[fault.like ?? fault.name] };
	for (const [difference, overrides] of Object.entries(row.differences ?? {})) {
		if (differs(difference as Difference)) Object.assign(expected, overrides[fault.like ?? fault.name]);
	}
	return expected;
}

/** Whether the edition that is tested does not have what this is about. */
const isLeftOut = ({ leftOutBy }: Pick<Row, 'leftOutBy'>) => leftOutBy !== undefined && differs(leftOutBy);

const timesFollowed = ({ times = TIMES_FOLLOWED, sentPerAttempt = 1 }: Expected) => times * sentPerAttempt;

/** How often the call is hit, if it comes so often. */
function timesHit({ row, fault, mode }: Cell, expected: Expected): number {
	if (fault.endsHttp2) return ALWAYS;
	if (row.kind === 'follow') return timesFollowed(expected);
	return mode === 'once' ? 1 : ALWAYS;
}

/** Whether the call is made again after the fault. */
function isRepeated({ kind }: Row, { passes, start, category }: Expected): boolean {
	if (category === 'success') return false;
	return kind === 'start' ? start === 'again' : passes;
}

export function cellsOf(row: Row): Cell[] {
	if (isLeftOut(row)) return [];
	return row.faults.flatMap((fault): Cell[] => {
		if (isLeftOut(fault)) return [];
		const expected = expectedOf({ row, fault });
		const always: Cell = { row, fault, mode: 'always' };
		const isSeenOnce = isRepeated(row, expected) || expected.sentWhenOnce !== undefined;
		// What does not pass by itself cannot happen just once.
		if (row.kind === 'follow' || !isSeenOnce || !fault.spec) return [always];
		const once: Cell = { row, fault, mode: 'once' };
		return fault.endsHttp2 ? [once] : [always, once];
	});
}

export interface HostEnvironment {
	/** Where redirects point. */
	redirectTo: string;
	/** Where the state is kept, if not on this machine. */
	redis?: RedisProxy | undefined;
}

export async function runCell(cell: Cell, environment: HostEnvironment): Promise<void> {
	const { jumpMs, spec } = cell.fault;
	if (jumpMs === undefined) return void (await runOnce(cell, environment));
	// Whoever looks at the wall clock may find it set: at each of these moments once.
	for (let atLook = 0, isSeen = true; isSeen; atLook++) {
		isSeen = (await runOnce(cell, environment, { jumpMs, atLook })) && spec === undefined;
	}
}

/** When the wall clock is set: before somebody looks at it for this time; 0: as soon as the call came to the service. */
interface Jump {
	jumpMs: number;
	atLook: number;
}

/** @returns whether the wall clock was set before the end */
async function runOnce(cell: Cell, { redirectTo, redis }: HostEnvironment, jump?: Jump): Promise<boolean> {
	const { row, fault } = cell;
	const expected = expectedOf(cell);
	const subject = await (row.backend === 'v1' ? v1Subject : aiSubject)({
		way: fault.way,
		isHttp2: fault.isHttp2,
		hasTimedConnections: fault.noticedAfterMs !== undefined,
		registry: fault.registry,
		hasRegistry: row.hasRegistry,
		redis,
		redisFault: fault.redis,
		sharesLogin: row.sharesLogin,
	});
	try {
		await row.before?.(subject);
		await fault.prepare?.(subject);
		await subject.state.arm();
		const before = subject.arrived(row.call);
		const times = timesHit(cell, expected);
		if (fault.spec) {
			// So that there is a token that the service could repeat.
			if (row.backend === 'v1' && row.call !== 'login') await subject.client.logIn(new AbortController().signal);
			const secrets = subject.sentSecrets(row.endpoint).join(' ');
			const spec = JSON.stringify(fault.spec).replaceAll(SECRET, secrets).replaceAll(REDIRECT_TARGET, redirectTo);
			subject.inject(row.hit ?? row.call, { ...(JSON.parse(spec) as FaultSpec), times });
		}
		const company = fault.company && (await Company.join(subject, subject.otherCall(row)));
		const startedAt = subject.clock.wallTime();
		if (jump) subject.clock.jumpAt(jump.jumpMs, jump.atLook);
		const running = row.run(subject, fault);
		if (jump?.atLook === 0) await jumpOnArrival(running, subject, row, jump.jumpMs);
		if (expected.isSlow)
			await passTime(running, subject, { ...row, attemptMs: fault.noticedAfterMs ?? row.attemptMs }, times);
		if (fault.company === 'cancelled') {
			await subject.when(() => subject.arrived(row.call) > before);
			company?.stop();
		}
		if (fault.redis) await answerLate(running, subject, fault.redis);
		if (row.kind === 'follow') expectFollowed(await running, expected, subject);
		else await expectOutcome(running, cell, expected, subject, before);
		await company?.expectEnds(fault.company === 'cancelled' ? 'aborted' : 'dropped');
		if (jump) expectNoJump((await running.catch(() => undefined))?.audit, subject, startedAt);
		await expectHealed(running, cell, subject);
		await expectQuiet(subject, fault);
		return jump?.atLook === 0 || subject.clock.hasJumped;
	} finally {
		subject.client.close();
		await subject.state.close();
	}
}

/** Sets the wall clock once the call came, if it does. */
async function jumpOnArrival(running: Promise<unknown>, subject: Subject, { call }: Row, jumpMs: number) {
	let isOver = false;
	const over = running.then(
		() => (isOver = true),
		() => (isOver = true),
	);
	const comes = subject.when(() => isOver || subject.arrived(call) > 0);
	comes.catch(() => {});
	await Promise.race([over, comes]);
	subject.clock.jumpWallTime(jumpMs);
}

/** Lets time go by for commands that Redis does not answer in time, and then has their answers come. */
async function answerLate(running: Promise<unknown>, { clock, redis }: Subject, { kind }: RedisFault): Promise<void> {
	if (!redis || (kind !== 'hang' && kind !== 'late')) return;
	let isOver = false;
	const over = running.then(
		() => (isOver = true),
		() => (isOver = true),
	);
	for (let held = 0; ; held = redis.held) {
		await Promise.race([over, until(() => isOver || redis.held > held, HELD_WITHIN_MS).catch(() => {})]);
		if (isOver) return;
		await clock.advance(REDIS_LIMIT_MS + 1);
		redis.release();
	}
}

/** What nobody sets counts on: durations are those of the other clock. */
function expectNoJump(audit: AuditEntry | undefined, { clock }: Subject, startedAt: number): void {
	if (!audit) return;
	expect(audit.latencyMs).toBeGreaterThanOrEqual(0);
	expect(audit.latencyMs).toBeLessThanOrEqual(clock.monotonic());
	expect(Number.isNaN(Date.parse(audit.timestamp))).toBe(false);
	expect(Math.abs(Date.parse(audit.timestamp) - startedAt)).toBeLessThan(2 * LONGEST_JUMP_MS);
}

/** Once the store works again so does all else, without anybody's help, and a start was told of if it is not recorded. */
async function expectHealed(running: Promise<Result>, { row, fault }: Cell, subject: Subject): Promise<void> {
	const { state, clock } = subject;
	const { redis } = fault;
	if (redis && redis.kind !== 'down' && redis.at < Infinity) expect(subject.redis?.disturbed).toBeGreaterThan(0);
	if (fault.staysBroken) return;
	await state.heal();
	// What is asked just now is answered in a moment.
	if (subject.redis) await until(() => clock.pendingTimers === 0);
	if (!row.after) return;
	await clock.advance(HEALED_AFTER_MS);
	await row.after(subject, await running.catch(() => undefined));
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
	const { category, asksForMs = 0, sentPerAttempt = 1 } = expected;
	const succeeds = mode === 'once' || category === 'success';
	const isUnsent = expected.way !== undefined || expected.registry !== undefined || expected.redis !== undefined;
	const isAgain = isRepeated(row, expected);
	const sent =
		mode === 'once' ? (expected.sentWhenOnce ?? 2) : (expected.sent ?? (isAgain ? RETRIES + 1 : 1)) * sentPerAttempt;
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
		if (row.attempts) expect(result.audit).toMatchObject({ attempts: row.attempts(sent / sentPerAttempt, false) });
	} else {
		const error = await cognigyErrorOf(running);
		expectNoSecret(error, subject);
		const { took } = expected;
		const tellsOfLost = row.kind === 'start' || row.uncertainWords !== undefined;
		const isLost = took === undefined && tellsOfLost && expected.start === 'mayHaveRun';
		const mayHaveRun = isLost || took !== undefined;
		expect({ category: error.category, arrived: arrived(), mayHaveRun: error.mayHaveRun }).toEqual({
			category,
			arrived: isUnsent ? 0 : sent,
			mayHaveRun,
		});
		expect(error.advice).not.toBe('');
		expect(/may have/.test(error.message)).toBe(isLost);
		if (mayHaveRun) expect(error.message).toContain(took ?? row.uncertainWords);
		else if (row.kind === 'start') expect(subject.ran(started)).toBe(0);
		if (row.attempts) {
			expect(error.audit).toMatchObject({ status: 'error', errorCategory: category });
			if (!isUnsent) expect(error.audit?.attempts).toBe(row.attempts(sent / sentPerAttempt, true));
		}
	}
	if (row.kind === 'start') expect(subject.ran(started)).toBeLessThanOrEqual(1);
	if (asksForMs > 0 && isAgain) expect(subject.clock.skipped.filter((ms) => ms >= asksForMs).length).toBeGreaterThan(0);
}

/** What is heard of a session that is followed, and how. */
function expectFollowed(result: Result, expected: Expected, subject: Subject): void {
	const { category, follow, heard: wanted = result.said } = expected;
	const times = expected.endsHttp2 ? 1 : (expected.times ?? TIMES_FOLLOWED);
	expectNoSecret(result, subject);
	const { heard = [], troubles, warnings = [], hasEnded = false } = result;
	if (follow === 'gap') return expect(heard).toEqual([]);
	if (follow === 'ends')
		return expect({ heard, hasEnded: troubles ? hasEnded : true }).toEqual({ heard: [], hasEnded: true });
	expect({ heard, hasEnded, warnings }).toEqual({ heard: wanted, hasEnded: false, warnings: [] });
	if (!troubles) return;
	if (expected.registry || expected.redis) return expectRidden(troubles, result.recovered, expected);
	const faults = follow === 'nothing' || category === 'success' ? [] : Array<string>(times).fill(category);
	expect(troubles.map((trouble) => trouble.category)).toEqual(faults);
	expect(result.recovered).toBe(faults.length > 0 ? 1 : 0);
}

/** How often a store is tried that does not work is its own business; that it works again is told. */
function expectRidden(troubles: readonly CognigyError[], recovered: number | undefined, { category }: Expected): void {
	expect(troubles.filter((trouble) => trouble.category !== 'server')).toEqual([]);
	if (category !== 'success') expect(troubles.length).toBeGreaterThan(0);
	expect(recovered).toBe(troubles.length > 0 ? 1 : 0);
}

function expectNoSecret(value: unknown, subject: Subject): void {
	const shown = allThatShows(value instanceof CognigyError ? [value, value.audit] : value);
	for (const secret of subject.secrets()) if (shown.includes(secret)) throw new Error(`Shows a secret: ${shown}`);
}

/** Nothing is pending, and nothing stays open once the client is closed. */
async function expectQuiet(
	{ client, clock, when, isBusy }: Subject,
	{ leavesOpenBy, staysOpen, noticedAfterMs }: Fault,
): Promise<void> {
	// A connection that has just answered is pinged for a moment yet.
	if (noticedAfterMs !== undefined) await until(() => clock.pendingTimers === 0);
	expect(clock.pendingTimers).toBe(0);
	client.close();
	if (staysOpen || (leavesOpenBy && differs(leavesOpenBy))) expect(isBusy()).toBe(true);
	else await when(() => !isBusy());
	expect(clock.pendingTimers).toBe(0);
}
