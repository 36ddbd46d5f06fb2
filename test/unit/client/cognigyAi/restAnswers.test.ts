import type { CognigyAiTriggerFlowInput } from '../../../../client/cognigyAi/inputs';
import { callOptions, cognigyAiSetup, triggerInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { allThatShows } from '../../../support/secrets';
import { closeServers, httpServer } from '../../../support/servers';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);
afterEach(closeServers);

const token = 'beef'.repeat(16);

/** What comes of a message to a REST endpoint that answers so. */
async function answered(
	body: string,
	headers: Record<string, string> = {},
	changes: Partial<CognigyAiTriggerFlowInput> = {},
) {
	const registry = new MemoryRegistry();
	const { client } = await cognigyAiSetup({ dependencies: { registry } });
	const server = await httpServer((response) => response.writeHead(200, headers).end(body));
	const endpoint = `${server.url}/${token}`;
	const running = client.triggerFlow(triggerInput({ endpoint, ...changes }), callOptions);
	return { running, server, registry };
}

describe('an answer that says that something went wrong', () => {
	it.each<[string, string]>([
		['{"error":"The model is not available.","outputStack":[]}', ': The model is not available. The flow'],
		[
			'{"outputStack":[],"error":{"code":504,"message":"No answer"},"text":"","data":{}}',
			': No answer (code 504). The',
		],
		['{"error":{"code":"LLM_TIMEOUT"},"outputStack":null}', ': code LLM_TIMEOUT. The flow'],
		['{"error":{"error":{"detail":"Deep in it"}}}', ': Deep in it. The flow'],
		['{"error":{},"outputStack":[]}', 'answered with an error. The flow'],
		['{"error":"No","outputStack":[{"text":"","data":{"_cognigy":{"_finishReason":"error"}}}]}', ': No. The flow'],
		[`{"error":${'{"error":'.repeat(50_000)}1${'}'.repeat(50_001)}`, 'answered with an error. The flow'],
		['{"error":"No","outputStack":[],"text":"Sorry, something went wrong"}', ': No. The flow'],
	])('is an error (%#)', async (body, words) => {
		const { running, server, registry } = await answered(body);
		const error = await cognigyErrorOf(running);
		expect(error).toMatchObject({ category: 'server', mayHaveRun: true, httpStatus: 200, isTransient: false });
		expect(error.message).toMatch(
			/^Sending a message through endpoint-[0-9a-f]{12} failed: Cognigy answered with an error/,
		);
		expect(error.message).toContain(words);
		expect(error.message).toContain('The flow may have run, with session "session-1"; it was not sent again');
		expect(error.audit).toMatchObject({
			status: 'error',
			errorCategory: 'server',
			attempts: 1,
			sessionId: 'session-1',
		});
		expect(server.requests).toHaveLength(1);
		expect(registry.count('confirm')).toBe(1);
	});

	it.each(['{"error":"Bad ' + token + '","outputStack":[]}', `{"error":{"message":"${'x'.repeat(180)} ${token}"}}`])(
		'shows no secret, and is cut: %s',
		async (body) => {
			const error = await cognigyErrorOf((await answered(body)).running);
			expect(allThatShows(error)).not.toContain('beef');
			expect(error.message.length).toBeLessThan(450);
		},
	);

	it('is cut between characters', async () => {
		const error = await cognigyErrorOf((await answered(`{"error":"x${'😀'.repeat(150)}"}`)).running);
		expect(error.message.isWellFormed()).toBe(true);
		expect(error.message).toMatch(/: x(😀){90,100}\. The flow/u);
	});

	it.each(['null', '""', '" "', 'false', '0', '[]'])('says nothing of the kind with an error of %s', async (error) => {
		const { running } = await answered(`{"text":"","outputStack":[],"error":${error}}`);
		expect(await running).toMatchObject({ status: 'COMPLETED', messages: [], reply: '' });
	});

	it('comes out as a warning where the bot said something as well', async () => {
		const { running } = await answered('{"error":{"message":"The tool failed"},"outputStack":[{"text":"Sorry."}]}');
		expect(await running).toMatchObject({
			status: 'COMPLETED',
			reply: 'Sorry.',
			warnings: ['Besides what the bot said, Cognigy told of an error: The tool failed'],
		});
	});
});

