import { registryFaults } from './faults';
import type { Override, Row } from './rows';
import { trigger } from './aiRows';
import { reset, start } from './v1Rows';

/** Trouble with the registry stops no start and no reset (design section 5): there is a warning instead. */
const noHarm: Readonly<Record<string, Partial<Override>>> = Object.fromEntries(
	registryFaults.map(({ name }) => [name, { category: 'success', warns: true } as const]),
);

/** Nothing of it goes to the service. */
const unsent: typeof noHarm = Object.fromEntries(
	registryFaults.map(({ name }) => [name, { category: 'success', sent: 0 } as const]),
);

const claims = {
	operation: 'claimExpiredSessions',
	kind: 'safe',
	faults: registryFaults,
	attemptMs: 15_000,
	run: async ({ client }) => ({ shown: await client.claimExpiredSessions({ limit: 1 }) }),
} satisfies Partial<Row>;

const releases = {
	operation: 'releaseExpiredSession',
	kind: 'safe',
	faults: registryFaults,
	overrides: unsent,
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
	},
	{
		...one,
		name: 'resetSession, the registry',
		operation: 'resetSession',
		backend: 'v1',
		call: 'reset',
		kind: 'safe',
		run: reset,
	},
	{
		...one,
		name: 'triggerFlow, the registry',
		operation: 'triggerFlow',
		backend: 'ai',
		call: 'message',
		kind: 'start',
		run: async (subject) => await trigger(subject, { endpoint: subject.endpointUrl('Showcase REST') }),
	},
	{ ...claims, name: 'claimExpiredSessions', backend: 'v1', call: 'start' },
	{ ...claims, name: 'claimExpiredSessions', backend: 'ai', call: 'message' },
	{ ...releases, name: 'releaseExpiredSession', backend: 'v1', call: 'start' },
	{ ...releases, name: 'releaseExpiredSession', backend: 'ai', call: 'message' },
];
