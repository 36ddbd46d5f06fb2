import type { CognigyAiListConversationsInput } from '../../../../client/cognigyAi/inputs';
import type { CognigyAiSandboxOptions } from '../../../../sandbox';
import { callOptions, cognigyAiSetup, triggerInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

async function listing(options: CognigyAiSandboxOptions = {}, fields: Record<string, unknown> = {}) {
	const setup = await cognigyAiSetup({ sandbox: options, fields });
	const list = async (input: CognigyAiListConversationsInput = {}) =>
		await setup.client.listConversations(input, callOptions);
	const pages = () => setup.sandbox.stats().calls.listConversations;
	const ids = async (input?: CognigyAiListConversationsInput) =>
		(await list(input)).conversations.map(({ sessionId }) => sessionId);
	return { ...setup, list, pages, ids };
}

const past = (...numbers: number[]) => numbers.map((number) => `past-${number}`);

it('tells what there is to know of each', async () => {
	const { client, sandbox, list } = await listing();
	const { url: endpoint } = sandbox.endpoint('Showcase REST');
	const controlCommands = [{ type: 'setRating', parameters: { rating: 1, comment: 'Good' } }];
	await client.triggerFlow(triggerInput({ endpoint, text: 'several' }), callOptions);
	await client.triggerFlow(triggerInput({ endpoint, text: '', data: { _cognigy: { controlCommands } } }), callOptions);
	const { conversations, audit } = await list();
	expect(conversations).toEqual([
		{
			sessionId: 'session-1',
			userId: 'user-1',
			channel: 'rest',
			endpointName: 'Showcase REST',
			flowName: 'Showcase',
			messageCount: 6,
			startTime: expect.stringMatching(/Z$/),
			endTime: expect.stringMatching(/Z$/),
			ratings: [1],
			ratingComments: ['Good'],
		},
	]);
	expect(audit).toMatchObject({ operation: 'listConversations', botId: sandbox.projectId, status: 'success' });
});

it('asks for nothing that the reference does not have, but follows cursors', async () => {
	const { list, sandbox, pages } = await listing({ pastConversations: 60 });
	expect((await list()).conversations).toHaveLength(60);
	expect(pages()).toBe(3);
	expect(sandbox.requests.map(({ queryNames }) => queryNames)).toEqual([
		['projectId'],
		['projectId', 'next'],
		['projectId', 'next'],
	]);
});

it('reads no further than it must where the newest come first', async () => {
	const { ids, pages } = await listing({ pastConversations: 100 });
	expect(await ids({ limit: 3 })).toEqual(past(99, 98, 97));
	expect(pages()).toBe(1);
	expect(await ids({ limit: 26 })).toHaveLength(26);
	expect(pages()).toBe(3);
});

it('has the newest also where they come last', async () => {
	const { ids, pages } = await listing({ pastConversations: 100, conversationOrder: 'oldestFirst' });
	expect(await ids({ limit: 3 })).toEqual(past(99, 98, 97));
	expect(pages()).toBe(4);
});

it.each<CognigyAiSandboxOptions>([{ conversationId: '_id' }, { conversationList: 'whole' }, { cursorNames: 'next' }])(
	'takes what sources differ in: %j',
	async (options) => {
		const { ids } = await listing({ pastConversations: 30, ...options });
		const all = await ids();
		expect(all.slice(0, 2)).toEqual(past(29, 28));
		expect(new Set(all).size).toBe(30);
	},
);

describe('of a contact', () => {
	it('has no others', async () => {
		const { ids, sandbox } = await listing({ pastConversations: 60 });
		expect(await ids({ contactId: 'contact-3' })).toEqual(past(53, 43, 33, 23, 13, 3));
		expect(sandbox.requests.at(-1)?.queryNames).toEqual(['projectId', 'contactIds[]']);
	});

	it('also where the service hands out those of others', async () => {
		const { ids, sandbox } = await listing();
		const items = ['contact-1', 'contact-10', 'contact-1'].map((contactId, index) => ({
			_id: `s-${index}`,
			contactId,
		}));
		sandbox.faults.inject({ operation: 'listConversations', kind: 'answer', body: { items } });
		expect(await ids({ contactId: 'contact-1' })).toEqual(['s-0', 's-2']);
	});
});

describe('pages', () => {
	const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
	const item = (number: number) => ({ _id: `s-${number}`, contactId: 'c', startTime: at(number) });

	it('are followed by their cursor, and not by their length', async () => {
		const { ids, sandbox } = await listing();
		const answer = (body: object) => sandbox.faults.inject({ operation: 'listConversations', kind: 'answer', body });
		answer({ items: [item(3)], nextCursor: 'a'.repeat(24) });
		answer({ items: [], nextCursor: 'b'.repeat(24) });
		// One that came before is not taken twice.
		answer({ items: [item(3), item(1)], nextCursor: 'c'.repeat(24) });
		answer({ items: [item(2)], nextCursor: 'c'.repeat(24) });
		expect(await ids()).toEqual(['s-3', 's-2', 's-1']);
	});

	it('that are the same again end the list, and it is said what is missing', async () => {
		const { list, sandbox } = await listing();
		const body = { items: [item(1), item(2)], total: 5 };
		sandbox.faults.inject({ operation: 'listConversations', kind: 'answer', body, times: 9 });
		const { conversations, warnings } = await list();
		expect(conversations).toHaveLength(2);
		expect(warnings).toEqual(['Cognigy counts 5 conversations, and handed out 2 of them.']);
	});
});

it('has those of which nobody knows when they were at the end', async () => {
	const { ids, sandbox } = await listing();
	const items = [{ _id: 'a' }, { _id: 'b', startTime: 1_760_000_000 }, { _id: 'c', startTime: '2020-01-01T00:00:00Z' }];
	sandbox.faults.inject({ operation: 'listConversations', kind: 'answer', body: { items } });
	expect(await ids()).toEqual(['b', 'c', 'a']);
});

it.each([
	[{ limit: 0 }, 'limit must be at least 1'],
	[{ limit: 1.5 }, 'limit must be a whole number'],
	// An expression that finds nothing must not stand for everybody.
	[{ contactId: '' }, 'contactId is empty'],
	[{ contactId: 'a\nb' }, 'contactId must not contain line breaks or control characters'],
])('refuses %j before anything is sent (guarantee 9)', async (input, message) => {
	const { list, pages } = await listing();
	expect(await cognigyErrorOf(list(input))).toMatchObject({ category: 'invalidInput', message });
	expect(pages()).toBe(0);
});

it('needs the project', async () => {
	const { list, pages } = await listing({}, { projectId: '' });
	expect(await cognigyErrorOf(list())).toMatchObject({ category: 'invalidInput', parameter: 'projectId' });
	expect(pages()).toBe(0);
});

it('refuses one without an id (guarantee 9)', async () => {
	const { list, sandbox } = await listing();
	sandbox.faults.inject({ operation: 'listConversations', kind: 'answer', body: { items: [{ contactId: 'c' }] } });
	expect(await cognigyErrorOf(list())).toMatchObject({
		category: 'protocol',
		message: expect.stringContaining('items[0]._id is missing'),
	});
});
