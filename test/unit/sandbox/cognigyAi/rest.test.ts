import { showcaseTexts } from '../../../../sandbox/cognigyAi/flows';
import { call } from '../support';
import { closeAll, message, sandboxFor } from './support';

afterEach(closeAll);

describe('a REST endpoint', () => {
	it('answers with what the flow says', async () => {
		const sandbox = await sandboxFor();
		const reply = await message(sandbox, 'Showcase REST', { text: 'several' });

		expect(reply).toMatchObject({
			status: 200,
			json: { text: 'One. Two. Three.', data: {}, userId: 'user-1', sessionId: 's-1' },
		});
		expect(reply.json.outputStack).toEqual(
			['One.', 'Two.', 'Three.'].map((text) => ({
				text,
				data: {},
				traceId: expect.stringMatching(/^endpoint-httpIncomingMessage-/),
				disableSensitiveLogging: false,
				source: 'bot',
			})),
		);
		const last = await sandboxFor({ restText: 'last' });
		expect((await message(last, 'Showcase REST', { text: 'several' })).json).toMatchObject({ text: 'Three.' });
	});

	it('takes text, data or both', async () => {
		const sandbox = await sandboxFor();

		expect((await message(sandbox, 'Orders REST', { text: 'Where is A-1001?' })).json.text).toContain('Friday');
		const data = { metadata: { orderId: 'A-1002' } };
		expect((await message(sandbox, 'Orders REST', { text: undefined, data })).json).toMatchObject({
			text: expect.stringContaining('today'),
			data: { orderId: 'A-1002' },
		});
		expect((await message(sandbox, 'Orders REST', { data: { orderId: 'A-9' } })).json.text).toContain('cannot find');
		expect((await message(sandbox, 'Showcase REST', { text: 'echo', data: { a: [1] } })).json.data).toEqual({ a: [1] });
	});

	it('knows test messages', async () => {
		const sandbox = await sandboxFor();
		const { urlToken } = sandbox.endpoint('Orders REST');
		const body = { userId: 'user-1', sessionId: 's-1', text: 'Hi' };

		expect(await call(`${sandbox.endpointUrl}/test/${urlToken}`, { body })).toMatchObject({ status: 200 });
		expect(sandbox.session('s-1')?.conversation).toMatchObject([{ testMode: true }, { testMode: true }]);
	});

	it('says what it needs to hear', async () => {
		const sandbox = await sandboxFor();
		const problemWith = async (said: object) => {
			const { status, json } = await message(sandbox, 'Orders REST', said);
			return { status, error: json.error };
		};

		expect(await problemWith({ userId: undefined })).toMatchObject({
			status: 400,
			error: expect.stringContaining('userId'),
		});
		expect(await problemWith({ sessionId: '' })).toMatchObject({
			status: 400,
			error: expect.stringContaining('sessionId'),
		});
		expect(await problemWith({ text: undefined })).toMatchObject({
			status: 400,
			error: 'Either text or data must be sent.',
		});
		expect(await problemWith({ data: 'x' })).toMatchObject({ status: 400, error: expect.stringContaining('data') });
		expect(sandbox.stats().turns).toBe(0);
	});

	it('waits for a slow flow, and runs the inputs of a session one after the other', async () => {
		const sandbox = await sandboxFor({ slowMs: 50 });
		const replies = await Promise.all([
			message(sandbox, 'Showcase REST', { text: 'slow' }),
			message(sandbox, 'Showcase REST', { text: 'turn' }),
			message(sandbox, 'Showcase REST', { text: 'turn', sessionId: 's-2' }),
		]);

		expect(replies.map(({ json }) => json.text)).toEqual([
			'Thank you for waiting.',
			'This is turn 2.',
			'This is turn 1.',
		]);
	});

	it('has nowhere to send what comes later', async () => {
		const sandbox = await sandboxFor();
		const { json } = await message(sandbox, 'Showcase REST', { text: 'later' });
		expect(json.text).toBe('I come back to you.');

		await sandbox.when(() => sandbox.stats().outputs.lost === 1);
		expect(sandbox.session('s-1')?.conversation.map(({ delivery }) => delivery?.state)).toEqual([
			undefined,
			'delivered',
			'lost',
		]);
	});

	it('answers a flow that fails with 500', async () => {
		const sandbox = await sandboxFor();
		expect(await message(sandbox, 'Showcase REST', { text: 'error' })).toMatchObject({
			status: 500,
			json: { error: 'The flow has failed.' },
		});
	});
});

