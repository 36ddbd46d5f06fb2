import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { mostWithin } from '../support/budgetSchedule';
import { runNode } from './engine';
import { credentialFor, itemsOf, startOrderBot } from './support';

/** The window of the service is a real minute: this test waits for one. */
jest.setTimeout(100_000);

const LIMIT = 20;
const MINUTE_MS = 60_000;

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox({ requestsPerMinute: LIMIT });
});
afterAll(async () => {
	closeAllClients();
	await sandbox.close();
});

it('28 starts against a budget of 20 a minute: never 21 in any 60 s, all 28 done, no 429 (guarantee 5)', async () => {
	const { output, error } = await runNode({
		type: 'cognigyTriggerFlow',
		credential: credentialFor(sandbox, { requestsPerMinute: LIMIT }),
		// Waiting for its turn is no part of the time that an item may take.
		parameters: { ...startOrderBot, options: { concurrency: 28, timeoutSeconds: 10, retries: 0 } },
		items: itemsOf(28),
	});

	expect(error).toBeUndefined();
	expect(output.map(({ json }) => json['userId'])).toEqual(itemsOf(28).map(({ json }) => json['user']));
	expect(sandbox.stats().flowsStarted).toBe(28);
	expect(sandbox.requests.map(({ status }) => status)).not.toContain(429);
	const arrivals = sandbox.requests.map(({ time }) => Date.parse(time));
	expect(arrivals).toHaveLength(29);
	expect(mostWithin(MINUTE_MS, arrivals)).toBeLessThanOrEqual(LIMIT);
});
