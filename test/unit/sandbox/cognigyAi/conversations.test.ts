import type { CognigyAiSandbox } from '../../../../sandbox';
import { manualClock } from '../support';
import { api, closeAll, message, sandboxFor } from './support';

afterEach(closeAll);

interface Row {
	inputText: string;
	source: string;
	inputId: string;
	outputId: string | null;
	inputData: unknown;
	timestamp: string;
	rating: number | null;
}

async function rowsOf(sandbox: CognigyAiSandbox, sessionId = 's-1'): Promise<Row[]> {
	const { json } = await api(sandbox, `/conversations/${sessionId}?projectId=${sandbox.projectId}`);
	return json.items as Row[];
}

it('writes down what is said, a row for each input and output', async () => {
	const sandbox = await sandboxFor();
	await message(sandbox, 'Showcase REST', { text: 'several' });
	await message(sandbox, 'Showcase REST', { text: 'stream' });
	const rows = await rowsOf(sandbox);

	expect(rows.map(({ source, inputText }) => `${source}: ${inputText}`)).toEqual([
		...['user: several', 'bot: One.', 'bot: Two.', 'bot: Three.'],
		...['user: stream', 'bot: Streamed ', 'bot: in ', 'bot: chunks.', 'bot: '],
	]);
	expect(new Set(rows.map(({ inputId }) => inputId)).size).toBe(2);
	expect(rows.filter(({ outputId }) => outputId === null).map(({ source }) => source)).toEqual(['user', 'user']);
	expect(rows.at(-1)?.inputData).toMatchObject({ _cognigy: { _finishReason: 'stop', _messageId: 'answer-2' } });
	expect(rows[0]).toMatchObject({
		projectId: sandbox.projectId,
		sessionId: 's-1',
		contactId: 'user-1',
		channel: 'rest',
		snapshotName: 'v1.1',
		endpointName: 'Showcase REST',
	});
	expect(new Set(rows.map(({ timestamp }) => timestamp)).size).toBe(rows.length);
});

it('writes it down later, if asked to', async () => {
	const clock = manualClock();
	const sandbox = await sandboxFor({ now: clock.now, transcriptDelayMs: 1000 });
	await message(sandbox, 'Showcase REST');
	clock.advance(999);
	expect(await rowsOf(sandbox)).toEqual([]);
	clock.advance(1);
	expect(await rowsOf(sandbox)).toHaveLength(2);
});

it('hands it out in the order, and with the data, that is asked for', async () => {
	const sandbox = await sandboxFor({ transcriptOrder: 'newestFirst', transcriptData: 'json' });
	await message(sandbox, 'Showcase REST', { data: { a: 1 } });
	expect(await rowsOf(sandbox)).toMatchObject([{ inputText: 'Plain text.' }, { inputData: '{"a":1}' }]);
});

it('has none of a session that nobody used', async () => {
	expect(await rowsOf(await sandboxFor(), 'nobody')).toEqual([]);
	const sandbox = await sandboxFor({ unknownConversation: 'notFound' });
	expect(await api(sandbox, '/conversations/nobody')).toMatchObject({ status: 404, json: { code: 1002 } });
});

it('stores asterisks, or nothing, for an endpoint that is set so', async () => {
	const sandbox = await sandboxFor();
	await message(sandbox, 'Showcase REST');
	sandbox.changeEndpoint('Showcase REST', { conversations: 'masked' });
	expect(await rowsOf(sandbox)).toMatchObject([{ inputText: '****', inputData: '****' }, { inputText: '***********' }]);
	sandbox.changeEndpoint('Showcase REST', { conversations: 'off' });
	expect(await rowsOf(sandbox)).toEqual([]);
});

