import type { CognigyAiGetTranscriptInput } from '../../../../client/cognigyAi/inputs';
import { callOptions, cognigyAiSetup, triggerInput, type CognigyAiSetupOptions } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock } from '../../../support/fakeClock';
import { closeSetups } from '../../../support/setups';
import { until } from '../../../support/until';
import { v1Setup } from '../../../support/v1';

afterEach(closeSetups);

/** A client that skips its pauses, and a session in which somebody says each of the texts. */
async function spoken(texts: readonly string[], { sandbox: options, ...more }: CognigyAiSetupOptions = {}) {
	// Longer than every pause, shorter than the limit of an attempt.
	const clock = new FakeClock({ skipsUpToMs: 10_000 });
	const now = () => clock.wallTime();
	const setup = await cognigyAiSetup({ clock, sandbox: { now, ...options }, ...more });
	const { url: endpoint } = setup.sandbox.endpoint('Showcase REST');
	for (const text of texts) await setup.client.triggerFlow(triggerInput({ endpoint, text }), callOptions);
	const get = async (input: Partial<CognigyAiGetTranscriptInput> = {}) =>
		await setup.client.getTranscript({ sessionId: 'session-1', ...input }, callOptions);
	const looks = () => setup.sandbox.stats().calls.readConversation;
	return { ...setup, clock, get, looks };
}

it('tells all that was said in a session', async () => {
	const { get, sandbox } = await spoken(['turn', 'stream']);
	const { audit, ...transcript } = await get();
	expect(transcript).toMatchObject({
		sessionId: 'session-1',
		botId: sandbox.projectId,
		userId: 'user-1',
		messages: [
			{ text: 'turn', source: 'user' },
			{ text: 'This is turn 1.', source: 'bot', channel: 'rest' },
			{ text: 'stream', source: 'user' },
			{ text: 'Streamed in chunks.', source: 'bot', messageId: 'answer-2' },
		],
	});
	expect(audit).toMatchObject({
		operation: 'getTranscript',
		botId: sandbox.projectId,
		sessionId: 'session-1',
		status: 'success',
		attempts: 1,
		httpStatus: 200,
		input: expect.stringContaining('sha256:'),
	});
});

it('shows no token of an endpoint, which the service does (guarantee 6)', async () => {
	const { get, sandbox, transport } = await spoken(['turn']);
	const shown = JSON.stringify(await get());
	const { urlToken } = sandbox.endpoint('Showcase REST');
	expect(transport.responses.at(-1)?.body).toContain(urlToken);
	expect(shown).not.toContain(urlToken);
});

it.each(['oldestFirst', 'newestFirst'] as const)('is in order, whichever way it comes: %s', async (transcriptOrder) => {
	const { get } = await spoken(['several'], { sandbox: { transcriptOrder, transcriptData: 'json' } });
	expect((await get()).messages.map(({ text }) => text)).toEqual(['several', 'One.', 'Two.', 'Three.']);
});

it('asks for the project of the credential, and for none where it has none', async () => {
	const one = await spoken(['turn']);
	await one.get();
	expect(one.sandbox.requests.at(-1)?.queryNames).toEqual(['projectId']);
	const other = await spoken(['turn'], { fields: { projectId: '' } });
	expect((await other.get()).messages).toHaveLength(2);
	expect(other.sandbox.requests.at(-1)?.queryNames).toEqual([]);
});

