import { triggerRest } from './aiRows';
import { registryFaults, type Fault } from './faults';
import { expectNothingTwice, hearAndRemember } from './hear';
import type { Override, Result, Row } from './rows';
import type { Subject } from './service';
import { EXPIRY_MS, reset, SAID, session, start, startSecond, startSession } from './v1Rows';

/** A full disk takes no more, but says what is there; that there is nothing to change, for example. */
const ifNothingIsWritten: Readonly<Record<string, Partial<Override>>> = {
	'a full disk': { category: 'success', warns: false },
};

/**
 * Trouble with the registry stops no start and no reset (docs/guarantees.md#session-registry): there is a warning
 * instead.
 */
const noHarm: Readonly<Record<string, Partial<Override>>> = Object.fromEntries(
	// Where a new file takes the place of one that is gone, there is nothing to warn of.
	registryFaults.map(({ name, category }) => [name, { category: 'success', warns: category !== 'success' } as const]),
);

/** It works, and nothing of it goes to the service. */
function unsentWhere(applies: (fault: Fault) => boolean): typeof noHarm {
	const names = registryFaults.filter(applies).map(({ name }) => name);
	return Object.fromEntries(names.map((name) => [name, { category: 'success', sent: 0 } as const]));
}

const isFull = ({ registry }: Fault) => registry === 'full';

const claims = {
	operation: 'claimExpiredSessions',
	kind: 'safe',
	faults: registryFaults,
	overrides: { ...unsentWhere(({ category }) => category === 'success'), ...unsentWhere(isFull) },
	attemptMs: 15_000,
	after: async ({ client }) => expect(await client.claimExpiredSessions({ limit: 1 })).toEqual([]),
	run: async ({ client }) => ({ shown: await client.claimExpiredSessions({ limit: 1 }) }),
} satisfies Partial<Row>;

const releases = {
	operation: 'releaseExpiredSession',
	kind: 'safe',
	faults: registryFaults,
	overrides: unsentWhere(() => true),
	attemptMs: 15_000,
	run: async ({ client }) => ({ shown: await client.releaseExpiredSession('session-1') }),
} satisfies Partial<Row>;

const one = { faults: registryFaults, overrides: noHarm, attemptMs: 60_000, attempts: (sent: number) => sent } as const;

/** What of the operations goes on when the session registry does not work, and what cannot. */
export const registryRows: readonly Row[] = [
	{
		...one,
		name: 'triggerFlow, the registry',
		operation: 'triggerFlow',
		backend: 'v1',
		call: 'start',
		kind: 'start',
		run: start,
		after: async (subject) => await expectRecorded(subject, await startSecond(subject)),
	},
	{
		...one,
		name: 'resetSession, the registry',
		operation: 'resetSession',
		backend: 'v1',
		call: 'reset',
		kind: 'safe',
		overrides: { ...noHarm, ...ifNothingIsWritten },
		run: reset,
		after: async (subject) => expect((await reset(subject)).warnings).toEqual([]),
	},
	{
		name: 'follow, the registry',
		operation: 'follow',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: registryFaults.filter(({ staysBroken }) => !staysBroken),
		attemptMs: 45_000,
		before: startSession,
		run: async (subject) => await hearAndRemember(subject, session, SAID, (text) => subject.v1?.say('session-1', text)),
		after: async (subject) => await expectNothingTwice(subject, session, SAID),
	},
	{
		...one,
		name: 'triggerFlow, the registry',
		operation: 'triggerFlow',
		backend: 'ai',
		call: 'message',
		kind: 'start',
		run: async (subject) => await triggerRest(subject, 'session-1'),
		after: async (subject) => await expectRecorded(subject, await triggerRest(subject, 'session-2')),
	},
	{ ...claims, name: 'claimExpiredSessions', backend: 'v1', call: 'start' },
	{ ...claims, name: 'claimExpiredSessions', backend: 'ai', call: 'message' },
	{ ...releases, name: 'releaseExpiredSession', backend: 'v1', call: 'start' },
	{ ...releases, name: 'releaseExpiredSession', backend: 'ai', call: 'message' },
];

/** The registry works again: what is started now is found in it. */
async function expectRecorded({ client, clock }: Subject, { warnings }: Result): Promise<void> {
	expect(warnings).toEqual([]);
	clock.jumpWallTime(EXPIRY_MS);
	const found = await client.claimExpiredSessions({ limit: 10 });
	expect(found.map(({ sessionId }) => sessionId)).toContain('session-2');
}
