import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { messageTo } from './operations';
import { closeSandboxes, credentialFor, run, sandboxFor, secretsOf, shownBy } from './support';

jest.setTimeout(60_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

afterEach(closeSandboxes);

const getMany = async (parameters: IDataObject = {}, more: Parameters<typeof run>[3] = {}) =>
	await run('cognigyConversation', credential, { operation: 'getAll', listBy: 'project', ...parameters }, more);
const pages = () => sandbox.stats().calls.listConversations;

it('puts out an item for each conversation: exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	await begin();
	await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest'));
	const outcome = await getMany({ listBy: 'contact', contactId: 'user-1' });
	expect(outcome.output).toEqual([
		{
			json: {
				sessionId: 's-1',
				userId: 'user-1',
				channel: 'rest',
				endpointName: 'Showcase REST',
				flowName: 'Showcase',
				messageCount: 2,
				startTime: expect.any(String),
				endTime: expect.any(String),
				botId: sandbox.projectId,
				audit: expect.objectContaining({ operation: 'listConversations', userId: 'user-1', status: 'success' }),
			},
			pairedItem: { item: 0 },
		},
	]);
	for (const secret of secretsOf(sandbox)) expect(shownBy(outcome)).not.toContain(secret);
});

it('has the newest ones up to the limit, or all', async () => {
	await begin({ pastConversations: 60 });
	const { output } = await getMany({ limit: '3' });
	expect(output.map(({ json }) => json['sessionId'])).toEqual(['past-59', 'past-58', 'past-57']);
	expect((await getMany()).output).toHaveLength(50);
	expect((await getMany({ returnAll: true })).output).toHaveLength(60);
});

it('lists for each item, and links what comes out to it', async () => {
	await begin({ pastConversations: 20 });
	const items = ['contact-1', 'contact-2', 'nobody'].map((id) => ({ json: { id } }));
	const { output } = await getMany({ listBy: 'contact', contactId: '={{ $json.id }}' }, { items });
	expect(output.map(({ json, pairedItem }) => [json['userId'], pairedItem])).toEqual([
		...[0, 0].map((item) => ['contact-1', { item }]),
		...[1, 1].map((item) => ['contact-2', { item }]),
	]);
});

it('takes no contact that is missing for everybody', async () => {
	await begin({ pastConversations: 20 });
	const { error } = await getMany({ listBy: 'contact', contactId: '={{ $json.missing }}' });
	expect(error).toMatchObject({ message: 'Contact ID is empty' });
	expect(pages()).toBe(0);
});

/** Bytes in use, without what is only waiting to be collected. */
function bytesInUse(): number {
	setFlagsFromString('--expose-gc');
	(runInNewContext('gc') as () => void)();
	return process.memoryUsage().heapUsed;
}

it.each([
	['all', { returnAll: true }, 10_000],
	['the newest of a list in no order that helps', { limit: 10 }, 10],
])('keeps none of 400 pages of 25, whatever was asked for: %s', async (_what, parameters, count) => {
	await begin({
		pastConversations: 10_000,
		// Of a page that was kept, a quarter of a megabyte.
		pastConversationPadding: 10_000,
		...(count === 10 ? { conversationOrder: 'oldestFirst' } : {}),
	});
	const running = getMany({ ...parameters, options: { timeoutSeconds: 300 } });
	await sandbox.when(() => pages() >= 50);
	const early = bytesInUse();
	await sandbox.when(() => pages() >= 390, 50_000);
	// Kept, 340 pages would be 85 MB.
	expect(bytesInUse() - early).toBeLessThan(40e6);
	const { output, error } = await running;
	expect(error).toBeUndefined();
	expect(pages()).toBe(400);
	expect(new Set(output.map(({ json }) => json['sessionId'])).size).toBe(count);
	expect(output[0]?.json['sessionId']).toBe('past-9999');
});
