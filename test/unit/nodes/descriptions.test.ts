import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties, INodePropertyOptions, INodeType } from 'n8n-workflow';

import { CognigyConversation } from '../../../nodes/CognigyConversation/CognigyConversation.node';
import { CognigyRelease } from '../../../nodes/CognigyRelease/CognigyRelease.node';
import { CognigyResetSession } from '../../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';

const folder = join(__dirname, '..', '..', '..', 'nodes');

type Backend = 'cognigyApi' | 'cognigyAiApi';

/** Whether a parameter, or an entry of the options, is there for a backend. */
const isFor =
	(backend: Backend) =>
	({ displayOptions }: INodeProperties): boolean => {
		const { authentication, '/authentication': ofNode } = displayOptions?.show ?? {};
		return (authentication ?? ofNode ?? [backend]).includes(backend);
	};

function propertiesOf(node: INodeType, backend: Backend = 'cognigyApi'): INodeProperties[] {
	return node.description.properties.filter(({ type }) => type !== 'hidden').filter(isFor(backend));
}

/** Names and defaults of a node's parameters, which saved workflows rely on (docs/guarantees.md#parameters). */
function parametersOf(node: INodeType, backend?: Backend): Record<string, unknown> {
	return Object.fromEntries(propertiesOf(node, backend).map(({ name, default: value }) => [name, value]));
}

function optionsOf(node: INodeType, backend: Backend = 'cognigyApi'): Record<string, unknown> {
	const options = node.description.properties.find(({ name }) => name === 'options')?.options as INodeProperties[];
	return Object.fromEntries(options.filter(isFor(backend)).map(({ name, default: value }) => [name, value]));
}

/** What can be chosen for a parameter. */
function valuesOf(node: INodeType, parameter: string, backend?: Backend): unknown[] {
	const options = propertiesOf(node, backend).find(({ name }) => name === parameter)?.options ?? [];
	return (options as INodePropertyOptions[]).map(({ value }) => value);
}

const commonOptions = { auditInput: 'hash', concurrency: 5, includeMetrics: false, retries: 3, timeoutSeconds: 30 };
/** An endpoint answers only when its flow is done. */
const cognigyAiOptions = { ...commonOptions, timeoutSeconds: 60 };

it('Trigger Flow has the promised parameters and defaults', () => {
	const node = new CognigyTriggerFlow();
	expect(node.description).toMatchObject({
		name: 'cognigyTriggerFlow',
		displayName: 'Cognigy Trigger Flow',
		version: 1,
	});
	expect(parametersOf(node)).toEqual({
		authentication: 'cognigyApi',
		botId: '',
		flowId: '',
		userId: '',
		sessionId: '',
		input: '',
		contextMode: 'json',
		context: '{}',
		orderId: '',
		source: 'external_api',
		payload: '{}',
		validateBefore: false,
		targetEnvironment: 'production',
		waitForReply: false,
		waitForOutcome: false,
		outcomeWaitHours: 24,
		onNoOutcome: 'error',
		options: {},
	});
	expect(optionsOf(node)).toEqual({
		...commonOptions,
		idempotencyKey: '',
		idempotencyHours: 24,
		sessionTtlMinutes: 30,
		replyQuietMs: 1500,
		replyMaxWaitSeconds: 20,
	});
});

it('Validate Version has the promised parameters and defaults', () => {
	const node = new CognigyValidateVersion();
	expect(node.description).toMatchObject({
		name: 'cognigyValidateVersion',
		displayName: 'Cognigy Validate Version',
		version: 1,
	});
	expect(parametersOf(node)).toEqual({
		authentication: 'cognigyApi',
		botId: '',
		flowId: '',
		targetEnvironment: 'production',
		onNotPublished: 'error',
		options: {},
	});
	expect(optionsOf(node)).toEqual(commonOptions);
});

it('Reset Session has the promised parameters and defaults', () => {
	const node = new CognigyResetSession();
	expect(node.description).toMatchObject({
		name: 'cognigyResetSession',
		displayName: 'Cognigy Reset Session',
		version: 1,
	});
	expect(parametersOf(node)).toEqual({
		authentication: 'cognigyApi',
		operation: 'session',
		botId: '',
		sessionId: '',
		maxDurationSec: 900,
		clearVariables: true,
		clearHistory: true,
		clearNluContext: true,
		verify: true,
		options: {},
	});
	expect(optionsOf(node)).toEqual({
		...commonOptions,
		stateClearMatrix: expect.stringContaining('"flowState": "RESET"'),
		verifyTimeoutSeconds: 20,
	});
});

