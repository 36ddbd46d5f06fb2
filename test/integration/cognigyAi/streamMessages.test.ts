import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { differs, itUnless } from '../../support/edition';
import { idleTimer } from '../../support/idleTime';
import { itemsOfRun, testTrigger, type RunningTrigger } from '../triggerEngine';
import { endProcess } from '../support/state';
import { authentication, closeSandboxes, credentialFor, jsonOf, run, sandboxFor, secretsOf, stream } from './support';

jest.setTimeout(40_000);

// The time for a connection, which the tests that wait for an endpoint to be ready shorten.
jest.mock('../../../client/cognigyAi/socket/limits', () => ({ DIAL_MS: 15_000 }));
const limits = jest.requireMock<{ DIAL_MS: number }>('../../../client/cognigyAi/socket/limits');

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor({ ackTimeoutMs: 1_500, ...options });
	credential = credentialFor(sandbox);
}

beforeEach(async () => await begin());
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

const endpoint = () => sandbox.endpoint('Showcase Socket').url;
const address = { userId: 'user-1', sessionId: 's-1' };
const one = (more: IDataObject = {}) => ({ follow: 'session', endpoint: endpoint(), ...address, ...more });
const all = (more: IDataObject = {}) => ({ follow: 'registry', endpoint: endpoint(), ...more });

/** Says something with the node Trigger Flow. */
async function say(input: string, more: IDataObject = {}): Promise<IDataObject> {
	const parameters = { channel: 'socketio', endpoint: endpoint(), ...address, input, ...more };
	return jsonOf(await run('cognigyTriggerFlow', credential, parameters));
}

/** Follows a session that the service knows already. */
async function following(more: IDataObject = {}): Promise<RunningTrigger> {
	const trigger = await stream(credential, one(more));
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	await say('text');
	await trigger.emitted(1);
	return trigger;
}

const textsOf = (trigger: RunningTrigger) => trigger.texts.flat();

it('puts out exactly the promised fields, an item for each message (docs/guarantees.md#outputs)', async () => {
	const trigger = await following();
	const session = {
		sessionId: 's-1',
		botId: sandbox.projectId,
		flowId: expect.stringMatching(/^endpoint-[0-9a-f]{12}$/),
		userId: 'user-1',
	};
	expect(trigger.emission(0).items).toEqual([
		{
			json: {
				messageId: expect.any(String),
				text: 'Plain text.',
				type: 'bot',
				timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
				...session,
				audit: expect.objectContaining({ operation: 'streamMessages', ...session, status: 'success' }),
			},
		},
	]);
	expect(trigger.logged('info').join()).toContain('Cognigy audit {');
});

it('keeps rich outputs, and hears what is said without being asked', async () => {
	const trigger = await following();
	await say('buttons');
	sandbox.say(address, { text: 'By the way.' });
	await trigger.when(() => textsOf(trigger).includes('By the way.'));
	const items = trigger.emissions.flatMap(({ items: ofOne }) => ofOne);
	expect(items.find(({ json }) => String(json['text']).includes('[Track my order]'))?.json).toHaveProperty(
		'data._cognigy._default._buttons',
	);
});