describe('an answer that a transformer made: the flow ran', () => {
	it.each<[string, string, unknown, Record<string, string>?]>([
		['["Hi", {"k": 1}]', 'a list', ['Hi', { k: 1 }]],
		['[]', 'a list', []],
		['{"orders":[1,2]}', 'JSON of another kind', { orders: [1, 2] }],
		['{}', 'JSON of another kind', {}],
		['{"outputStack":"none","text":"Hi"}', 'JSON of another kind', { outputStack: 'none', text: 'Hi' }],
		['{"outputStack":["a","b"]}', 'JSON of another kind', { outputStack: ['a', 'b'] }],
		['{"text":["a"]}', 'JSON of another kind', { text: ['a'] }],
		['{"data":[1]}', 'JSON of another kind', { data: [1] }],
		['"Shipped"', 'text', 'Shipped'],
		['7', 'a number', 7],
		['false', 'true or false', false],
		['Your order is on its way', 'text', 'Your order is on its way', { 'content-type': 'text/html; charset=utf-8' }],
		['[Note] It is on its way', 'text', '[Note] It is on its way'],
		['{name}, it is on its way', 'text', '{name}, it is on its way'],
		[
			'<Response><Say>Hi</Say></Response>',
			'text',
			'<Response><Say>Hi</Say></Response>',
			{ 'content-type': 'text/xml' },
		],
		['', 'nothing', undefined],
		[' \n', 'nothing', undefined],
		['null', 'nothing', undefined],
		['['.repeat(300) + ']'.repeat(300), 'JSON that is nested too deeply', '['.repeat(300) + ']'.repeat(300)],
	])('%s', async (body, what, data, headers = {}) => {
		const { running, server, registry } = await answered(body, headers);
		const result = await running;
		expect(result).toMatchObject({ status: 'COMPLETED', sessionId: 'session-1', messages: [], reply: '' });
		expect(result.data).toEqual(data);
		expect('data' in result).toBe(data !== undefined);
		expect(result.warnings).toEqual([expect.stringMatching(/^The flow ran, but endpoint-[0-9a-f]{12} answered with /)]);
		expect(result.warnings?.[0]).toContain(` ${what} and not as Cognigy.AI does: most likely its output transformer`);
		expect(result.audit).toMatchObject({ status: 'success', httpStatus: 200, attempts: 1 });
		expect(server.requests).toHaveLength(1);
		expect(registry.count('confirm')).toBe(1);
	});

	it('shows no secret in what it hands out', async () => {
		const { running } = await answered(JSON.stringify([{ [token]: token, list: [token] }]));
		expect(JSON.stringify(await running)).not.toContain('beef');
		const { running: ofText } = await answered(`Called ${token}`);
		expect((await ofText).data).toBe('Called ***');
	});

	it.each([
		['{"text":"a b","outputStack":["a","b"]}', 'a b'],
		['{"text":7,"data":null}', '7'],
		['\ufeff{"text":"Hi"}', 'Hi'],
	])('is none where it says what the bot said: %s', async (body, reply) => {
		const result = await (await answered(body)).running;
		expect(result.reply).toBe(reply);
		expect(result).not.toHaveProperty('warnings');
		expect(result).not.toHaveProperty('data');
	});
});

