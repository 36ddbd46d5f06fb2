import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { IDataObject } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import * as cognigyAi from './cognigyAi/support';
import { messageTo, reset } from './cognigyAi/operations';
import { loadPackage, runNode } from './engine';
import { credentialFor, startOrderBot } from './support';
import { itUnless } from '../support/edition';
import { keepRegistryBusy } from './support/state';
import { WaitingHost } from './support/waitingHost';

interface OutputSchema {
	properties: Record<string, object>;
}

const nodesFolder = join(__dirname, '..', '..', 'nodes');
const schemaOf = (node: string, name = 'output') =>
	JSON.parse(readFileSync(join(nodesFolder, node, '__schema__', `${name}.json`), 'utf8')) as OutputSchema;

const NODES = {
	cognigyValidateVersion: schemaOf('CognigyValidateVersion'),
	cognigyTriggerFlow: schemaOf('CognigyTriggerFlow'),
	cognigyResetSession: schemaOf('CognigyResetSession'),
	cognigyConversation: schemaOf('CognigyConversation', 'conversation/getTranscript'),
	'cognigyConversation, Profile': schemaOf('CognigyConversation', 'contactProfile/get'),
	'cognigyConversation, Change of a Profile': schemaOf('CognigyConversation', 'contactProfile/create'),
	'cognigyConversation, Deleted Profile': schemaOf('CognigyConversation', 'contactProfile/delete'),
	'cognigyConversation, Context': schemaOf('CognigyConversation', 'conversation/injectContext'),
	'cognigyConversation, Get Many': schemaOf('CognigyConversation', 'conversation/getAll'),
	'cognigyRelease, createSnapshot': schemaOf('CognigyRelease', 'createSnapshot'),
	'cognigyRelease, deploySnapshot': schemaOf('CognigyRelease', 'deploySnapshot'),
	'cognigyRelease, rollBack': schemaOf('CognigyRelease', 'rollBack'),
	'cognigyRelease, getStatus': schemaOf('CognigyRelease', 'getStatus'),
	'cognigyRelease, deleteSnapshot': schemaOf('CognigyRelease', 'deleteSnapshot'),
	'cognigyRelease, exportPackage': schemaOf('CognigyRelease', 'exportPackage'),
};
type Type = keyof typeof NODES;

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const SHARED = ['audit', 'metrics'];
for (const name of SHARED) ajv.addSchema(schemaOf('shared', name), `${name}.json`);

let v1: Sandbox;
let ai: CognigyAiSandbox;

beforeAll(async () => {
	v1 = await startSandbox({ slowStartMs: 10 });
	ai = await cognigyAi.sandboxFor({ profileKeys: 'default', taskStates: ['queued'], linkNotReady: 0 });
});
afterAll(async () => {
	await cognigyAi.closeSandboxes();
	await v1.close();
	closeAllClients();
});

const allOptions = { includeMetrics: true, auditInput: 'full' };

/** What has come out of each node so far. */
const seen = new Map<Type, IDataObject[]>();

function collect(type: Type, json: IDataObject): void {
	expect(ajv.validate(NODES[type], json) ? [] : ajv.errors).toEqual([]);
	seen.set(type, [...(seen.get(type) ?? []), json]);
}

const onV1 = async (parameters: IDataObject, type: Type) => {
	const credential = credentialFor(v1);
	return cognigyAi.jsonOf(await runNode({ type, credential, parameters }));
};
const onAi = async (parameters: IDataObject, type: string) =>
	cognigyAi.jsonOf(await cognigyAi.run(type, cognigyAi.credentialFor(ai), parameters));

const version = { botId: 'order-status', flowId: 'main', targetEnvironment: 'production' };
const order = { ...startOrderBot, userId: 'user-1' };
const inList = (name: string) => cognigyAi.picked('list', ai.endpoint(name).id);

