/** What can be said of the templates without an n8n; test/e2e/templates.test.ts executes them in one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeHelpers, type INode, type INodeProperties, type INodeType } from 'n8n-workflow';

import { ERROR_CATEGORIES } from '../../../client/errors';
import { parseWorkflow, projectFolder, type WorkflowNode } from '../../../n8n-host';
import { CognigyConversation } from '../../../nodes/CognigyConversation/CognigyConversation.node';
import { CognigyRelease } from '../../../nodes/CognigyRelease/CognigyRelease.node';
import { CognigyResetSession } from '../../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';
import { CognigyWebhookTrigger } from '../../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';
import { ApiKeys } from '../../../sandbox/cognigyAi/apiKeys';
import { DEMO_WEBHOOK_KEY } from '../../../sandbox/cognigyAi/seed';
import { Users } from '../../../sandbox/v1/users';

const ownTypes: readonly INodeType[] = [
	new CognigyConversation(),
	new CognigyRelease(),
	new CognigyResetSession(),
	new CognigyStreamMessagesTrigger(),
	new CognigyTriggerFlow(),
	new CognigyValidateVersion(),
	new CognigyWebhookTrigger(),
];

/** Versions of n8n's own nodes that n8n 1.123 has as well as n8n 2.41. */
const versionsOfN8n: Readonly<Record<string, number>> = {
	'n8n-nodes-base.dataTable': 1,
	'n8n-nodes-base.errorTrigger': 1,
	'n8n-nodes-base.filter': 2.2,
	'n8n-nodes-base.httpRequest': 4.2,
	'n8n-nodes-base.if': 2.2,
	'n8n-nodes-base.respondToWebhook': 1.1,
	'n8n-nodes-base.scheduleTrigger': 1.2,
	'n8n-nodes-base.set': 3.4,
	'n8n-nodes-base.splitInBatches': 3,
	'n8n-nodes-base.splitOut': 1,
	'n8n-nodes-base.stickyNote': 1,
	'n8n-nodes-base.stopAndError': 1,
	'n8n-nodes-base.switch': 3.2,
	'n8n-nodes-base.wait': 1.1,
	'n8n-nodes-base.webhook': 2,
};

const folder = join(projectFolder, 'workflows');
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

const isNote = ({ type }: WorkflowNode) => type === 'n8n-nodes-base.stickyNote';
const typeOf = (node: WorkflowNode) =>
	ownTypes.find(({ description }) => node.type === `n8n-nodes-cognigy.${description.name}`);

it('are there', () => {
	expect(files.length).toBeGreaterThan(5);
});