describe('no endpoint', () => {
	it.each([
		['error', { json: { error: 'Endpoint not found' } }],
		['message', { json: { message: 'Endpoint not found' } }],
		['detail', { json: { detail: 'Endpoint not found' } }],
		['text', { text: 'Endpoint not found', headers: { 'content-type': 'text/plain; charset=utf-8' } }],
		['html', { text: expect.stringContaining('<h1>404 Not Found</h1>'), headers: { 'content-type': 'text/html' } }],
	] as const)('is said as %s', async (endpointErrors, expected) => {
		const sandbox = await sandboxFor({ endpointErrors });
		const body = { userId: 'user-1', sessionId: 's-1', text: 'Hi' };

		expect(await call(`${sandbox.endpointUrl}/nonsense`, { body })).toMatchObject({ status: 404, ...expected });
	});

	it('takes messages when it is switched off, or of another kind', async () => {
		const sandbox = await sandboxFor();

		expect(await message(sandbox, 'Retired REST')).toMatchObject({
			status: 403,
			json: { error: 'Endpoint is not active' },
		});
		expect(await message(sandbox, 'Orders Socket')).toMatchObject({ status: 400 });
		expect(await message(sandbox, 'Website')).toMatchObject({ status: 400 });
		expect(await call(`${sandbox.endpointUrl}/a/b/c`)).toMatchObject({ status: 404 });
		// The management API is another host.
		expect(await call(`${sandbox.apiUrl}/${sandbox.endpoint('Orders REST').urlToken}`, { body: {} })).toMatchObject({
			status: 404,
		});
	});
});

describe('the flow "Showcase"', () => {
	interface Default {
		data: { _cognigy: { _default: Record<string, object> } };
	}

	it.each([
		[
			'quick replies',
			'_quickReplies',
			{ text: expect.any(String), quickReplies: [{ title: 'Red' }, { title: 'Blue' }] },
		],
		[
			'buttons',
			'_buttons',
			{ buttons: [{ type: 'postback' }, { type: 'web_url', url: expect.any(String) }, { type: 'phone_number' }] },
		],
		['gallery', '_gallery', { type: 'carousel', items: [{ title: 'Running shoe' }, { buttons: null }] }],
		['list', '_list', { items: [{}, { defaultActionUrl: expect.any(String) }], button: { title: 'All orders' } }],
		['adaptive card', '_adaptiveCard', { adaptiveCard: { type: 'AdaptiveCard' } }],
		['image', '_image', { imageUrl: expect.any(String) }],
		['audio', '_audio', { audioUrl: expect.any(String) }],
		['video', '_video', { videoUrl: expect.any(String) }],
	])('shows %s', async (text, kind, content) => {
		const sandbox = await sandboxFor();
		const { json } = await message(sandbox, 'Showcase REST', { text });

		expect((json as unknown as Default).data._cognigy._default[kind]).toMatchObject(content);
		expect(json.text).toBe('');
	});

	it('shows data one level deeper, and what AI agents add', async () => {
		const sandbox = await sandboxFor();

		expect((await message(sandbox, 'Showcase REST', { text: 'nested' })).json.data).toMatchObject({
			_data: { _cognigy: { _default: { _quickReplies: {} } } },
		});
		expect((await message(sandbox, 'Showcase REST', { text: 'agent' })).json).toMatchObject({
			text: 'I looked it up.',
			outputStack: [
				{ text: '', data: { _cognigy: { _finishReason: 'tool_calls' } } },
				{ text: 'I looked it up.', data: { _cognigy: { _messageId: 'message-1' } } },
				{ text: '', data: { _cognigy: { _finishReason: 'stop' } } },
			],
		});
		expect((await message(sandbox, 'Showcase REST', { text: 'silent' })).json).toMatchObject({
			text: '',
			outputStack: [],
		});
	});

	it('tells what it knows', async () => {
		const sandbox = await sandboxFor();
		const { json } = await message(sandbox, 'Showcase REST', { text: 'What?' });
		for (const text of showcaseTexts) expect(json.text).toContain(text);
	});
});

