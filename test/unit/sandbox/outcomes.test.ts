import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startCognigyAiSandbox, startSandbox, type CognigyAiSandbox, type Sandbox } from '../../../sandbox';
import { Outcomes, readCallbackUrl } from '../../../sandbox/outcomes/outcomes';
import { Changes } from '../../../sandbox/journal/changes';
import { call } from './support';

/** Bodies that were posted, and how the next ones are answered; then all with `{"taken": true}`. */
const bodies: string[] = [];
let answers: Array<[status: number, text: string]> = [];
let server: Server;
let url: string;
let outcomes: Outcomes;
const changes = new Changes();

beforeAll(async () => {
	server = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.on('end', () => {
			bodies.push(body);
			const [status, text] = answers.shift() ?? [200, '{"taken":true}'];
			response.writeHead(status).end(text);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/outcome`;
});
afterAll(async () => {
	await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
	bodies.length = 0;
	answers = [];
	outcomes = new Outcomes(changes, undefined);
});
afterEach(() => outcomes.close());

async function post(): Promise<Array<number | null>> {
	outcomes.post(url, 's-1', { ok: true });
	await changes.when(() => outcomes.posts.at(-1)?.isOver === true, 20_000);
	return outcomes.posts.at(-1)?.statuses ?? [];
}

it('is posted until it is taken: an n8n that starts answers 200 as well', async () => {
	answers = [
		[409, '{}'],
		[200, 'n8n is starting up'],
	];
	expect(await post()).toEqual([409, 200, 200]);
	expect(new Set(bodies)).toEqual(new Set(['{"ok":true}']));
});

it('is not posted again when it was refused', async () => {
	answers = [[401, '{}']];
	expect(await post()).toEqual([401]);
});

it.each([
	['never', {}, []],
	['late', { ms: 5 }, ['{"ok":true}']],
	['twice', {}, ['{"ok":true}', '{"ok":true}']],
	['badJson', {}, ['{"ok":true', '{"ok":true}']],
] as const)('has the fault "%s"', async (kind, more, expected) => {
	outcomes.inject({ kind, ...more } as Parameters<Outcomes['inject']>[0]);
	await post();
	expect(bodies).toEqual(expected);
	// Once.
	bodies.length = 0;
	await post();
	expect(bodies).toEqual(['{"ok":true}']);
});

it('refuses what is no such fault', () => {
	expect(() => outcomes.inject({ kind: 'often' } as never)).toThrow('This is not a fault of an outcome');
});

it.each([{}, { n8n: null }, { n8n: 'x' }, { n8n: { callbackUrl: 7 } }])('goes nowhere with %j', (facts) => {
	expect(readCallbackUrl(facts)).toBeUndefined();
});

describe('the bots that ask about a claim', () => {
	let v1: Sandbox;
	let ai: CognigyAiSandbox;
	beforeAll(async () => {
		[v1, ai] = await Promise.all([startSandbox(), startCognigyAiSandbox()]);
	});
	afterAll(async () => {
		await Promise.all([v1.close(), ai.close()]);
	});
	const facts = () => ({ metadata: { orderId: 'C-1', payload: { question: 'Which?' } }, n8n: { callbackUrl: url } });
	const asked = 'It is about your claim C-1. Which?';
	const expected = { status: 'answered', claimId: 'C-1', answer: 'That.' };

	it('v1: post what the user says', async () => {
		const login = { username: 'demo', password: 'demo-password' };
		const { json } = await call(`${v1.url}/api/v1/auth/login`, { body: login });
		const start = { userId: 'u', sessionId: 's-1', input: '', context: facts() };
		await call(`${v1.url}/api/v1/bots/claims/flows/main/sessions`, { token: String(json['token']), body: start });
		await call(`${v1.url}/sandbox/sessions/s-1/messages`, { body: { type: 'user', text: 'That.' } });
		await v1.when(() => v1.outcomes.posts.some(({ isOver }) => isOver));
		expect(bodies.map((body): unknown => JSON.parse(body))).toEqual([expected]);
		const texts = v1.sessions[0]?.transcript.map(({ type, text }) => `${type}: ${text}`);
		expect(texts).toEqual([`bot: ${asked}`, 'user: That.', 'bot: Thank you, that is all we need.']);
		expect((await call(`${v1.url}/sandbox/outcomes`)).json).toMatchObject({ outcomes: [{ sessionId: 's-1' }] });
	});

	it('Cognigy.AI: post what the user says next', async () => {
		const fault = { operation: 'outcome', kind: 'twice' };
		expect((await call(`${ai.apiUrl}/sandbox/faults`, { body: fault })).json).toEqual({ injected: fault });
		const address = { userId: 'u', sessionId: 's-1' };
		const endpoint = ai.endpoint('Claims REST').url;
		expect((await call(endpoint, { body: { ...address, data: facts() } })).json).toMatchObject({ text: asked });
		await call(endpoint, { body: { ...address, text: 'That.' } });
		await ai.when(() => ai.outcomes.posts.some(({ isOver }) => isOver));
		expect(bodies.map((body): unknown => JSON.parse(body))).toEqual([expected, expected]);
	});
});