it('Conversation has the promised parameters and defaults, and no choice of a platform', () => {
	const node = new CognigyConversation();
	expect(node.description).toMatchObject({
		name: 'cognigyConversation',
		displayName: 'Cognigy Conversation',
		version: 1,
		credentials: [{ name: 'cognigyAiApi', required: true }],
	});
	expect(parametersOf(node, 'cognigyAiApi')).toEqual({
		resource: 'conversation',
		// Each resource has its own; this is the last of them.
		operation: 'findByContact',
		updateBy: 'contactId',
		profileId: '',
		contactIds: '',
		specifyProfile: 'fields',
		profileFields: {},
		profile: '{}',
		active: true,
		updateFields: {},
		sessionId: '',
		userId: '',
		context: '{}',
		onNotFound: 'error',
		listBy: 'contact',
		contactId: '',
		returnAll: false,
		limit: 50,
		options: {},
	});
	const operations = node.description.properties.filter(({ name }) => name === 'operation');
	expect(operations.map(({ displayOptions, default: value }) => [displayOptions?.show?.['resource'], value])).toEqual([
		[['conversation'], 'getTranscript'],
		[['contactProfile'], 'findByContact'],
	]);
	expect(optionsOf(node, 'cognigyAiApi')).toEqual({ ...cognigyAiOptions, waitSeconds: 20 });
	const notInTools = operations
		.flatMap(({ options }) => options as INodePropertyOptions[])
		.filter(({ displayOptions }) => displayOptions?.show?.['@tool']?.includes(false));
	expect(notInTools.map(({ value }) => value)).toEqual(['injectContext', 'delete']);
});

it('Release has the promised parameters and defaults, and is no tool of an AI agent', () => {
	const node = new CognigyRelease();
	const nothing = { mode: 'list', value: '' };
	expect(node.description).toMatchObject({
		name: 'cognigyRelease',
		displayName: 'Cognigy Release',
		version: 1,
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'cognigyAiApi', required: true }],
	});
	expect(node.description.usableAsTool).toBeUndefined();
	expect(valuesOf(node, 'operation').sort()).toEqual([
		'createSnapshot',
		'deleteSnapshot',
		'deploySnapshot',
		'exportPackage',
		'getStatus',
		'rollBack',
	]);
	expect(parametersOf(node, 'cognigyAiApi')).toEqual({
		operation: 'deploySnapshot',
		statusOf: 'endpoint',
		endpoint: nothing,
		snapshotName: '',
		description: 'Created by a workflow of n8n',
		deployment: 'snapshot',
		snapshot: nothing,
		expectedNow: 'anything',
		expectedNowName: nothing,
		confirmName: '',
		packageName: '',
		resourceIds: '',
		binaryPropertyName: 'data',
		taskId: '',
		putBack: '',
		options: {},
	});
	expect(optionsOf(node, 'cognigyAiApi')).toEqual({
		...cognigyAiOptions,
		timeoutSeconds: 300,
		concurrency: 1,
		maxFileMegabytes: 64,
	});
});

it('Reset Session resets one session or every expired one', () => {
	expect(valuesOf(new CognigyResetSession(), 'operation').sort()).toEqual(['expired', 'session']);
});

it('Stream Messages has the promised parameters and defaults', () => {
	const node = new CognigyStreamMessagesTrigger();
	expect(node.description).toMatchObject({
		name: 'cognigyStreamMessagesTrigger',
		displayName: 'Cognigy Stream Messages Trigger',
		version: 1,
		group: ['trigger'],
		inputs: [],
		outputs: ['main'],
	});
	expect(parametersOf(node)).toEqual({
		authentication: 'cognigyApi',
		follow: 'registry',
		botId: '',
		flowId: '',
		sessionId: '',
		messageTypes: ['bot'],
		options: {},
	});
	expect(optionsOf(node)).toEqual({ executions: 'inOrder', maxParallel: 10 });
	expect(valuesOf(node, 'follow').sort()).toEqual(['registry', 'session']);
	expect(valuesOf(node, 'messageTypes')).toEqual(['bot', 'user', 'webhook']);
});