describe('an output transformer', () => {
	it('makes something else of the answer, after the run', async () => {
		const sandbox = await sandboxFor();
		const answers: Array<[object, number, unknown]> = [
			[{ body: ['One.'] }, 200, ['One.']],
			[{ status: 422, body: { message: 'No' } }, 422, { message: 'No' }],
		];
		for (const [transformer, status, json] of answers) {
			sandbox.changeEndpoint('Showcase REST', { transformer });
			expect(await message(sandbox, 'Showcase REST', { text: 'text' })).toMatchObject({ status, json });
		}
		expect(sandbox.session('s-1')?.turns).toBe(2);
		sandbox.changeEndpoint('Showcase REST', { transformer: null });
		expect((await message(sandbox, 'Showcase REST', { text: 'text' })).json.text).toBe('Plain text.');
	});

	it('can do so once, as a fault', async () => {
		const sandbox = await sandboxFor();
		sandbox.faults.inject({ operation: 'message', kind: 'answer', status: 409, body: { error: 'No' } });
		expect(await message(sandbox, 'Showcase REST', { text: 'text' })).toMatchObject({ status: 409 });
		expect(sandbox.requests.at(-1)).toMatchObject({ ran: true, fault: 'answer', status: 409 });
		expect(await message(sandbox, 'Showcase REST', { text: 'text' })).toMatchObject({ status: 200 });
	});
});

describe('an endpoint of an agent', () => {
	it('tells of an error with the status 200, beside what was said before', async () => {
		const sandbox = await sandboxFor();
		expect(await message(sandbox, 'Showcase REST', { text: 'agent error' })).toMatchObject({ status: 500 });
		sandbox.changeEndpoint('Showcase REST', { targetType: 'agent' });
		expect(await message(sandbox, 'Showcase REST', { text: 'agent error' })).toMatchObject({
			status: 200,
			json: { text: '', outputStack: [], error: { message: 'The language model did not answer.', code: 504 } },
		});
		expect(await message(sandbox, 'Showcase REST', { text: 'error' })).toMatchObject({
			status: 200,
			json: { outputStack: [{ text: 'This goes well.' }], error: { message: 'The flow has failed.' } },
		});
	});
});

it('answers a token that no endpoint has without a word, if asked to', async () => {
	const sandbox = await sandboxFor({ unknownToken: 'empty' });
	const body = JSON.stringify({ userId: 'u', sessionId: 's', text: 'Hi' });
	const answer = await fetch(`${sandbox.endpointUrl}/${'0'.repeat(64)}`, { method: 'POST', body });
	expect([answer.status, await answer.text()]).toEqual([400, '']);
});

it.each([
	['userId', 'u'.repeat(257)],
	['sessionId', 's'.repeat(257)],
	['text', 'x'.repeat(10_001)],
])('takes no longer %s than Cognigy.AI does', async (field, value) => {
	const sandbox = await sandboxFor();
	expect(await message(sandbox, 'Showcase REST', { [field]: value })).toMatchObject({
		status: 400,
		json: { error: expect.stringContaining(field) },
	});
});