it('tells events to who asks for them; who does not gets what he always got', async () => {
	const wanted = { before: ['bot', 'agent'], events: ['event'], all: ['agent', 'bot', 'event'] };
	const triggers = await Promise.all(
		Object.values(wanted).map(async (messageTypes, index) => {
			return await stream(credential, one({ messageTypes }), { nodeId: `node-${index}` });
		}),
	);
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	for (const shape of ['queue-position', 'rating-with-text']) {
		expect(await say(shape)).toMatchObject({ messages: [{ type: 'bot', event: { name: expect.any(String) } }] });
	}
	sandbox.say(address, { text: 'Hello.', source: 'agent' });
	const itemsOf = (trigger: RunningTrigger) => trigger.emissions.flatMap(({ items }) => items.map(({ json }) => json));
	const said = (trigger: RunningTrigger) => itemsOf(trigger).map(({ type, text }) => [type, text]);
	const [before, events, all] = triggers as [RunningTrigger, RunningTrigger, RunningTrigger];
	await before.when(() => textsOf(before).includes('Hello.'));
	await all.when(() => textsOf(all).includes('Hello.'));
	await events.when(() => textsOf(events).length === 2);

	const rating = 'Thank you for the talk.\nHow was it?';
	expect(said(before)).toEqual([
		['bot', ''],
		['bot', rating],
		['agent', 'Hello.'],
	]);
	expect(said(events)).toEqual([
		['event', ''],
		['event', 'How was it?'],
	]);
	expect(said(all)).toEqual([
		['event', ''],
		['bot', rating],
		['event', 'How was it?'],
		['agent', 'Hello.'],
	]);
	const [queue, request] = itemsOf(events);
	expect(queue).toEqual({
		messageId: itemsOf(before)[0]?.['messageId'],
		text: '',
		type: 'event',
		timestamp: expect.any(String),
		data: { _cognigy: { _webchat3: { type: 'queueUpdate', payload: expect.any(Object) } } },
		event: { name: 'queueUpdate', position: 3, estimatedWaitMs: 120_000 },
		...address,
		botId: sandbox.projectId,
		flowId: expect.stringMatching(/^endpoint-/),
		audit: expect.any(Object),
	});
	expect(request).toMatchObject({
		messageId: `${String(itemsOf(before)[1]?.['messageId'])}-event`,
		data: { _plugin: { type: 'request-rating' } },
		event: { name: 'request-rating', ratingTitleText: 'How was it?' },
	});
});

it('lists the files of a human agent', async () => {
	const trigger = await following();
	sandbox.say(address, {
		text: 'Your offer.',
		source: 'agent',
		data: { attachments: [{ fileName: 'offer.pdf', mimeType: 'application/pdf', url: `${endpoint()}/offer.pdf` }] },
	});
	await trigger.emitted(2);
	const { json } = trigger.emission(1).items[0] ?? { json: {} };
	expect(json).toMatchObject({ type: 'agent', attachments: [{ name: 'offer.pdf', mimeType: 'application/pdf' }] });
	// Nobody promises that the address of a file is free of the endpoint's token (guarantee 6).
	for (const secret of secretsOf(sandbox)) expect(JSON.stringify(json)).not.toContain(secret);
});

it('tells when the bot types only if that is asked for', async () => {
	const quiet = await stream(credential, one());
	const curious = await stream(credential, one({ sessionId: 's-2', options: { typingStatus: true } }), {
		nodeId: 'node-2',
	});
	await sandbox.when(() => sandbox.stats().sockets.open === 2);
	const said = (trigger: RunningTrigger) =>
		trigger.emissions.flatMap(({ items }) => items.map(({ json }) => [json['type'], json['text']].join()));
	for (const sessionId of ['s-1', 's-2']) await say('text', { sessionId });
	const all = ['typingStatus,typingOn', 'bot,Plain text.', 'typingStatus,typingOff'];
	await curious.when(() => all.every((one) => said(curious).includes(one)));
	await quiet.emitted(1);
	expect(said(quiet)).toEqual(['bot,Plain text.']);
});

itUnless('one-named-session')('follows every session of the endpoint in the registry, and new ones', async () => {
	await say('text', { sessionId: 's-1' });
	const trigger = await stream(credential, all());
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	await say('several', { sessionId: 's-2', userId: 'user-2' });
	await trigger.when(() => ['Plain text.', 'One.', 'Two.', 'Three.'].every((text) => textsOf(trigger).includes(text)));
	expect(textsOf(trigger).sort()).toEqual(['One.', 'Plain text.', 'Three.', 'Two.']);
	const users = trigger.emissions.flatMap(({ items }) => items.map(({ json }) => [json['sessionId'], json['userId']]));
	expect(users).toContainEqual(['s-2', 'user-2']);

	const { url } = sandbox.endpoint('Showcase REST');
	jsonOf(await run('cognigyTriggerFlow', credential, { endpoint: url, userId: 'u', sessionId: 's-3', input: 'text' }));
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	expect(trigger.emissions.flatMap(({ items }) => items).some(({ json }) => json['sessionId'] === 's-3')).toBe(false);
});

