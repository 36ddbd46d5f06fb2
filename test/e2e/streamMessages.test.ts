import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/v4';

import { N8nApiError, nodeOutput, type StoredCredential, type StoredWorkflow } from '../../n8n-host';
import {
	cognigyNode,
	emittedUntil,
	manualWorkflow,
	startE2e,
	streamWorkflow,
	type E2e,
	type EmittedItems,
	PEACEFUL_ENDS,
} from './support';

jest.setTimeout(120_000);

/** Longer than the 30 seconds that n8n gives itself to end: an open poll that is not cut is seen. */
const POLL_WAIT_MS = 60_000;

let e2e: E2e;
let fields: Record<string, unknown>;
let credential: StoredCredential;
let stream: StoredWorkflow;

beforeAll(async () => {
	e2e = await startE2e({ sandbox: { pollWaitMs: POLL_WAIT_MS } });
	const { url: baseUrl, tenantId } = e2e.sandbox;
	fields = { baseUrl, tenantId, username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
	credential = await e2e.client.createCredential('Cognigy account', 'cognigyApi', fields);
	stream = await e2e.client.activateWorkflow(await e2e.client.createWorkflow(streamWorkflow('Stream', credential)));
});
afterAll(async () => {
	await e2e?.stop();
});

/** Runs Trigger Flow for each session. @returns what it put out */
async function start(sessionIds: string[], parameters: object = {}): Promise<Array<Record<string, unknown>>> {
	const node = cognigyNode('cognigyTriggerFlow', credential, {
		botId: 'order-status',
		flowId: 'main',
		userId: 'customer-42',
		sessionId: '={{ $json.sessionId }}',
		input: 'Where is my order?',
		...parameters,
	});
	const items = sessionIds.map((sessionId) => ({ sessionId }));
	return nodeOutput(await e2e.run(manualWorkflow(`Start ${sessionIds.join()}`, items, node)), 'Cognigy');
}

/** Waits for executions that messages of a session have started. @returns their items, the oldest execution first */
async function itemsOfSession(sessionId: string, executions: number): Promise<EmittedItems[]> {
	const ofSession = (all: EmittedItems[]) => all.filter(([first]) => first?.['sessionId'] === sessionId);
	return ofSession(await emittedUntil(e2e.client, stream, (all) => ofSession(all).length >= executions));
}

const publicationSchema = z.object({
	status: z.string(),
	triggers: z.array(z.object({ errorMessage: z.string().nullable() })),
});

/** Activates a workflow that cannot be. n8n 2.40 and later try for 15 seconds, after they have answered. @returns what n8n says */
async function activationError(workflow: StoredWorkflow): Promise<string> {
	try {
		await e2e.client.activateWorkflow(workflow);
	} catch (error) {
		if (error instanceof N8nApiError) return error.reason;
		throw error;
	}
	const giveUpAt = Date.now() + 40_000;
	for (;;) {
		const answer = await e2e.client.request('GET', `/rest/workflows/${workflow.id}/publication-status`);
		const { status, triggers } = publicationSchema.parse(answer);
		if (status === 'failed') return triggers.map(({ errorMessage }) => errorMessage).join();
		if (Date.now() > giveUpAt) throw new Error(`The publication is "${status}"`);
		await sleep(200);
	}
}

const textsOf = (items: Array<Record<string, unknown>>) => items.map(({ text }) => text);

/** Until n8n waits for something to be said in so many sessions. */
async function polls(sessions: number): Promise<void> {
	await e2e.sandbox.when(() => e2e.sandbox.stats().pollsHeld === sessions, 10_000);
}

it('a flow gets the reply that it waits for, and the published workflow gets the same message', async () => {
	const [started] = await start(['session-1'], { waitForReply: true, options: { replyQuietMs: 300 } });
	expect(started).toMatchObject({
		sessionId: 'session-1',
		reply: 'Which order is it? Please tell me the order number.',
		messages: [expect.objectContaining({ type: 'user' }), expect.objectContaining({ type: 'bot' })],
	});

	const [items] = await itemsOfSession('session-1', 1);
	const [, message] = started?.['messages'] as Array<Record<string, unknown>>;
	expect(items).toEqual([
		{
			...message,
			sessionId: 'session-1',
			botId: 'order-status',
			flowId: 'main',
			userId: 'customer-42',
			audit: {
				timestamp: expect.any(String),
				operation: 'streamMessages',
				sessionId: 'session-1',
				botId: 'order-status',
				flowId: 'main',
				userId: 'customer-42',
				status: 'success',
				latencyMs: expect.any(Number),
				attempts: 1,
			},
		},
	]);
});

it('messages that arrive together are one execution, and each comes once', async () => {
	await polls(1);
	for (const text of ['one', 'two', 'three']) e2e.sandbox.say('session-1', text);

	expect((await itemsOfSession('session-1', 2)).map(textsOf).slice(1)).toEqual([['one', 'two', 'three']]);
});

it('deactivating the workflow ends its requests (guarantee 7), publishing it again goes on', async () => {
	await polls(1);
	const { messages } = e2e.sandbox.stats();

	await e2e.client.deactivateWorkflow(stream);
	await e2e.sandbox.when(() => e2e.sandbox.stats().pollsHeld === 0, 10_000);
	e2e.sandbox.say('session-1', 'said meanwhile');
	expect(e2e.sandbox.stats().messages).toBe(messages);

	stream = await e2e.client.activateWorkflow(stream);
	expect((await itemsOfSession('session-1', 3)).map(textsOf).slice(2)).toEqual([['said meanwhile']]);
});

it('says in plain words at activation what can never work, and sends no poll', async () => {
	const { messages } = e2e.sandbox.stats();
	const create = async (name: string, wrong: object) => {
		const wrongCredential = await e2e.client.createCredential(name, 'cognigyApi', { ...fields, ...wrong });
		return await e2e.client.createWorkflow(streamWorkflow(name, wrongCredential));
	};
	// One after the other: n8n 1 cannot create two credentials at once.
	const wrongPassword = await create('Wrong password', { password: 'a-wrong-one' });
	const notAnAddress = await create('Not an address', { baseUrl: 'cognigy.example.com' });

	const errors = await Promise.all([wrongPassword, notAnAddress].map(activationError));

	expect(errors).toEqual([
		expect.stringContaining('Cognigy rejected the login: wrong user name or password (401)'),
		expect.stringContaining('Base URL in the credential is not a valid address'),
	]);
	expect(errors.join()).not.toContain('a-wrong-one');
	// The one of the workflow that was published well is still held.
	expect(e2e.sandbox.stats().messages).toBe(messages);
});

it('resets the sessions that have expired, each once, and no other', async () => {
	const expired = ['expired-1', 'expired-2', 'expired-3'];
	await start(expired, { options: { sessionTtlMinutes: 0.001 } });
	await start(['still-open']);
	const node = cognigyNode('cognigyResetSession', credential, { operation: 'expired', botId: '' });
	const reset = async (name: string) => nodeOutput(await e2e.run(manualWorkflow(name, [{}], node)), 'Cognigy');

	const first = await reset('Reset');
	expect(first.map(({ sessionId, status, verified }) => [sessionId, status, verified])).toEqual(
		expired.map((sessionId) => [sessionId, 'RESET_COMPLETE', true]),
	);
	expect(await reset('Reset again')).toEqual([]);
	expect(expired.map((sessionId) => e2e.sandbox.runtimeState(sessionId)?.resets)).toEqual([1, 1, 1]);
	expect(e2e.sandbox.runtimeState('still-open')?.resets).toBe(0);
});

it('n8n ends well at once while polls are open (guarantee 7)', async () => {
	await e2e.sandbox.when(() => e2e.sandbox.stats().pollsHeld > 0, 10_000);

	const ended = e2e.n8n.stop();

	await e2e.sandbox.when(() => e2e.sandbox.stats().pollsHeld === 0, 10_000);
	const { code, signal } = await ended;
	expect(PEACEFUL_ENDS).toContain(signal ?? code);
});
