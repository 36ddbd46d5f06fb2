import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';

import { CognigyWebhookTrigger } from '../../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';
import { ReceivedMessages } from '../../../client/cognigyAi/receivedMessages';

const folder = join(__dirname, '..', '..', '..', 'nodes', 'CognigyWebhookTrigger');
const { description } = new CognigyWebhookTrigger();

describe('Cognigy Webhook Trigger', () => {
	it('has the promised names, parameters and defaults', () => {
		expect(description).toMatchObject({
			...{ name: 'cognigyWebhookTrigger', displayName: 'Cognigy Webhook Trigger', version: 1, group: ['trigger'] },
			webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'cognigy' }],
		});
		expect(Object.fromEntries(description.properties.map(({ name, default: value }) => [name, value]))).toEqual({
			incomingAuthentication: 'basicAuth',
			setWebhookUrl: false,
			endpoint: { mode: 'list', value: '' },
			options: {},
		});
		const options = description.properties.find(({ name }) => name === 'options')?.options as INodeProperties[];
		expect(options.map(({ name, default: value }) => [name, value])).toEqual([['dropDuplicatesMinutes', 10]]);
	});

	it('is a trigger with one output, and no tool', () => {
		expect(description).toMatchObject({ inputs: [], outputs: ['main'] });
		expect(description.usableAsTool).toBeUndefined();
	});

	it('has an icon for light and one for dark, and is found in the list of nodes', () => {
		const { light, dark } = description.icon as { light: string; dark: string };
		expect(light).not.toBe(dark);
		for (const icon of [light, dark]) expect(existsSync(join(folder, icon.replace('file:', '')))).toBe(true);
		const codex: unknown = JSON.parse(readFileSync(join(folder, 'CognigyWebhookTrigger.node.json'), 'utf8'));
		expect(codex).toMatchObject({ node: 'n8n-nodes-cognigy.cognigyWebhookTrigger', categories: ['Communication'] });
	});

	it('calls Cognigy through the shared client only', () => {
		for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
			expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(/httpRequest|clientFor|fetch\(|axios/);
		}
	});

	it('is listed in package.json, with its credential', () => {
		const manifest = JSON.parse(readFileSync(join(folder, '..', '..', 'package.json'), 'utf8')) as {
			n8n: { credentials: string[]; nodes: string[] };
		};
		expect(manifest.n8n.nodes).toContain('dist/nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node.js');
		expect(manifest.n8n.credentials).toContain('dist/credentials/CognigyAiApi.credentials.js');
	});
});

it('sums up what is rich in an output', () => {
	const quickReplies = { text: 'Which colour?', quickReplies: [{ title: 'Red' }, { title: 'Blue' }] };
	const data = { _cognigy: { _default: { _quickReplies: quickReplies } } };
	const post = { userId: 'user-1', sessionId: 's-1', outputs: [{ text: '', data, traceId: 't', source: 'agent' }] };
	expect(new ReceivedMessages().take('node', post, 0).messages).toEqual([
		expect.objectContaining({ text: 'Which colour?\n[Red] [Blue]', type: 'agent', data }),
	]);
});

describe('messages that come again', () => {
	const post = {
		...{ userId: 'user-1', sessionId: 's-1' },
		outputs: [{ text: 'Hello.', data: {}, traceId: 'trace-1', source: 'bot' }],
	};

	it('are dropped for as long as asked for, and no longer', () => {
		let now = 1;
		const received = new ReceivedMessages(() => now);
		const take = () => received.take('node', post, 60_000).messages.length;

		expect(take()).toBe(1);
		now += 59_999;
		expect(take()).toBe(0);
		now += 2;
		expect(take()).toBe(1);
	});

	it('are no others for other nodes', () => {
		const received = new ReceivedMessages();
		expect(received.take('node', post, 60_000).messages).toHaveLength(1);
		expect(received.take('other', post, 60_000).messages).toHaveLength(1);
	});

	it('have the same id whoever receives them, and when', () => {
		const ids = [1, 2].map(() => new ReceivedMessages().take('node', post, 60_000).messages[0]?.messageId);
		expect(ids[0]).toBe(ids[1]);
	});
});