describe('a transcript that is not there yet', () => {
	it.each(['empty', 'notFound'] as const)('is waited for (answer: %s)', async (unknownConversation) => {
		const { get, clock, looks } = await spoken(['turn'], {
			sandbox: { transcriptDelayMs: 5_000, unknownConversation },
		});
		clock.skipped.length = 0;
		expect((await get()).messages).toHaveLength(2);
		// With back-off: the more often it was not there, the longer the pause.
		expect(clock.skipped).toEqual([250, 500, 1000, 2000, 4000]);
		expect(looks()).toBe(6);
	});

	it('is an error when it does not come in time', async () => {
		const { get, clock, looks } = await spoken([]);
		const error = await cognigyErrorOf(get({ waitSeconds: 3 }));
		expect(error).toMatchObject({
			category: 'notFound',
			message: 'There is no transcript of session "session-1", also not after 3 s',
			advice: expect.stringContaining('does not prove that nothing was said'),
			audit: { status: 'error', errorCategory: 'notFound', attempts: 1 },
		});
		// The last look is at the end of the time.
		expect(clock.skipped).toEqual([250, 500, 1000, 1250]);
		expect(looks()).toBe(5);
	});

	it('is an empty one where that is wanted, and nobody waits who does not want to', async () => {
		const { get, looks } = await spoken([]);
		const { audit, ...transcript } = await get({ waitSeconds: 0, failIfEmpty: false });
		expect(transcript).toEqual({ sessionId: 'session-1', botId: expect.any(String), messages: [] });
		expect(audit).toMatchObject({ status: 'success', attempts: 1 });
		expect(looks()).toBe(1);
	});

	it('is not waited for beyond the time limit of the call', async () => {
		const clock = new FakeClock();
		const { client, looks } = await spoken([], { clock });
		const options = { ...callOptions, timeoutSeconds: 1 };
		const error = cognigyErrorOf(client.getTranscript({ sessionId: 'session-1' }, options));
		for (const pauseMs of [250, 500]) {
			await until(() => clock.isWaiting(pauseMs));
			await clock.advance(pauseMs);
		}
		expect((await error).category).toBe('notFound');
		expect(looks()).toBe(3);
	});

	it('is not waited for once the call is cancelled', async () => {
		const { client, sandbox, looks } = await spoken([], { clock: new FakeClock() });
		const stop = new AbortController();
		const got = client.getTranscript({ sessionId: 'session-1' }, { ...callOptions, signal: stop.signal });
		const error = cognigyErrorOf(got);
		await sandbox.when(() => looks() === 1 && sandbox.stats().inFlight === 0);
		stop.abort();
		expect(await error).toMatchObject({ category: 'cancelled', message: expect.stringContaining('transcript') });
		expect(looks()).toBe(1);
	});

	it('is not what a website says that is there in the place of the API', async () => {
		const { get, sandbox, looks } = await spoken([]);
		sandbox.faults.inject({ operation: 'readConversation', kind: 'htmlError', status: 404 });
		expect(await cognigyErrorOf(get({ failIfEmpty: false }))).toMatchObject({ category: 'notFound', httpStatus: 404 });
		expect(looks()).toBe(1);
	});
});

it.each([
	[
		'masked',
		[
			{ text: '****', isMasked: true },
			{ text: '***************', isMasked: true },
		],
	],
	['off', []],
] as const)('says what an endpoint leaves of it: %s', async (conversations, messages) => {
	const { get, sandbox } = await spoken(['turn']);
	sandbox.changeEndpoint('Showcase REST', { conversations });
	expect((await get({ waitSeconds: 0, failIfEmpty: false })).messages).toMatchObject(messages);
});

it('has ratings and what human agents said', async () => {
	const { get, client, sandbox } = await spoken(['turn']);
	sandbox.say({ userId: 'user-1', sessionId: 'session-1' }, { text: 'I am human.', source: 'agent' });
	const controlCommands = [{ type: 'setRating', parameters: { rating: -1, comment: 'Too slow' } }];
	const { url: endpoint } = sandbox.endpoint('Showcase REST');
	await client.triggerFlow(triggerInput({ endpoint, text: '', data: { _cognigy: { controlCommands } } }), callOptions);
	expect((await get()).messages).toEqual(
		expect.arrayContaining([
			expect.objectContaining({ source: 'agent', text: 'I am human.' }),
			expect.objectContaining({ source: 'user', rating: -1, ratingComment: 'Too slow' }),
		]),
	);
});

