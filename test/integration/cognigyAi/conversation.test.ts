import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { shortPauses } from '../support';
import { messageTo, session } from './operations';
import { closeSandboxes, credentialFor, jsonOf, run, sandboxFor, secretsOf, shownBy } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

beforeEach(async () => {
	shortPauses();
	await begin();
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

type More = Parameters<typeof run>[3];

const transcript = async (parameters: IDataObject = {}, more: More = {}) =>
	await run('cognigyConversation', credential, { sessionId: session.sessionId, ...parameters }, more);

/** Says something with the node Trigger Flow. */
const say = async (input: string, more: IDataObject = {}) =>
	jsonOf(await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest', { input, ...more })));

const keepGoing = { onError: 'continueRegularOutput' } as const;

it('has all that was said, in order: exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	await say('quick replies');
	await say('stream');
	const { output } = await transcript();
	const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown;
	const id = expect.any(String) as unknown;
	expect(output).toEqual([
		{
			json: {
				sessionId: 's-1',
				botId: sandbox.projectId,
				userId: 'user-1',
				messages: [
					{ messageId: id, text: 'quick replies', source: 'user', timestamp: at, channel: 'rest' },
					{
						messageId: id,
						text: expect.any(String),
						source: 'bot',
						timestamp: at,
						channel: 'rest',
						data: { _cognigy: expect.any(Object) },
					},
					{ messageId: id, text: 'stream', source: 'user', timestamp: at, channel: 'rest' },
					{
						messageId: 'answer-2',
						text: 'Streamed in chunks.',
						source: 'bot',
						timestamp: at,
						channel: 'rest',
						data: { _cognigy: expect.any(Object) },
					},
				],
				audit: expect.objectContaining({
					operation: 'getTranscript',
					botId: sandbox.projectId,
					sessionId: 's-1',
					status: 'success',
				}),
			},
			pairedItem: { item: 0 },
		},
	]);
});

it('reads as the reply did', async () => {
	const replies = [];
	for (const input of ['buttons', 'gallery', 'html-list']) replies.push((await say(input))['reply']);
	const { messages } = jsonOf(await transcript()) as { messages: IDataObject[] };
	expect(messages.filter(({ source }) => source === 'bot').map(({ text }) => text)).toEqual(replies);
});

it('tells whether a message ran that may have run', async () => {
	sandbox.faults.inject({ operation: 'message', kind: 'dropAfter' });
	const { error } = await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest'));
	expect(error?.description).toContain('Get Transcript of the node Cognigy Conversation shows what was said in it');
	await begin();
	sandbox.faults.inject({ operation: 'message', kind: 'dropAfter' });
	const failed = await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest'), keepGoing);
	const audit = failed.output[0]?.json['audit'] as IDataObject;
	expect(failed.output[0]?.json['error']).toContain('may have run');
	expect(jsonOf(await transcript({ sessionId: audit['sessionId'] as string }))).toMatchObject({
		messages: [{ text: 'turn', source: 'user' }, { source: 'bot' }],
	});
});

it('waits for a transcript that is not there yet', async () => {
	await begin({ transcriptDelayMs: 2_000 });
	await say('turn');
	expect(jsonOf(await transcript())).toMatchObject({ messages: [{ text: 'turn' }, { source: 'bot' }] });
	expect(sandbox.stats().calls.readConversation).toBeGreaterThan(1);
});

it.each(['empty', 'notFound'] as const)('fails when there is none in time, or comes out empty (%s)', async (answer) => {
	await begin({ unknownConversation: answer });
	const options = { waitSeconds: 0 };
	const { error } = await transcript({ options });
	expect(error).toMatchObject({
		name: 'NodeApiError',
		message: 'There is no transcript of session "s-1"',
		description: expect.stringContaining('Check Session ID'),
	});
	expect((await transcript({ options, onNotFound: 'output' })).output).toMatchObject([
		{ json: { sessionId: 's-1', messages: [], audit: { status: 'success' } } },
	]);
});

it('reads the session of each item, and one that fails hurts no other', async () => {
	for (const sessionId of ['s-1', 's-3']) await say('turn', { sessionId });
	const items = ['s-1', 's-2', 's-3'].map((id) => ({ json: { id } }));
	const { output } = await transcript(
		{ sessionId: '={{ $json.id }}', options: { waitSeconds: '0' } },
		{ items, ...keepGoing },
	);
	expect(output).toMatchObject([
		{ json: { sessionId: 's-1' }, pairedItem: { item: 0 } },
		{ json: { errorCategory: 'notFound', audit: { sessionId: 's-2' } }, pairedItem: { item: 1 } },
		{ json: { sessionId: 's-3' }, pairedItem: { item: 2 } },
	]);
});

it('keeps masks, and shows no secret that the service does (guarantee 6)', async () => {
	await say('turn');
	sandbox.changeEndpoint('Showcase REST', { conversations: 'masked' });
	const outcome = await transcript({ options: { auditInput: 'full' } });
	expect(jsonOf(outcome)).toMatchObject({ messages: [{ text: '****', isMasked: true }, { isMasked: true }] });
	for (const secret of secretsOf(sandbox)) expect(shownBy(outcome)).not.toContain(secret);
});

it.each<[string, IDataObject, string]>([
	['no session', { sessionId: '={{ " " }}' }, 'Session ID is empty'],
	[
		'too long a wait',
		{ options: { waitSeconds: 601 } },
		'Wait for Transcript (Seconds) must be a number from 0 to 600',
	],
])('names what is wrong, and sends nothing: %s', async (_what, parameters, message) => {
	const { error } = await transcript(parameters);
	expect(error).toMatchObject({ name: 'NodeOperationError', message });
	expect(sandbox.requests).toHaveLength(0);
});

it('says which role is missing', async () => {
	credential = credentialFor(sandbox, { apiKey: 'member-api-key-83d0c4e6' });
	const { output } = await transcript({}, keepGoing);
	expect(output[0]?.json).toMatchObject({
		errorCategory: 'permission',
		error: expect.stringContaining('You need the role conversationHistory'),
	});
});
