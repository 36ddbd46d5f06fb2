import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import {
	closeSandboxes,
	credentialFor as cognigyAiCredentialFor,
	run,
	sandboxFor,
} from '../integration/cognigyAi/support';
import { runNode } from '../integration/engine';
import { credentialFor } from '../integration/support';

const MEBIBYTE = 1024 * 1024;

let sandbox: Sandbox;
let cognigyAi: CognigyAiSandbox;

beforeEach(async () => {
	sandbox = await startSandbox();
	cognigyAi = await sandboxFor();
});
afterEach(async () => {
	await closeSandboxes();
	closeAllClients();
	await sandbox.close();
});

/** What a node makes of one item whose fields are these. */
async function outcomeOf(json: IDataObject): Promise<INodeExecutionData> {
	const { output } = await runNode({
		type: 'cognigyTriggerFlow',
		credential: credentialFor(sandbox),
		parameters: {
			botId: '={{ $json.botId ?? "order-status" }}',
			flowId: 'main',
			userId: '={{ $json.userId ?? "user-1" }}',
			sessionId: '={{ $json.sessionId ?? "s-1" }}',
			input: '={{ $json.input ?? "Hello." }}',
			context: '={{ $json.context ?? {} }}',
		},
		items: [{ json }],
		onError: 'continueRegularOutput',
	});
	const [item] = output;
	if (!item) throw new Error('There is no item');
	return item;
}

const starts = () => sandbox.requests.filter(({ operation }) => operation === 'start');

describe('an item', () => {
	const objects: Array<[string, IDataObject]> = [
		['an object as a session id', { sessionId: { toString: 'x', length: 1 } }],
		['a list as a bot id', { botId: ['order-status'] }],
		['an object as the user', { userId: { id: 1 } }],
		['an object as the input', { input: { text: 'Hello.' } }],
		['a list as the context', { context: [1] }],
		['text that is no JSON as the context', { context: '{"__proto__":' }],
	];
	const ids: Array<[string, string]> = [
		['a megabyte', 'x'.repeat(MEBIBYTE)],
		['a new header', 's-1\r\nX-Admin: 1'],
		['a new request', 's-1 HTTP/1.1\r\n\r\nPOST /admin'],
		['a null character', 's-1\0'],
		['the folder above', '..'],
		['half of a character', 's-\ud83d'],
	];

	it.each([
		...objects,
		...ids.flatMap(([what, id]): typeof objects => [
			[`${what} in its session id`, { sessionId: id }],
			[`${what} in its bot id`, { botId: id }],
			[`${what} in its user id`, { userId: id }],
		]),
	])('with %s is refused in plain words, and nothing is sent', async (_what, json) => {
		const { error, errorCategory } = (await outcomeOf(json)).json;
		expect(errorCategory).toBe('invalidInput');
		expect(String(error).length).toBeLessThan(300);
		expect(sandbox.requests).toEqual([]);
	});

	it('with names of prototypes in its context is sent as it is, and changes no prototype', async () => {
		const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
		expect((await outcomeOf({ context: text })).json).toMatchObject({ status: 'started' });
		expect(starts()).toHaveLength(1);
		expect(Reflect.get({}, 'polluted')).toBeUndefined();
	});

	it('with half a character in its input is sent as JSON that holds', async () => {
		expect((await outcomeOf({ input: 'Hello \ud83d.' })).json).toMatchObject({ status: 'started' });
		expect(starts()).toHaveLength(1);
	});

	it('with a name like that of a prototype has a session like others', async () => {
		for (const sessionId of ['__proto__', 'constructor', 'toString']) {
			expect((await outcomeOf({ sessionId })).json).toMatchObject({ status: 'started', sessionId });
		}
	});
});

describe('an id becomes one part of a path on Cognigy.AI, and never another path', () => {
	const reset = async (sessionId: string) =>
		await run(
			'cognigyResetSession',
			cognigyAiCredentialFor(cognigyAi),
			{ resetMode: 'state', userId: 'user-1', sessionId, options: { retries: 0 } },
			{ onError: 'continueRegularOutput' },
		);

	it.each([
		'../users/me',
		'a/b',
		'%2f..%2f',
		'%2e%2e',
		'..%00',
		'?x=1',
		'#x',
		'\\..\\',
		';a=1',
		'Größe ✓',
		'@host',
		'//host/',
	])('%j', async (sessionId) => {
		await reset(sessionId);
		expect(cognigyAi.requests.map(({ path }) => path)).toEqual([
			`/new/v2.0/sessions/${encodeURIComponent(sessionId)}/state/reset`,
		]);
	});

	it.each(['../users/me', '%2e%2e', '?x=1', '//host/'])('%j, of a transcript', async (sessionId) => {
		const parameters = { sessionId, options: { waitSeconds: 0 } };
		const keepGoing = { onError: 'continueRegularOutput' } as const;
		await run('cognigyConversation', cognigyAiCredentialFor(cognigyAi), parameters, keepGoing);
		expect(cognigyAi.requests.map(({ path }) => path)).toEqual([
			`/new/v2.0/conversations/${encodeURIComponent(sessionId)}`,
		]);
	});

	it.each(['..', '.', 'a\r\nX-API-Key: b', 'a\0', 's-\ud83d', 'x'.repeat(MEBIBYTE)])(
		'but not %j',
		async (sessionId) => {
			const { output } = await reset(sessionId);
			expect(output[0]?.json).toMatchObject({ errorCategory: 'invalidInput' });
			expect(cognigyAi.requests).toEqual([]);
		},
	);

	it.each(['key\r\nX-Admin: 1', 'key\n', 'kéy', 'a key'])(
		'nor does a webhook key become a header: %j',
		async (webhookKey) => {
			const { url: endpoint } = cognigyAi.endpoint('Showcase Webhook');
			const parameters = { channel: 'webhook', endpoint, webhookKey, userId: 'u', sessionId: 's-1', input: 'Hello.' };
			const more = { onError: 'continueRegularOutput' } as const;
			const { output } = await run('cognigyTriggerFlow', cognigyAiCredentialFor(cognigyAi), parameters, more);
			expect(output[0]?.json).toMatchObject({ errorCategory: 'invalidInput' });
			expect(JSON.stringify(output)).not.toContain('key\\');
			expect(cognigyAi.requests).toEqual([]);
		},
	);
});