it('says who may read it', async () => {
	const { get, looks } = await spoken([], { fields: { apiKey: 'member-api-key-83d0c4e6' } });
	expect(await cognigyErrorOf(get())).toMatchObject({ category: 'permission', httpStatus: 403 });
	expect(looks()).toBe(1);
});

it.each([
	[{ sessionId: '' }, 'sessionId is empty'],
	[{ sessionId: '..' }, 'sessionId must not be "." or ".."'],
	[{ waitSeconds: 601 }, 'waitSeconds must be a number from 0 to 600'],
	[{ waitSeconds: -1 }, 'waitSeconds must be a number from 0 to 600'],
	[{ failIfEmpty: 'no' }, 'failIfEmpty must be true or false'],
])('refuses %j before anything is sent (guarantee 9)', async (changes, message) => {
	const { client, looks } = await spoken([]);
	const input = { sessionId: 'session-1', ...changes } as CognigyAiGetTranscriptInput;
	expect(await cognigyErrorOf(client.getTranscript(input, callOptions))).toMatchObject({ message });
	expect(() => client.check('getTranscript', input, callOptions)).toThrow(message);
	expect(looks()).toBe(0);
});

describe('pages, should there be any', () => {
	const row = (number: number) => ({ source: 'user', inputId: `in-${number}`, inputText: `Text ${number}` });
	const answer = (sandbox: Awaited<ReturnType<typeof spoken>>['sandbox'], body: unknown) =>
		sandbox.faults.inject({ operation: 'readConversation', kind: 'answer', body });

	it('are followed by their cursor', async () => {
		const { get, sandbox } = await spoken([]);
		answer(sandbox, { items: [row(1)], nextCursor: 'a'.repeat(24) });
		answer(sandbox, { items: [], nextCursor: 'b'.repeat(24) });
		answer(sandbox, { items: [row(2)], nextCursor: null });
		const { messages, ...more } = await get();
		expect(messages.map(({ text }) => text)).toEqual(['Text 1', 'Text 2']);
		expect(more).not.toHaveProperty('warnings');
		expect(sandbox.requests.map(({ queryNames }) => queryNames.at(-1))).toEqual(['projectId', 'next', 'next']);
	});

	it('are counted where they have none', async () => {
		const { get, sandbox } = await spoken([]);
		answer(sandbox, { items: [row(1), row(2)], total: 3 });
		answer(sandbox, { items: [row(3)], total: 3 });
		expect((await get()).messages).toHaveLength(3);
	});

	it('that are the first one again are not taken twice, and it is said that some are missing', async () => {
		const { get, sandbox } = await spoken([]);
		for (let look = 0; look < 2; look++) answer(sandbox, { items: [row(1), row(2)], total: 3 });
		const { messages, warnings } = await get();
		expect(messages).toHaveLength(2);
		expect(warnings).toEqual(['Cognigy says that the transcript has 3 entries, and handed out 2 of them.']);
	});
});

it.each([
	[{ items: 'none' }, 'items must be a list'],
	[{ items: [7] }, 'items[0] must be an object'],
	[[], 'it is not a JSON object'],
])('refuses the answer %j (guarantee 9)', async (body, problem) => {
	const { get, sandbox } = await spoken([]);
	sandbox.faults.inject({ operation: 'readConversation', kind: 'answer', body });
	expect(await cognigyErrorOf(get())).toMatchObject({
		category: 'protocol',
		message: expect.stringContaining(problem),
	});
});

it('is not there with the v1 API', async () => {
	const { client } = await v1Setup();
	const input = { sessionId: 'session-1' } as never;
	expect(await cognigyErrorOf(client.getTranscript(input, callOptions))).toMatchObject({
		category: 'invalidInput',
		message: 'The Cognigy v1 API has no conversations and profiles',
	});
	expect(() => client.check('getTranscript', input, callOptions)).toThrow('no conversations');
});