describe('what comes out is what the output schema promises, and nothing else', () => {
	it.each<[string, IDataObject]>([
		['published', { ...version, options: allOptions }],
		['not published', { ...version, targetEnvironment: 'staging', onNotPublished: 'output' }],
	])('Validate Version, v1: %s', async (_what, parameters) => {
		collect('cognigyValidateVersion', await onV1(parameters, 'cognigyValidateVersion'));
	});

	it.each<[string, () => IDataObject]>([
		['live', () => ({ endpoint: inList('Orders REST'), options: allOptions })],
		[
			'a snapshot that is not deployed',
			() => ({
				...{ endpoint: inList('Orders REST'), deployment: 'snapshot', snapshot: cognigyAi.picked('name', 'v1.0') },
				onNotPublished: 'output',
			}),
		],
	])('Validate Version, Cognigy.AI: %s', async (_what, parameters) => {
		collect('cognigyValidateVersion', await onAi(parameters(), 'cognigyValidateVersion'));
	});

	it.each<[string, IDataObject]>([
		['nothing more', { ...order, options: { auditInput: 'none' } }],
		['reply', { ...order, waitForReply: true, options: { ...allOptions, replyQuietMs: 100 } }],
	])('Trigger Flow, v1: %s', async (_what, parameters) => {
		collect('cognigyTriggerFlow', await onV1(parameters, 'cognigyTriggerFlow'));
	});

	it.each<[string, () => IDataObject]>([
		['REST', () => messageTo(ai, 'rest', { options: allOptions })],
		['Socket.IO, a rich message', () => messageTo(ai, 'socketio', { input: 'quick replies' })],
		[
			'REST, an event',
			() => messageTo(ai, 'rest', { endpoint: ai.endpoint('Showcase REST').url, input: 'queue-position' }),
		],
		['REST, files', () => messageTo(ai, 'rest', { endpoint: ai.endpoint('Showcase REST').url, input: 'agent-files' })],
		['Webhook', () => messageTo(ai, 'webhook')],
		['notify', () => messageTo(ai, 'socketio', { deliverAs: 'notify' })],
	])('Trigger Flow, Cognigy.AI: %s', async (_what, parameters) => {
		collect('cognigyTriggerFlow', await onAi(parameters(), 'cognigyTriggerFlow'));
	});

	it.each<[string, unknown]>([
		['a list', ['Hi', 7]],
		['text', 'Hi'],
		['JSON', { order: 'A-1001' }],
	])('Trigger Flow, Cognigy.AI: %s of a transformer', async (_what, body) => {
		ai.faults.inject({ operation: 'message', kind: 'answer', body });
		const json = await onAi(messageTo(ai, 'rest'), 'cognigyTriggerFlow');
		expect(json).toMatchObject({ data: body, warnings: [expect.stringContaining('transformer')] });
		collect('cognigyTriggerFlow', json);
	});

	it.each<[string, (parameters: IDataObject) => Promise<IDataObject>]>([
		['v1', async (parameters) => await onV1({ ...order, ...parameters }, 'cognigyTriggerFlow')],
		['Cognigy.AI', async (more) => await onAi({ ...messageTo(ai, 'rest'), ...more }, 'cognigyTriggerFlow')],
	])('Trigger Flow, %s: started before with the same key', async (_platform, start) => {
		const parameters = { options: { idempotencyKey: 'event-1' } };
		await start(parameters);
		const json = await start(parameters);
		expect(json).toMatchObject({ repeated: true, audit: { repeated: true, attempts: 0 } });
		collect('cognigyTriggerFlow', json);
	});

	it.each(['outcome', 'none in time'])('Trigger Flow that waits for its outcome: %s', async (what) => {
		const parameters = {
			botId: 'claims',
			flowId: 'main',
			userId: 'user-1',
			waitForOutcome: true,
			onNoOutcome: 'output',
		};
		const host = await WaitingHost.open({ credential: credentialFor(v1), parameters });
		await host.run();
		if (what === 'outcome') v1.say(v1.sessions.at(-1)?.sessionId ?? '', 'Yes.', 'user');
		else await host.wakeUp();
		await host.ended();
		collect('cognigyTriggerFlow', host.outputOf('Cognigy')[0]?.json ?? {});
		await host.close();
	});

	it('Trigger Flow, with a warning', async () => {
		const release = keepRegistryBusy();
		collect('cognigyTriggerFlow', await onV1(order, 'cognigyTriggerFlow'));
		release();
	});

	it.each<[string, IDataObject]>([
		['verified', { options: allOptions }],
		['not verified', { verify: false }],
	])('Reset Session, v1: %s', async (_what, parameters) => {
		const { sessionId } = await onV1(order, 'cognigyTriggerFlow');
		const session = { botId: 'order-status', sessionId: String(sessionId) };
		collect('cognigyResetSession', await onV1({ ...session, ...parameters }, 'cognigyResetSession'));
	});

	it.each<['context' | 'state' | 'both', IDataObject]>([
		['context', { options: allOptions }],
		['state', {}],
		['both', { newSessionId: true }],
	])('Reset Session, Cognigy.AI: %s', async (mode, more) => {
		await onAi(messageTo(ai, 'rest'), 'cognigyTriggerFlow');
		collect('cognigyResetSession', await onAi({ ...reset(ai, mode), ...more }, 'cognigyResetSession'));
	});

	it('Conversation, the transcript of a session', async () => {
		const parameters = { sessionId: 's-1', options: allOptions };
		await onAi(messageTo(ai, 'rest', { input: 'quick replies' }), 'cognigyTriggerFlow');
		collect('cognigyConversation', await onAi(parameters, 'cognigyConversation'));
		const row = { source: 'user', inputText: '****', inputData: '****', rating: 1, ratingComment: 'Well done' };
		ai.faults.inject({ operation: 'readConversation', kind: 'answer', times: 2, body: { items: [row], total: 2 } });
		collect('cognigyConversation', await onAi(parameters, 'cognigyConversation'));
	});

	it('Conversation, the conversations of the project', async () => {
		const parameters = { operation: 'getAll', listBy: 'project', options: allOptions };
		const body = { items: [{ _id: 's-1', messages: 3, ratings: [1], ratingComments: ['Good'] }], total: 2 };
		ai.faults.inject({ operation: 'listConversations', kind: 'answer', times: 2, body });
		collect('cognigyConversation, Get Many', await onAi(parameters, 'cognigyConversation'));
	});

	it('Conversation, the profile of a contact', async () => {
		const parameters = { resource: 'contactProfile', operation: 'findByContact', contactId: 'user-1' };
		await onAi(messageTo(ai, 'rest'), 'cognigyTriggerFlow');
		const found = await onAi({ ...parameters, options: allOptions }, 'cognigyConversation');
		collect('cognigyConversation, Profile', found);
		expect(schemaOf('CognigyConversation', 'contactProfile/findByContact')).toEqual(
			schemaOf('CognigyConversation', 'contactProfile/get'),
		);
	});

	it('Conversation, profiles that are made, changed and deleted', async () => {
		const resource = { resource: 'contactProfile', specifyProfile: 'json', profile: '{"age":1,"shoe":38}' };
		const change = async (operation: string, parameters: IDataObject) =>
			await onAi({ ...resource, operation, ...parameters, options: allOptions }, 'cognigyConversation');
		const made = await change('create', { contactIds: 'ada' });
		collect('cognigyConversation, Change of a Profile', made);
		collect(
			'cognigyConversation, Change of a Profile',
			await change('update', { contactId: 'ada', profile: '{"age":2}' }),
		);
		const { profileId } = made;
		collect('cognigyConversation, Deleted Profile', await change('delete', { profileId, contactId: 'ada' }));
		expect(schemaOf('CognigyConversation', 'contactProfile/update')).toEqual(
			schemaOf('CognigyConversation', 'contactProfile/create'),
		);
	});

	it('Conversation, an injected context', async () => {
		const parameters = { operation: 'injectContext', sessionId: 's-1', userId: 'user-1', context: '{"vip":true}' };
		const inject = async () => await onAi({ ...parameters, options: allOptions }, 'cognigyConversation');
		collect('cognigyConversation, Context', await inject());
		ai.faults.inject({ operation: 'injectContext', kind: 'answer', status: 204 });
		collect('cognigyConversation, Context', await inject());
	});

	it('Release, all operations', async () => {
		const release = async (operation: string, parameters: IDataObject) => {
			const json = await onAi({ operation, ...parameters, options: allOptions }, 'cognigyRelease');
			collect(`cognigyRelease, ${operation}` as Type, json);
			return json;
		};
		const [endpoint, snapshot] = [inList('Orders REST'), cognigyAi.picked('name', 'v3.0')];
		const { taskId } = await release('createSnapshot', { snapshotName: 'v3.0' });
		const { putBack } = await release('deploySnapshot', { endpoint, snapshot });
		await release('getStatus', { endpoint });
		await release('getStatus', { statusOf: 'task', taskId });
		await release('rollBack', { putBack: JSON.stringify(putBack) });
		await release('deleteSnapshot', { snapshot, confirmName: 'v3.0' });
		await release('exportPackage', { packageName: 'Orders', resourceIds: ai.endpoint('Orders REST').id });
	});

	itUnless('one-named-session')('Reset Session, expired sessions on both', async () => {
		const options = { sessionTtlMinutes: 0.0001 };
		const credential = credentialFor(v1);
		await runNode({ type: 'cognigyTriggerFlow', credential, parameters: { ...order, options } });
		const parameters = { operation: 'expired', botId: 'order-status' };
		const { output } = await runNode({ type: 'cognigyResetSession', credential, parameters });
		expect(output.length).toBeGreaterThan(0);

		const onAiCredential = cognigyAi.credentialFor(ai);
		await cognigyAi.run('cognigyTriggerFlow', onAiCredential, messageTo(ai, 'rest', { sessionId: 'old', options }));
		const expired = await cognigyAi.run('cognigyResetSession', onAiCredential, { operation: 'expired' });
		expect(expired.output.length).toBeGreaterThan(0);

		for (const { json } of [...output, ...expired.output]) collect('cognigyResetSession', json);
	});
});

it.each(Object.entries(NODES))('%s: the schema promises nothing that never comes', (type, { properties }) => {
	const fields = (seen.get(type as Type) ?? []).flatMap((json) => Object.keys(json));
	expect([...new Set(fields)].sort()).toEqual(Object.keys(properties).sort());
});

it.each(SHARED)('nor does that of %s', (name) => {
	const all = [...seen.values()].flat().map((json) => json[name] as IDataObject | undefined);
	const fields = all.flatMap((one) => Object.keys(one ?? {}));
	expect([...new Set(fields)].sort()).toEqual(Object.keys(schemaOf('shared', name).properties).sort());
});

it('each action node has one', async () => {
	const { types } = await loadPackage();
	const actions = types.nodes.filter(({ inputs }) => inputs.length > 0).map(({ name }) => name);
	const names = Object.keys(NODES).map((name) => name.replace(/,.*/, ''));
	expect([...new Set(names)].sort()).toEqual(actions.sort());
});