describe('loses nothing and emits nothing twice (guarantee 3)', () => {
	it('when a socket drops in the middle of a turn', async () => {
		const trigger = await following();
		sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs: 1 });
		await say('several');
		await trigger.when(() => textsOf(trigger).includes('Three.'));
		expect(textsOf(trigger)).toEqual(['Plain text.', 'One.', 'Two.', 'Three.']);
		expect(trigger.fatalErrors).toEqual([]);
	});

	it('when an acknowledgement is lost', async () => {
		const trigger = await following();
		sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
		sandbox.say(address, { text: 'Only once.' });
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);
		sandbox.dropSockets();
		await sandbox.when(() => sandbox.stats().outputs.redelivered === 1);
		sandbox.say(address, { text: 'The end.' });
		await trigger.when(() => textsOf(trigger).includes('The end.'));
		expect(textsOf(trigger)).toEqual(['Plain text.', 'Only once.', 'The end.']);
	});

	it('when an acknowledgement is lost before a restart of n8n', async () => {
		const trigger = await following();
		sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
		sandbox.say(address, { text: 'Only once.' });
		await trigger.when(() => textsOf(trigger).includes('Only once.'));
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);
		await trigger.close();
		await endProcess();

		const next = await stream(credential, one(), { staticData: trigger.staticData });
		await sandbox.when(() => sandbox.stats().outputs.redelivered === 1);
		sandbox.say(address, { text: 'The end.' });
		await next.when(() => textsOf(next).includes('The end.'));
		expect(textsOf(next)).toEqual(['The end.']);
	});
});

it.each<[string, CognigyAiSandboxOptions]>([
	['never says that it is ready', { endpointReady: false }],
	['speaks only EIO 3', { socketProtocol: 'v2' }],
])('tries on by itself with a service that %s (guarantee 8)', async (_what, options) => {
	await begin(options);
	jest.replaceProperty(limits, 'DIAL_MS', 1_000);
	const trigger = await stream(credential, one());
	await sandbox.when(() => sandbox.requests.filter(({ operation }) => operation === 'connect').length >= 2, 25_000);
	expect(trigger.fatalErrors).toEqual([]);
	expect(trigger.emissions).toEqual([]);
	const idleMs = idleTimer();
	await trigger.close();
	expect(idleMs()).toBeLessThan(1_500);
});

it('tells whoever publishes the workflow what can never work', async () => {
	await expect(stream(credential, one({ endpoint: 'nonsense' }))).rejects.toThrow(/^Endpoint URL /);
	await expect(stream(credential, one({ userId: '' }))).rejects.toThrow('User ID is empty');
	const anyOf = differs('one-named-session') ? one : all;
	await expect(stream(credential, anyOf({ endpoint: 'http://cognigy.example/token' }))).rejects.toThrow(
		/^Endpoint URL /,
	);
	sandbox.setKeyState('demo', 'expired');
	await expect(stream(credential, one())).rejects.toThrow('API');
});

it('leaves a key that has expired at the start of n8n for later', async () => {
	sandbox.setKeyState('demo', 'expired');
	const trigger = await stream(credential, one(), { activation: 'init' });
	expect(trigger.fatalErrors).toEqual([]);
});

it('shows the first message in a test run', async () => {
	const test = await testTrigger({ credential, parameters: { authentication, ...one() } });
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	await say('text');
	expect(itemsOfRun(await test.run).map(({ json }) => json['text'])).toEqual(['Plain text.']);
});

it('writes no secret into the log, also when things go wrong (guarantee 6)', async () => {
	const trigger = await following();
	sandbox.faults.inject({ operation: 'connect', kind: 'textError', text: secretsOf(sandbox).join(' ') });
	sandbox.dropSockets();
	sandbox.say(address, { text: 'Back.' });
	await trigger.when(() => textsOf(trigger).includes('Back.'));
	const shown = JSON.stringify([trigger.log, trigger.emissions.map(({ items }) => items)]);
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
});