it('has ratings, and who said it', async () => {
	const sandbox = await sandboxFor();
	await message(sandbox, 'Showcase REST');
	sandbox.say({ userId: 'user-1', sessionId: 's-1' }, { text: 'I am human.', source: 'agent' });
	const controlCommands = [{ type: 'setRating', parameters: { rating: 1, comment: 'Well done' } }];
	await message(sandbox, 'Showcase REST', { text: '', data: { _cognigy: { controlCommands } } });
	const rows = await rowsOf(sandbox);
	expect(rows).toContainEqual(expect.objectContaining({ source: 'agent', inputText: 'I am human.' }));
	expect(rows.filter(({ rating }) => rating !== null)).toMatchObject([{ rating: 1, ratingComment: 'Well done' }]);
});

it('is for members of the project that may read it', async () => {
	const sandbox = await sandboxFor();
	const ofOthers = sandbox.endpoint('Elsewhere REST');
	await message(sandbox, ofOthers.name);
	expect(await rowsOf(sandbox)).toEqual([]);
	const path = `/conversations/s-1?projectId=${sandbox.projectId}`;
	for (const key of ['member-api-key-83d0c4e6', 'outsider-api-key-a71b95']) {
		expect(await api(sandbox, path, { headers: { 'x-api-key': key } })).toMatchObject({ status: 403 });
	}
	expect((await api(sandbox, '/conversations/s-1')).json.items).toHaveLength(2);
});

describe('the list', () => {
	it('has a summary of each session that has a transcript', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Showcase REST', { text: 'several' });
		const path = `/conversations?projectId=${sandbox.projectId}`;
		expect((await api(sandbox, path)).json).toMatchObject({
			items: [
				{ sessionId: 's-1', contactId: 'user-1', messages: 4, flowName: 'Showcase', projectId: sandbox.projectId },
			],
			total: 1,
			nextCursor: null,
		});
		expect((await api(sandbox, `${path}&contactIds[]=somebody`)).json).toMatchObject({ items: [] });
		sandbox.changeEndpoint('Showcase REST', { conversations: 'off' });
		expect((await api(sandbox, path)).json).toMatchObject({ items: [] });
	});

	it('comes in pages of 25, or whole and without a total', async () => {
		const paged = await sandboxFor({ pastConversations: 30 });
		const { json } = await api(paged, `/conversations?projectId=${paged.projectId}`);
		expect(json).toMatchObject({ total: 30, nextCursor: expect.stringMatching(/^[0-9a-f]{24}$/) });
		expect(json.items).toHaveLength(25);
		const whole = await sandboxFor({ pastConversations: 30, conversationList: 'whole', conversationId: '_id' });
		const all = (await api(whole, `/conversations?projectId=${whole.projectId}`)).json;
		expect(Object.keys(all)).toEqual(['items']);
		expect(all.items).toHaveLength(30);
		expect((all.items as object[])[0]).toMatchObject({ _id: 'past-29' });
	});
});

describe('profiles of contacts', () => {
	const ada = { contactIds: ['ada', '+44'], profile: { firstname: 'Ada' } };

	it.each([
		['part', 'ad', 1],
		['part', '+44', 1],
		['pattern', '^ada$', 1],
		['pattern', '+44', 0],
	] as const)('are filtered by %s: %s', async (profileFilter, filter, count) => {
		const sandbox = await sandboxFor({ profileFilter, profiles: [ada] });
		const query = new URLSearchParams({ projectId: sandbox.projectId, filter });
		expect((await api(sandbox, `/profiles?${query}`)).json.items).toHaveLength(count);
	});

	it('are there for whoever has said something, and read by their id', async () => {
		const sandbox = await sandboxFor({ profiles: [ada] });
		await message(sandbox, 'Showcase REST');
		const { json } = await api(sandbox, `/profiles?projectId=${sandbox.projectId}`);
		const items = json.items as Array<{ _id: string; contactIds: string[] }>;
		expect(items.map(({ contactIds }) => contactIds)).toEqual([['user-1'], ['ada', '+44']]);
		expect((await api(sandbox, `/profiles/${items[1]?._id}`)).json).toMatchObject({ profile: { firstname: 'Ada' } });
		expect(await api(sandbox, '/profiles/nobody')).toMatchObject({ status: 404 });
		const member = { headers: { 'x-api-key': 'member-api-key-83d0c4e6' } };
		expect(await api(sandbox, `/profiles?projectId=${sandbox.projectId}`, member)).toMatchObject({ status: 403 });
	});
});

