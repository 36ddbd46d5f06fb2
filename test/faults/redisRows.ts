import { RESET_LEASE_MS } from '../../client/registry/sessionRegistry';
import { startInput, versionsInput } from '../support/v1';
import { triggerRest } from './aiRows';
import type { Fault } from './faults';
import { expectNothingTwice, hear, hearAndRemember } from './hear';
import { eachCommand, noRedisFault, wholeFaults } from './redisFaults';
import type { Override, Result, Row } from './rows';
import type { Subject } from './service';
import { callOptions, EXPIRY_MS, reset, SAID, session, start, startSecond, startSession } from './v1Rows';

const faultsAt = (commands: number): Fault[] => [noRedisFault, ...wholeFaults, ...eachCommand(commands)];

const startExpired = async (subject: Subject) => {
	await startSession(subject);
	subject.clock.jumpWallTime(EXPIRY_MS);
};

async function claimed({ client }: Subject): Promise<string[]> {
	const sessions = await client.claimExpiredSessions({ limit: 10 });
	return sessions.map(({ sessionId }) => sessionId);
}

/** What does not work for a while is told once, however often it is tried. */
function expectFewOutages({ state }: Subject): void {
	expect(state.outages.length).toBeLessThanOrEqual(1);
}

/** A start is recorded, or else somebody was told that it is not; and the next one is. */
async function expectRecorded(
	subject: Subject,
	result: Result | undefined,
	startNext: (subject: Subject) => Promise<Result>,
) {
	const { clock } = subject;
	expectFewOutages(subject);
	const next = await startNext(subject);
	expect(next.warnings).toEqual([]);
	clock.jumpWallTime(EXPIRY_MS);
	const found = await claimed(subject);
	expect(found).toContain('session-2');
	if (result?.warnings?.length === 0) expect(found).toContain('session-1');
}

/** Whatever became of the claim, the session is not lost: it is claimed now, or after the lease of who claimed it. */
async function expectClaimable(subject: Subject, result: Result | undefined): Promise<void> {
	const before = (result?.shown ?? []) as ReadonlyArray<{ sessionId: string }>;
	const now = await claimed(subject);
	expect([...before.map(({ sessionId }) => sessionId), ...now].length).toBeLessThanOrEqual(1);
	subject.clock.jumpWallTime(RESET_LEASE_MS);
	expect([...now, ...(await claimed(subject))]).toContain('session-1');
}

const fails: Partial<Override> = { category: 'server' };
const warned: Row['overrides'] = Object.fromEntries(
	wholeFaults.filter(({ redis }) => redis?.kind !== 'replyAfter').map(({ name }) => [name, { warns: true }]),
);

const once = { attempts: (sent: number) => sent } as const;

const claims = {
	operation: 'claimExpiredSessions',
	kind: 'safe',
	faults: faultsAt(1),
	overrides: {
		...Object.fromEntries(faultsAt(1).map(({ name }) => [name, fails])),
		[noRedisFault.name]: { sent: 0 },
	},
	attemptMs: 15_000,
	after: expectClaimable,
	run: async ({ client }) => ({ shown: await client.claimExpiredSessions({ limit: 1 }) }),
} satisfies Partial<Row>;