it('Stream Messages asks for the IDs of a session only where one session is followed', () => {
	const properties = propertiesOf(new CognigyStreamMessagesTrigger());
	const asked = (follow: string) =>
		properties
			.filter(({ displayOptions }) => displayOptions?.show?.['follow']?.includes(follow))
			.map(({ name, required }) => [name, required ?? false]);
	expect(asked('session')).toEqual([
		['botId', true],
		['flowId', true],
		['sessionId', true],
	]);
	expect(asked('registry')).toEqual([
		['botId', false],
		['flowId', false],
	]);
});

describe.each([
	['CognigyConversation', new CognigyConversation()],
	['CognigyResetSession', new CognigyResetSession()],
	['CognigyTriggerFlow', new CognigyTriggerFlow()],
	['CognigyValidateVersion', new CognigyValidateVersion()],
])('%s', (_name, node) => {
	it('is a tool for AI agents, with one input and one output', () => {
		expect(node.description).toMatchObject({ usableAsTool: true, inputs: ['main'], outputs: ['main'] });
	});
});

describe.each([
	['CognigyConversation', new CognigyConversation()],
	['CognigyRelease', new CognigyRelease()],
	['CognigyResetSession', new CognigyResetSession()],
	['CognigyStreamMessagesTrigger', new CognigyStreamMessagesTrigger()],
	['CognigyTriggerFlow', new CognigyTriggerFlow()],
	['CognigyValidateVersion', new CognigyValidateVersion()],
])('%s', (name, node) => {
	it('has an icon for light and one for dark', () => {
		const { light, dark } = node.description.icon as { light: string; dark: string };
		for (const icon of [light, dark]) expect(existsSync(join(folder, name, icon.replace('file:', '')))).toBe(true);
		expect(light).not.toBe(dark);
	});

	it("is found in the editor's list of nodes: a subcategory of AI would hide it there", () => {
		const codex: unknown = JSON.parse(readFileSync(join(folder, name, `${name}.node.json`), 'utf8'));
		expect(codex).toMatchObject({ node: `n8n-nodes-cognigy.${node.description.name}`, categories: ['Communication'] });
		expect(codex).not.toHaveProperty('subcategories');
	});

	it('lists its options by label', () => {
		const options = node.description.properties.find((property) => property.name === 'options')?.options ?? [];
		const labels = (options as INodeProperties[]).map(({ displayName }) => displayName);
		expect(labels).toEqual([...labels].sort((a, b) => a.localeCompare(b)));
	});
});

const allNodes = [
	['CognigyResetSession', new CognigyResetSession()],
	['CognigyStreamMessagesTrigger', new CognigyStreamMessagesTrigger()],
	['CognigyTriggerFlow', new CognigyTriggerFlow()],
	['CognigyValidateVersion', new CognigyValidateVersion()],
] as const;

