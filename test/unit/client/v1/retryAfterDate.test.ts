import { FakeClock } from '../../../support/fakeClock';
import { inject, status } from '../../../support/sandboxFaults';
import { callOptions, LONGEST_PAUSE_MS, startInput, v1Setup, versionsInput } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

const headers = { Date: 'Sat, 31 Jan 2026 12:00:00 GMT', 'Retry-After': 'Sat, 31 Jan 2026 12:00:02 GMT' };

it.each([
	['10 minutes behind', '2026-01-31T11:50:00Z'],
	['10 minutes ahead', '2026-01-31T12:10:00Z'],
])(
	'a date that means 2 s fails nothing and holds the credential for 2 s, with our clock %s',
	async (_how, startsAt) => {
		const held: number[] = [];
		const budget = { take: async () => {}, holdFor: (ms: number) => held.push(ms), close: () => {} };
		const clock = new FakeClock({ startsAt, skipsUpToMs: LONGEST_PAUSE_MS });
		const { client, sandbox } = await v1Setup({ clock, dependencies: { budget } });
		inject(sandbox, 'versions', status(429, { headers, times: 1 }));
		inject(sandbox, 'start', status(429, { headers, times: 1 }));

		expect(await client.validateVersion(versionsInput, callOptions)).toMatchObject({ audit: { attempts: 2 } });
		expect(await client.triggerFlow(startInput, callOptions)).toMatchObject({ audit: { attempts: 2 } });
		expect(held).toEqual([2_000, 2_000]);
		expect(clock.skipped.filter((ms) => ms >= 1_000)).toEqual([2_000, 2_000]);
	},
);