describe('what comes from somewhere else is no answer', () => {
	it.each<[string, Record<string, string>?]>([
		['<!DOCTYPE html>\n<p>Sign in</p>'],
		['<!doctype HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"><title>x</title>'],
		['\n <html lang="en"><body>Sign in</body></html>'],
		['<!-- made by a proxy --><HTML></HTML>'],
		['<?xml version="1.0"?><!DOCTYPE html><html/>'],
		['<center>Sign in</center>', { 'content-type': 'text/html' }],
	])('a website: %s', async (body, headers = {}) => {
		const error = await cognigyErrorOf((await answered(body, headers)).running);
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
		expect(error.message).toContain('it is not JSON but a web page');
		expect(error.advice).toContain('does it point to an endpoint of Cognigy.AI, and not to a website or a proxy?');
	});

	it.each(['{"text":"Hi","outputStack":[{"te', '{', '[{"text"', '["a', '[1, ', '"Hi', '{"text":"Hi"}}'])(
		'JSON that was damaged: %s',
		async (body) => {
			const error = await cognigyErrorOf((await answered(body)).running);
			expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
			expect(error.message).toContain('it is not JSON, although it begins like it');
			expect(error.advice).toContain('transformer');
		},
	);
});

it.each(['\u001f\ufffd\b\u0000', 'PK\u0003\u0004', 'Gr\ufffd\ufffde'])(
	'something that is no text: %j',
	async (body) => {
		const error = await cognigyErrorOf((await answered(body)).running);
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
		expect(error.message).toContain('it is not JSON and no text');
	},
);

describe('the sandbox shows all of it', () => {
	it('an agent that breaks down, over REST and over Socket.IO', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		for (const name of ['Showcase REST', 'Showcase Socket']) sandbox.changeEndpoint(name, { targetType: 'agent' });
		const say = async (name: string, changes: Partial<CognigyAiTriggerFlowInput>) =>
			await client.triggerFlow(triggerInput({ endpoint: sandbox.endpoint(name).url, ...changes }), callOptions);

		const overRest = await cognigyErrorOf(say('Showcase REST', { text: 'agent error' }));
		expect(overRest).toMatchObject({ category: 'server', mayHaveRun: true });
		expect(overRest.message).toContain('The language model did not answer (code 504)');
		expect(await say('Showcase REST', { text: 'error' })).toMatchObject({
			reply: 'This goes well.',
			warnings: [expect.stringContaining('The flow has failed')],
		});
		const reply = { maxWaitSeconds: 20 };
		const overSocket = await cognigyErrorOf(
			say('Showcase Socket', { channel: 'socketio', sessionId: 'session-2', text: 'agent error', reply }),
		);
		expect(overSocket).toMatchObject({ category: 'rejected', mayHaveRun: true });
		expect(overSocket.message).toContain('The language model did not answer');
	});

	it('a transformer', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		const { url: endpoint } = sandbox.endpoint('Showcase REST');
		const say = async () => await client.triggerFlow(triggerInput({ endpoint, text: 'several' }), callOptions);
		sandbox.changeEndpoint('Showcase REST', { transformer: { body: ['One.', 'Two.'] } });
		expect(await say()).toMatchObject({ data: ['One.', 'Two.'], reply: '' });
		sandbox.changeEndpoint('Showcase REST', { transformer: { status: 422, body: { message: 'No such order' } } });
		const error = await cognigyErrorOf(say());
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true, httpStatus: 422 });
		expect(error.message).toContain('No such order');
		expect(error.advice).toContain('transformer');
		sandbox.changeEndpoint('Showcase REST', { transformer: null });
		expect((await say()).reply).toBe('One.\nTwo.\nThree.');
		expect(sandbox.stats().turns).toBe(3);
	});

	it('a token that no endpoint has', async () => {
		const { sandbox, client } = await cognigyAiSetup({ sandbox: { unknownToken: 'empty' } });
		const endpoint = `${sandbox.endpointUrl}/${token}`;
		for (const channel of ['rest', 'webhook'] as const) {
			const error = await cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint, channel }), callOptions));
			expect(error).toMatchObject({ category: 'invalidInput', mayHaveRun: false, httpStatus: 400 });
			expect(error.message).toMatch(/failed: most likely Endpoint URL is wrong, .* \(400\)$/);
			expect(error.advice).toMatch(/^Check Endpoint URL first/);
		}
	});
});