/** What becomes of every operation whose state is kept in Redis. */
export const redisRows: readonly Row[] = [
	{
		...once,
		name: 'validateVersion, with a token that is shared',
		operation: 'validateVersion',
		backend: 'v1',
		call: 'versions',
		kind: 'safe',
		faults: faultsAt(7),
		sharesLogin: true,
		attemptMs: 15_000,
		run: validate,
		after: async (subject) => {
			expectFewOutages(subject);
			// One login at a time, with Redis or without (guarantee 4).
			expect(subject.arrived('login')).toBe(1);
			await validate(subject);
			expect(subject.arrived('login')).toBe(1);
		},
	},
	{
		...once,
		name: 'triggerFlow',
		operation: 'triggerFlow',
		backend: 'v1',
		call: 'start',
		kind: 'start',
		faults: faultsAt(8),
		overrides: warned,
		attemptMs: 60_000,
		run: start,
		after: async (subject, result) => await expectRecorded(subject, result, startSecond),
	},
	{
		...once,
		name: 'triggerFlow with a reply',
		operation: 'triggerFlow',
		backend: 'v1',
		call: 'start',
		kind: 'start',
		faults: faultsAt(11),
		overrides: warned,
		attemptMs: 60_000,
		run: async ({ client }) => {
			const reply = { quietMs: 1_000, maxWaitSeconds: 20 };
			const { audit, ...shown } = await client.triggerFlow({ ...startInput, reply }, callOptions);
			expect((shown.messages ?? []).map(({ type }) => type)).toEqual(['user', 'bot']);
			return { audit, shown, warnings: shown.warnings ?? [] };
		},
		after: async (subject, result) => await expectRecorded(subject, result, startSecond),
	},
	{
		name: 'streamMessages',
		operation: 'streamMessages',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: faultsAt(1),
		attemptMs: 45_000,
		before: startSession,
		run: async ({ client, v1 }) => {
			for (const text of SAID) v1?.say('session-1', text);
			return await hear((options) => client.streamMessages(session, options), SAID);
		},
	},
	{
		name: 'follow, one session',
		operation: 'follow',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: faultsAt(9),
		attemptMs: 45_000,
		before: startSession,
		run: async (subject) => await hearAndRemember(subject, session, SAID, (text) => subject.v1?.say('session-1', text)),
		after: async (subject) => await expectNothingTwice(subject, session, SAID),
	},
	{
		name: 'follow, every open session',
		operation: 'follow',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: faultsAt(9),
		attemptMs: 45_000,
		before: startSession,
		run: async (subject) => {
			const place = { botId: '', flowId: '', sessionId: '' };
			return await hearAndRemember(subject, place, SAID, (text) => subject.v1?.say('session-1', text));
		},
		after: async (subject) => await expectNothingTwice(subject, session, SAID),
	},
	{
		...once,
		name: 'resetSession',
		operation: 'resetSession',
		backend: 'v1',
		call: 'reset',
		kind: 'safe',
		faults: faultsAt(1),
		overrides: warned,
		attemptMs: 60_000,
		before: startExpired,
		run: reset,
		after: async (subject, result) => {
			// Resetting it once more does no harm; not to know that it is to be reset would.
			if (result?.warnings?.length === 0) expect(await claimed(subject)).toEqual([]);
			expect((await reset(subject)).warnings).toEqual([]);
			expect(await claimed(subject)).toEqual([]);
		},
	},
	{ ...claims, name: 'claimExpiredSessions', backend: 'v1', call: 'start', before: startExpired },
	{
		name: 'releaseExpiredSession',
		operation: 'releaseExpiredSession',
		backend: 'v1',
		call: 'start',
		kind: 'safe',
		faults: faultsAt(1),
		overrides: Object.fromEntries(faultsAt(1).map(({ name }) => [name, { sent: 0 }])),
		attemptMs: 15_000,
		before: async (subject) => {
			await startExpired(subject);
			expect(await claimed(subject)).toEqual(['session-1']);
		},
		run: async ({ client }) => ({ shown: await client.releaseExpiredSession('session-1') }),
		after: async ({ client, ...subject }) => {
			await client.releaseExpiredSession('session-1');
			expect(await claimed({ client, ...subject })).toEqual(['session-1']);
		},
	},
	{
		...once,
		name: 'triggerFlow, REST',
		operation: 'triggerFlow',
		backend: 'ai',
		call: 'message',
		kind: 'start',
		faults: faultsAt(7),
		overrides: warned,
		attemptMs: 60_000,
		run: async (subject) => await triggerRest(subject, 'session-1'),
		after: async (subject, result) =>
			await expectRecorded(subject, result, async () => await triggerRest(subject, 'session-2')),
	},
	{
		...claims,
		name: 'claimExpiredSessions',
		backend: 'ai',
		call: 'message',
		before: async (subject) => {
			await triggerRest(subject, 'session-1');
			subject.clock.jumpWallTime(EXPIRY_MS);
		},
	},
];

async function validate({ client }: Subject): Promise<Result> {
	const { audit, ...shown } = await client.validateVersion(versionsInput, callOptions);
	return { audit, shown };
}