describe('with Cognigy.AI', () => {
	const nothing = { mode: 'list', value: '' };

	it('Validate Version asks for an endpoint and what it is to run', () => {
		const node = new CognigyValidateVersion();
		expect(parametersOf(node, 'cognigyAiApi')).toEqual({
			authentication: 'cognigyApi',
			endpoint: nothing,
			expectedChannel: '',
			deployment: 'live',
			snapshot: nothing,
			onNotPublished: 'error',
			options: {},
		});
		expect(optionsOf(node, 'cognigyAiApi')).toEqual(cognigyAiOptions);
	});

	it('Trigger Flow asks for an endpoint and its channel', () => {
		const node = new CognigyTriggerFlow();
		expect(parametersOf(node, 'cognigyAiApi')).toEqual({
			authentication: 'cognigyApi',
			channel: 'rest',
			endpointBy: 'url',
			endpoint: '',
			endpointId: { mode: 'list', value: '' },
			webhookKey: '',
			userId: '',
			sessionId: '',
			input: '',
			contextMode: 'json',
			data: '{}',
			orderId: '',
			source: 'external_api',
			payload: '{}',
			deliverAs: 'input',
			validateBefore: false,
			deployment: 'live',
			snapshot: nothing,
			waitForReply: true,
			waitForOutcome: false,
			outcomeWaitHours: 24,
			onNoOutcome: 'error',
			options: {},
		});
		expect(optionsOf(node, 'cognigyAiApi')).toEqual({
			...cognigyAiOptions,
			idempotencyKey: '',
			idempotencyHours: 24,
			sessionTtlMinutes: 30,
			replyMaxWaitSeconds: 20,
			testMode: false,
		});
		expect(valuesOf(node, 'channel', 'cognigyAiApi')).toEqual(['rest', 'socketio', 'webhook']);
		expect(valuesOf(node, 'deliverAs', 'cognigyAiApi').sort()).toEqual(['inject', 'input', 'notify']);
	});

	it('Trigger Flow asks whether to wait only where there is a choice', () => {
		const [wait] = propertiesOf(new CognigyTriggerFlow(), 'cognigyAiApi').filter(({ name }) => name === 'waitForReply');
		expect(wait?.displayOptions?.show).toMatchObject({ channel: ['socketio'], deliverAs: ['input', 'inject'] });
	});

	it('Trigger Flow injects and notifies only where endpoints can', () => {
		const [deliverAs] = propertiesOf(new CognigyTriggerFlow(), 'cognigyAiApi').filter(
			({ name }) => name === 'deliverAs',
		);
		expect(deliverAs?.displayOptions?.show).toMatchObject({ channel: ['socketio', 'webhook'] });
	});

	it('Reset Session asks for the user, the endpoint and what to reset', () => {
		const node = new CognigyResetSession();
		expect(parametersOf(node, 'cognigyAiApi')).toEqual({
			authentication: 'cognigyApi',
			operation: 'session',
			sessionId: '',
			userId: '',
			resetMode: 'context',
			endpoint: nothing,
			newSessionId: false,
			verify: true,
			options: {},
		});
		expect(optionsOf(node, 'cognigyAiApi')).toEqual(cognigyAiOptions);
		expect(valuesOf(node, 'resetMode', 'cognigyAiApi').sort()).toEqual(['both', 'context', 'state']);
	});

	it('Stream Messages asks for an endpoint, and leaves out the typing status', () => {
		const node = new CognigyStreamMessagesTrigger();
		expect(parametersOf(node, 'cognigyAiApi')).toEqual({
			authentication: 'cognigyApi',
			follow: 'registry',
			endpoint: '',
			userId: '',
			sessionId: '',
			messageTypes: ['bot', 'agent'],
			options: {},
		});
		expect(optionsOf(node, 'cognigyAiApi')).toEqual({
			executions: 'inOrder',
			maxParallel: 10,
			streamedAnswers: 'whole',
			testMode: false,
			typingStatus: false,
		});
		expect(valuesOf(node, 'messageTypes', 'cognigyAiApi').sort()).toEqual(['agent', 'bot', 'event', 'suggestion']);
	});
});

describe.each(allNodes)('%s', (name, node) => {
	it('offers both backends, and shows the credential of the one that is chosen', () => {
		expect(valuesOf(node, 'authentication')).toEqual(['cognigyApi', 'cognigyAiApi']);
		const shown = node.description.credentials?.map(({ name, displayOptions }) => [name, displayOptions?.show]);
		expect(shown).toEqual([
			['cognigyApi', { authentication: ['cognigyApi'] }],
			['cognigyAiApi', { authentication: ['cognigyAiApi'] }],
		]);
	});

	it('hides secrets that are typed in', () => {
		const secrets = propertiesOf(node, 'cognigyAiApi').filter(
			(property) => property.type === 'string' && ['endpoint', 'webhookKey'].includes(property.name),
		);
		for (const { typeOptions } of secrets) expect(typeOptions).toMatchObject({ password: true });
	});

	it('has every list that its parameters search', () => {
		const searched = node.description.properties
			.flatMap(({ modes = [] }) => modes)
			.flatMap(({ typeOptions }) => typeOptions?.searchListMethod ?? []);
		const methods = (node as INodeType).methods?.listSearch ?? {};
		for (const method of searched) expect(methods).toHaveProperty(method, expect.any(Function));
	});

	it('never asks which backend it has', () => {
		const sources = readdirSync(join(folder, name)).filter((file) => file.endsWith('.ts'));
		for (const file of sources) {
			const source = readFileSync(join(folder, name, file), 'utf8');
			expect(source).not.toMatch(/credentialTypeOf|(getNodeParameter|text|choice)\('authentication'|clientFor/);
		}
	});

	it('says in its subtitle nothing secret', () => {
		expect(node.description.subtitle ?? '').not.toMatch(/\["(endpoint|webhookKey)"\]/);
	});
});
