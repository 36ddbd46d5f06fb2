import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { clientFor, closeAllClients, type HostEnvironment } from '../../../../client';
import { unrestrictedEgress } from '../../../../client/transport/egress';
import { startCognigyAiSandbox, type CognigyAiSandbox } from '../../../../sandbox';
import { callOptions, resetInput, triggerInput, validateInput } from '../../../support/cognigyAi';
import { restoreEnvironment, withoutProxies } from '../../../support/environment';
import { allThatShows } from '../../../support/secrets';

let sandbox: CognigyAiSandbox;
const environment: HostEnvironment = {
	egress: unrestrictedEgress,
	stateFolder: mkdtempSync(join(tmpdir(), 'cognigy-ai-')),
	onWarning: () => {},
};

beforeEach(async () => {
	withoutProxies();
	sandbox = await startCognigyAiSandbox();
});
afterEach(async () => {
	closeAllClients();
	await sandbox.close();
	restoreEnvironment();
});
afterAll(() => rmSync(environment.stateFolder, { recursive: true }));

const client = (changes: Record<string, unknown> = {}) => {
	const { apiUrl: apiBaseUrl, apiKey, projectId } = sandbox;
	return clientFor({ type: 'cognigyAiApi', fields: { apiBaseUrl, apiKey, projectId, ...changes } }, environment);
};

it('makes one client for a credential', () => {
	expect(client()).toBe(client());
	expect(client({ apiBaseUrl: `${sandbox.apiUrl}/new/` })).toBe(client());
	for (const changes of [{ apiKey: 'other-key' }, { projectId: 'other' }, { requestsPer5Minutes: 5 }]) {
		expect(client(changes)).not.toBe(client());
	}
	expect(allThatShows(client())).not.toContain(sandbox.apiKey);
	expect(() => client({ apiKey: '' })).toThrow(expect.objectContaining({ parameter: 'apiKey' }));
});

it('does all of its work: with a registry on this machine, real sockets and a rate budget', async () => {
	const ai = client();
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const deployment = { kind: 'snapshot', name: 'v1.1' } as const;
	expect((await ai.validateVersion(validateInput({ endpoint, deployment }), callOptions)).valid).toBe(true);
	const reply = { maxWaitSeconds: 10 };
	const started = await ai.triggerFlow(
		triggerInput({ endpoint, channel: 'socketio', text: 'turn', reply }),
		callOptions,
	);
	expect(started.reply).toBe('This is turn 1.');
	expect(started).not.toHaveProperty('warnings');
	expect((await ai.resetSession(resetInput({ endpoint: started.flowId }), callOptions)).verified).toBe(true);
	expect(ai.metrics()).toMatchObject({ totalRequests: 3, successCount: 3 });
});

it('keeps to the budget of any five minutes (guarantee 5)', async () => {
	const ai = client({ requestsPer5Minutes: 2 });
	const { url: endpoint } = sandbox.endpoint('Orders REST');
	const caller = new AbortController();
	const options = { ...callOptions, signal: caller.signal };
	const starts = Array.from({ length: 4 }, () => ai.triggerFlow(triggerInput({ endpoint, sessionId: '' }), options));
	const timers = jest.spyOn(globalThis, 'setTimeout');
	const outcomes = Promise.allSettled(starts);
	await sandbox.when(() => sandbox.stats().calls.message === 2);
	// The next one may go when the first is five minutes old.
	const waits = timers.mock.calls.map(([, ms = 0]) => ms);
	timers.mockRestore();
	expect(waits.filter((ms) => ms > 290_000 && ms < 310_000)).not.toEqual([]);
	await new Promise((resolve) => setTimeout(resolve, 200));
	expect(sandbox.stats().calls.message).toBe(2);
	caller.abort();
	const ends = (await outcomes).map(({ status }) => status);
	expect(ends.sort()).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
});