describe.each(files)('%s', (file) => {
	const text = readFileSync(join(folder, file), 'utf8');
	const workflow = parseWorkflow(JSON.parse(text));
	const { nodes } = workflow;
	const notes = nodes.filter(isNote);
	const steps = nodes.filter((node) => !isNote(node));
	const targets = Object.values(workflow.connections as Record<string, { main: Array<Array<{ node: string }>> }>)
		.flatMap(({ main }) => main)
		.flat()
		.map(({ node }) => node);

	it('holds nothing of the n8n that it was made in', () => {
		expect(Object.keys(workflow).sort()).toEqual(['connections', 'name', 'nodes', 'pinData', 'settings']);
		expect(workflow['pinData']).toEqual({});
		expect(workflow.settings).toEqual({ executionOrder: 'v1' });
		expect(nodes.filter((node) => 'credentials' in node)).toEqual([]);
	});

	it('holds no secret and no address of a machine', () => {
		const secrets = [
			DEMO_WEBHOOK_KEY,
			...new ApiKeys().all().map(({ key }) => key),
			...new Users().all().map(({ password }) => password),
		];
		expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
		expect(text).not.toMatch(/"(password|token|apiKey|secret|webhookKey|authorization)": *"[^"]/i);
		expect(text).not.toMatch(/bearer |localhost|\b\d+\.\d+\.\d+\.\d+\b|\/(home|root|tmp|Users)\//i);
		const hosts = [...text.matchAll(/\b(?:https?|wss?):\/\/([^/"'\s]+)/g)].map(([, host]) => host);
		expect(hosts.filter((host) => !host?.endsWith('.example.com'))).toEqual([]);
	});

	it('marks each address that is to be filled in', () => {
		const requests = nodes.filter(({ type }) => type === 'n8n-nodes-base.httpRequest');
		expect(
			requests.filter(
				({ parameters, notesInFlow, notes }) =>
					!/^https:\/\/\w+\.example\.com\/enter-the-/.test(String(parameters['url'])) ||
					notesInFlow !== true ||
					!/^Enter the /.test(String(notes)),
			),
		).toEqual([]);
	});

	it('uses nodes and versions that exist', () => {
		const wrong = nodes.filter((node) => {
			const own = typeOf(node);
			const versions = own ? [own.description.version].flat() : [versionsOfN8n[node.type]];
			return !versions.includes(node.typeVersion);
		});
		expect(wrong.map(({ name, type, typeVersion }) => [name, type, typeVersion])).toEqual([]);
	});

	it('sets only parameters that the nodes have and show, to values that they know', () => {
		const wrong = steps.flatMap((node) => {
			const own = typeOf(node);
			return own ? wrongParameters(node, own).map((name) => `${node.name}: ${name}`) : [];
		});
		expect(wrong).toEqual([]);
	});

	it('connects all of its nodes, ways of errors included', () => {
		const names = nodes.map(({ name }) => name);
		const ids = nodes.map(({ id }) => id);
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(ids).size).toBe(ids.length);
		expect([...Object.keys(workflow.connections), ...targets].filter((name) => !names.includes(name))).toEqual([]);
		const isTrigger = ({ type }: WorkflowNode) => /trigger$|\.webhook$/i.test(type);
		const lost = steps.filter((node) => !isTrigger(node) && !targets.includes(node.name));
		expect(lost.map(({ name }) => name)).toEqual([]);
		const withErrorOutput = steps.filter(({ onError }) => onError === 'continueErrorOutput');
		const deadEnds = withErrorOutput.filter(({ name }) => outputsOf(name).at(1)?.length !== 1);
		expect(deadEnds.map(({ name }) => name)).toEqual([]);
	});

	it('has a note that tells what each of its nodes with a number does, and what to fill in', () => {
		expect(notes.map(({ name }) => name)).toEqual(['Read Me First']);
		const content = String(notes[0]?.parameters['content']);
		expect(content).toMatch(/^## .+\n/);
		expect(content).toContain('**To make it yours');
		const numbered = [...content.matchAll(/^\d\. (.+)$/gm)].map(([, line]) => line ?? '');
		const bold = numbered.flatMap((line) => [...line.matchAll(/\*\*(.+?)\*\*/g)].map(([, name]) => name));
		expect(bold.length).toBeGreaterThan(1);
		expect(bold.filter((name) => !steps.some((node) => node.name === name))).toEqual([]);
	});

	it('has a note that covers no node, and no node that covers another', () => {
		const [note] = notes.map(({ position: [left, top], parameters }) => ({
			left,
			top,
			right: left + Number(parameters['width']),
			bottom: top + Number(parameters['height']),
		}));
		const boxes = steps.map(({ name, position: [left, top] }) => ({
			name,
			left,
			top,
			right: left + NODE_SIZE,
			bottom: top + NODE_SIZE + LABEL_HEIGHT,
		}));
		expect(boxes.filter((box) => note && overlap(box, note))).toEqual([]);
		expect(boxes.filter((box) => boxes.some((other) => other !== box && overlap(box, other)))).toEqual([]);
	});

	function outputsOf(name: string): Array<Array<{ node: string }>> {
		return (workflow.connections as Record<string, { main: Array<Array<{ node: string }>> }>)[name]?.main ?? [];
	}
});

it('the error workflow knows every category, but for what somebody has stopped', () => {
	const text = readFileSync(join(folder, 'error-alerts.json'), 'utf8');
	const categories = [...text.matchAll(/\{\{ \[([^\]]+)\]\.includes\(\$json\.errorCategory\) \}\}/g)].flatMap(
		([, list = '']) => list.split(',').map((category) => category.trim().replaceAll("'", '')),
	);
	expect(categories.sort()).toEqual(ERROR_CATEGORIES.filter((category) => category !== 'cancelled').sort());
});

it('whoever may send an event twice starts its flow once: by the ID of the event, or what it says', () => {
	const keys = ['crm-webhook-trigger-flow.json', 'cognigy-ai-crm-webhook-trigger-flow.json'].map((file) => {
		const { nodes } = parseWorkflow(JSON.parse(readFileSync(join(folder, file), 'utf8')));
		const [start] = nodes.filter(({ type }) => type === 'n8n-nodes-cognigy.cognigyTriggerFlow');
		return (start?.parameters['options'] as Record<string, unknown>)['idempotencyKey'];
	});
	const fields = keys.map((key) => [...String(key).matchAll(/json\.body\.(\w+)/g)].map(([, name]) => name));
	expect(fields).toEqual([
		['eventId', 'orderId', 'status', 'text'],
		['eventId', 'orderId', 'status', 'text'],
	]);
});

/** As n8n's editor draws them. */
const NODE_SIZE = 96;
const LABEL_HEIGHT = 40;

interface Box {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

function overlap(a: Box, b: Box): boolean {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Names of parameters that the node does not have or does not show, or whose value is none of its choices. */
function wrongParameters(node: WorkflowNode, { description }: INodeType): string[] {
	const { properties } = description;
	const known = NodeHelpers.getNodeParameters(
		properties,
		node.parameters as INode['parameters'],
		true,
		false,
		node,
		description,
	);
	const shown = Object.keys(node.parameters).filter((name) => known && name in known);
	const hidden = Object.keys(node.parameters).filter((name) => !shown.includes(name));
	const options = Object.keys(node.parameters['options'] ?? {});
	const unknownOptions = options.filter(
		(name) => !properties.some((property) => property.name === 'options' && choices(property).includes(name)),
	);
	const unknownValues = shown.filter((name) => {
		const sameName = properties.filter(({ name: of, type }) => of === name && /^(multiO|o)ptions$/.test(type));
		const values = [node.parameters[name]].flat();
		return sameName.length > 0 && !sameName.some((one) => values.every((value) => choices(one).includes(value)));
	});
	return [...hidden, ...unknownOptions, ...unknownValues];
}

/** The values that a parameter may have, or the names of what a collection may hold. */
function choices({ options = [] }: INodeProperties): unknown[] {
	return options.map((option) => ('value' in option ? option.value : option.name));
}