describe('profiles that are changed', () => {
	const ada = { contactIds: ['ada'], profile: { firstname: 'Ada' } };
	const keyOf = (sandbox: CognigyAiSandbox, name: string) =>
		sandbox.apiKeys.find((key) => key.name === name)?.key ?? '';
	const send = async (sandbox: CognigyAiSandbox, method: string, path: string, body?: object, key = sandbox.apiKey) => {
		const options = { method, headers: { 'x-api-key': key }, ...(body ? { body } : {}) };
		return (await api(sandbox, `/profiles${path}`, options)).status;
	};

	it.each([
		['merge', 'any', { firstname: 'Ada', lastname: '', shoe: 38 }],
		['replace', 'any', { shoe: 38 }],
		['merge', 'default', { firstname: 'Ada', lastname: '' }],
	] as const)('by a PATCH that %ss, with keys: %s', async (profilePatch, profileKeys, profile) => {
		const sandbox = await sandboxFor({ profilePatch, profileKeys, profiles: [ada] });
		const id = sandbox.profiles[0]?._id ?? '';
		expect(await send(sandbox, 'PATCH', `/${id}`, { profile: { shoe: 38 }, active: false })).toBe(204);
		expect(sandbox.profiles).toEqual([expect.objectContaining({ profile, active: false })]);
		expect(await send(sandbox, 'PATCH', `/${id}`, { name: 'Ada' })).toBe(400);
	});

	it('are made, once or as often as somebody likes', async () => {
		const again = { ...ada, active: true };
		const strict = await sandboxFor();
		const make = async (sandbox: CognigyAiSandbox) =>
			await send(sandbox, 'POST', '', { projectId: sandbox.projectId, ...again });
		expect([await make(strict), await make(strict)]).toEqual([201, 409]);
		const lenient = await sandboxFor({ profilesOfContact: 'several' });
		expect([await make(lenient), await make(lenient)]).toEqual([201, 201]);
		expect(lenient.profiles).toHaveLength(2);
	});

	it('are deleted with what was said, and made anew when somebody says something', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Showcase REST');
		await message(sandbox, 'Showcase REST', { userId: 'other', sessionId: 's-2' });
		const ofUser = () => sandbox.profiles.find(({ contactIds }) => contactIds.includes('user-1'));
		const id = ofUser()?._id ?? '';
		expect([await send(sandbox, 'DELETE', `/${id}`), await send(sandbox, 'DELETE', `/${id}`)]).toEqual([204, 404]);
		expect(ofUser()).toBeUndefined();
		expect([(await rowsOf(sandbox)).length, (await rowsOf(sandbox, 's-2')).length]).toEqual([0, 2]);
		expect(sandbox.sessions.map(({ userId }) => userId)).toEqual(['other']);
		await message(sandbox, 'Showcase REST');
		expect(ofUser()).toBeDefined();
	});

	it.each([
		['viewer', [403, 403, 403]],
		['editor', [409, 204, 403]],
		['demo', [409, 204, 204]],
	])('only by those who may: %s', async (name, statuses) => {
		const sandbox = await sandboxFor({ profiles: [ada] });
		const id = sandbox.profiles[0]?._id ?? '';
		const key = keyOf(sandbox, name);
		const { projectId } = sandbox;
		expect([
			await send(sandbox, 'POST', '', { projectId, ...ada }, key),
			await send(sandbox, 'PATCH', `/${id}`, { active: false }, key),
			await send(sandbox, 'DELETE', `/${id}`, undefined, key),
		]).toEqual(statuses);
	});
});
