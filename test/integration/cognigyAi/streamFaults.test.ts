import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiFaultRequest, CognigyAiSandbox } from '../../../sandbox';
import type { RunOptions } from '../engine';
import type { RunningTrigger, TriggerOptions } from '../triggerEngine';
import { messageTo, session } from './operations';
import { closeSandboxes, credentialFor, jsonOf, run, sandboxFor, secretsOf, stream } from './support';

jest.setTimeout(60_000);

let sandbox: CognigyAiSandbox;
let credential: RunOptions['credential'];

beforeEach(async () => {
	sandbox = await sandboxFor({ ackTimeoutMs: 1_500 });
	credential = credentialFor(sandbox);
});
afterEach(closeSandboxes);

const follows = async (more: Partial<TriggerOptions> = {}, parameters: IDataObject = {}) => {
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	return await stream(credential, { follow: 'session', endpoint, ...session, ...parameters }, more);
};
const connects = () => sandbox.stats().calls.connect;

/** It works, by itself, and nobody was bothered (guarantee 8). */
async function expectToHear(trigger: RunningTrigger): Promise<void> {
	await sandbox.when(() => sandbox.stats().sockets.open === 1, 30_000);
	const item = jsonOf(
		await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'socketio', { input: 'several' })),
	);
	expect(item['reply']).toBe('One.\nTwo.\nThree.');
	await trigger.when(() => trigger.texts.flat().length === 3);
	expect(trigger.texts.flat()).toEqual(['One.', 'Two.', 'Three.']);
	expect(trigger.fatalErrors).toEqual([]);
	const shown = JSON.stringify([trigger.log, trigger.emissions.map(({ items }) => items)]);
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
}

it.each<[string, CognigyAiFaultRequest]>([
	['HTML 502', { operation: 'connect', kind: 'htmlError', status: 502 }],
	['a plain text', { operation: 'connect', kind: 'textError', status: 500 }],
	['429 with Retry-After', { operation: 'connect', kind: 'status', status: 429, headers: { 'Retry-After': '1' } }],
	['429', { operation: 'connect', kind: 'status', status: 429 }],
	['401', { operation: 'connect', kind: 'status', status: 401 }],
	['404', { operation: 'connect', kind: 'textError', status: 404 }],
	['a cut connection', { operation: 'connect', kind: 'resetBefore' }],
	['a connection that is cut before it is ready', { operation: 'connect', kind: 'dropAfter' }],
])('connects again after %s', async (_what, fault) => {
	sandbox.faults.inject({ ...fault, times: 2 });
	const trigger = await follows();
	await expectToHear(trigger);
	expect(connects()).toBe(3);
});

it('waits for an endpoint that is not active to become so', async () => {
	sandbox.changeEndpoint('Showcase Socket', { active: false });
	const trigger = await follows();
	await sandbox.when(() => sandbox.stats().sockets.refused >= 2, 30_000);
	sandbox.changeEndpoint('Showcase Socket', { active: true });
	await expectToHear(trigger);
});

it('tries on with an endpoint that nobody knows', async () => {
	const trigger = await follows({}, { endpoint: `${sandbox.endpointUrl}/${'0'.repeat(64)}` });
	await sandbox.when(() => sandbox.stats().sockets.refused >= 2, 30_000);
	expect([trigger.fatalErrors, trigger.emissions]).toEqual([[], []]);
});

it('lives on without the API key once it listens: only the management API wants it', async () => {
	const trigger = await follows();
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	sandbox.setKeyState('demo', 'revoked');
	sandbox.dropSockets();
	await sandbox.when(() => sandbox.stats().sockets.opened === 2, 30_000);
	await expectToHear(trigger);
});

describe('when it is activated', () => {
	it.each(['expired', 'revoked'] as const)('says that the key is %s, to whoever does it', async (state) => {
		sandbox.setKeyState('demo', state);
		await expect(follows()).rejects.toThrow('Cognigy did not accept the API key (401)');
		expect(connects()).toBe(0);
	});

	it.each<[string, CognigyAiFaultRequest]>([
		['HTML 502', { operation: 'readMe', kind: 'htmlError', status: 502 }],
		['a plain text', { operation: 'readMe', kind: 'textError', status: 500 }],
		['429', { operation: 'readMe', kind: 'status', status: 429 }],
		['a cut connection', { operation: 'readMe', kind: 'dropAfter' }],
	])('does not mind %s: that passes (guarantee 8)', async (_what, fault) => {
		sandbox.faults.inject({ ...fault, times: 100 });
		await expectToHear(await follows());
	});
});

it('says each message once, whether it or its acknowledgement was lost (guarantee 3)', async () => {
	const trigger = await follows();
	sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
	sandbox.faults.inject({ operation: 'output', kind: 'lost' });
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	jsonOf(await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'socketio', { input: 'several' })));
	await sandbox.when(() => sandbox.stats().outputs.kept === 2);
	sandbox.dropSockets();
	await sandbox.when(() => sandbox.stats().outputs.acknowledged === 3, 30_000);
	sandbox.say(session, { text: 'The end.' });
	await trigger.when(() => trigger.texts.flat().includes('The end.'));
	expect(trigger.texts.flat().sort()).toEqual(['One.', 'The end.', 'Three.', 'Two.']);
});
