import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties, INodePropertyOptions, INodeType } from 'n8n-workflow';

import { CognigyResetSession } from '../../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';

const folder = join(__dirname, '..', '..', '..', 'nodes');

/** Names and defaults of a node's parameters, which saved workflows rely on (design section 2). */
function parametersOf(node: INodeType): Record<string, unknown> {
	return Object.fromEntries(node.description.properties.map(({ name, default: value }) => [name, value]));
}

function optionsOf(node: INodeType): Record<string, unknown> {
	const options = node.description.properties.find(({ name }) => name === 'options')?.options as INodeProperties[];
	return Object.fromEntries(options.map(({ name, default: value }) => [name, value]));
}

/** What can be chosen for a parameter. */
function valuesOf(node: INodeType, parameter: string): unknown[] {
	const options = node.description.properties.find(({ name }) => name === parameter)?.options ?? [];
	return (options as INodePropertyOptions[]).map(({ value }) => value);
}

const commonOptions = { auditInput: 'hash', concurrency: 5, includeMetrics: false, retries: 3, timeoutSeconds: 30 };

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
		options: {},
	});
	expect(optionsOf(node)).toEqual({
		...commonOptions,
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
	const { properties } = new CognigyStreamMessagesTrigger().description;
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
	['CognigyResetSession', new CognigyResetSession()],
	['CognigyTriggerFlow', new CognigyTriggerFlow()],
	['CognigyValidateVersion', new CognigyValidateVersion()],
])('%s', (_name, node) => {
	it('is a tool for AI agents, with one input and one output', () => {
		expect(node.description).toMatchObject({ usableAsTool: true, inputs: ['main'], outputs: ['main'] });
	});
});

describe.each([
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
