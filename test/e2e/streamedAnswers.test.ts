/** Streamed answers of AI agents in a real n8n: one message each, over restarts and crashes. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { nodeOutput, type StoredCredential, type StoredWorkflow } from '../../n8n-host';
import type { CognigyAiSandbox } from '../../sandbox';
import { emittedItems, knownMessages } from './emittedItems';
import {
	cognigyNode,
	emittedUntil,
	manualWorkflow,
	n8nMajor,
	postOnceServed,
	startCognigyAiE2e,
	streamWorkflow,
	triggerWorkflow,
	type E2e,
	type EmittedItems,
} from './support';

jest.setTimeout(480_000);

/** A table and code between words: with equal chunks. */
const CHUNKS = Array.from({ length: 200 }, (_, index) => ['| ', `cell ${index} `, '|\n', '```\n'][index % 4] ?? '');
const WHOLE = CHUNKS.join('');
/** None is equal to another one: after a crash nobody could tell an equal one from a redelivery. */
const NUMBERED = Array.from({ length: 200 }, (_, index) => `${index} `);
const PATIENCE_MS = 30_000;
/** 200 executions, one after the other, in ms. */
const CHUNKS_WITHIN_MS = 180_000;

let e2e: E2e<CognigyAiSandbox>;
let credential: StoredCredential;
let whole: StoredWorkflow;
let chunks: StoredWorkflow;

beforeAll(async () => {
	e2e = await startCognigyAiE2e({ sandbox: { slowMs: 50 } });
	const { apiUrl: apiBaseUrl, apiKey, projectId } = e2e.sandbox;
	const fields = { apiBaseUrl, apiKey, projectId };
	credential = await e2e.client.createCredential('Cognigy.AI account', 'cognigyAiApi', fields);
	const parameters = { endpoint: e2e.sandbox.endpoint('Showcase Socket').url };
	whole = await publish(streamWorkflow('Whole', credential, parameters));
	chunks = await publish(
		streamWorkflow('Chunks', credential, { ...parameters, options: { streamedAnswers: 'chunks' } }),
	);
});
afterAll(async () => {
	await e2e?.stop();
});

async function publish(workflow: ReturnType<typeof triggerWorkflow>): Promise<StoredWorkflow> {
	return await e2e.client.activateWorkflow(await e2e.client.createWorkflow(workflow));
}

async function say(
	sessionId: string,
	data: object,
	parameters: object = {},
): Promise<Record<string, unknown> | undefined> {
	const node = cognigyNode('cognigyTriggerFlow', credential, {
		...{ userId: 'user-1', sessionId, input: 'stream', data: JSON.stringify(data) },
		...{ channel: 'socketio', endpoint: e2e.sandbox.endpoint('Showcase Socket').url },
		...parameters,
	});
	const [item] = nodeOutput(await e2e.run(manualWorkflow(`Say to ${sessionId}`, [{}], node)), 'Cognigy');
	return item;
}

/** Texts of a session, by execution. */
const textsOf = (sessionId: string, executions: EmittedItems[]) =>
	executions
		.map((items) => items.filter((item) => item['sessionId'] === sessionId).map(({ text }) => String(text)))
		.filter((texts) => texts.length > 0);

/** So many outputs of the session were sent, and acknowledged. */
function acknowledged(sessionId: string): number {
	const { conversation = [] } = e2e.sandbox.session(sessionId) ?? {};
	return conversation.filter(({ delivery }) => delivery?.state === 'acknowledged').length;
}

/** n8n starts one trigger after the other; what only the first one has heard when n8n is killed is not there for the second. */
async function knownToBoth(sessionId: string, count: number): Promise<void> {
	const giveUpAt = Date.now() + PATIENCE_MS;
	const known = () => {
		const ids = knownMessages(e2e.n8nFolder).filter((one) => one.sessionId === sessionId);
		return ids.length - new Set(ids.map(({ messageId }) => messageId)).size;
	};
	while (known() < count) {
		if (Date.now() > giveUpAt) throw new Error(`Only ${known()} of ${count} chunks are recorded for both workflows.`);
		await sleep(200);
	}
}

describe('an answer of 200 chunks', () => {
	it('is one message of the reply, one execution and one item', async () => {
		const started = await say('s-1', { chunks: CHUNKS, afterMs: 5 });
		expect(started?.['reply']).toBe(WHOLE.trim());
		expect(started?.['messages']).toHaveLength(1);

		const all = await emittedUntil(e2e.client, whole, (executions) => textsOf('s-1', executions).length > 0);
		expect(textsOf('s-1', all)).toEqual([[WHOLE.trim()]]);
		const [message] = started?.['messages'] as object[];
		expect(all.flat()[0]).toMatchObject({ ...message });
		expect(all.flat()[0]).toMatchObject({ messageId: 'answer-1', data: { _cognigy: { _finishReason: 'stop' } } });
	});

	it('is 200 messages where chunks are asked for, exactly as they came', async () => {
		const all = await emittedUntil(e2e.client, chunks, (executions) => textsOf('s-1', executions).flat().length >= 200);
		expect(textsOf('s-1', all).flat()).toEqual(CHUNKS);
	});
});

// Only from n8n 2.20 on an execution can be recognised that was started already before a crash.
(n8nMajor === '2' ? describe : describe.skip)('n8n is restarted, and killed, in the middle of an answer', () => {
	it('it is put out once, whole, or in its chunks, none of them twice', async () => {
		const sessionId = 's-2';
		// The session is there, and followed.
		await say(sessionId, { chunks: ['Hello.'] });
		await emittedUntil(e2e.client, whole, (executions) => textsOf(sessionId, executions).length === 1);
		const before = acknowledged(sessionId);
		let said = 0;
		const sayUntil = async (end: number, pauseMs: number) => {
			for (; said < end; said++) {
				e2e.sandbox.say({ userId: 'user-1', sessionId }, chunk(NUMBERED[said] ?? ''));
				await sleep(pauseMs);
			}
		};
		await sayUntil(60, 5);
		await e2e.sandbox.when(() => acknowledged(sessionId) >= before + 60, PATIENCE_MS);
		await e2e.n8n.stop();
		await sayUntil(80, 0);
		await e2e.startAgain();
		await e2e.sandbox.when(() => acknowledged(sessionId) >= before + 80, PATIENCE_MS);
		await knownToBoth(sessionId, 80);
		const killed = sayUntil(140, 10);
		await e2e.sandbox.when(() => said >= 110, PATIENCE_MS);
		await e2e.n8n.kill();
		await killed;
		await e2e.startAgain();
		await e2e.sandbox.when(() => acknowledged(sessionId) >= before + 140, PATIENCE_MS);
		await sayUntil(200, 5);
		e2e.sandbox.say({ userId: 'user-1', sessionId }, chunk('', { _finishReason: 'stop' }));

		const all = await emittedUntil(e2e.client, whole, (executions) => textsOf(sessionId, executions).length > 1);
		expect(textsOf(sessionId, all)).toEqual([['Hello.'], [NUMBERED.join('').trim()]]);
		const giveUpAt = Date.now() + CHUNKS_WITHIN_MS;
		while (chunksOf(sessionId).length < 201 && Date.now() < giveUpAt) await sleep(500);
		expect(chunksOf(sessionId)).toEqual(['Hello.', ...NUMBERED]);
	});

	const chunk = (text: string, notes: object = {}) => ({
		text,
		data: { _cognigy: { _messageId: 'killed-1', ...notes } },
	});

	/** Also those of executions that were cut short. */
	const chunksOf = (sessionId: string) =>
		emittedItems(e2e.n8nFolder, chunks.id, 'Cognigy')
			.filter((items) => items.sessionId === sessionId)
			.flatMap(({ texts }) => texts);
});

describe('posts of a Webhook endpoint', () => {
	const webhookId = randomUUID();
	let webhook: StoredWorkflow;

	beforeAll(async () => {
		const parameters = { incomingAuthentication: 'none' };
		const node = cognigyNode('cognigyWebhookTrigger', credential, parameters, { webhookId, credentials: {} });
		webhook = await publish(triggerWorkflow('Webhook', node));
		expect(await postOnceServed(url())).toBe(415);
	});

	const url = () => `${e2e.n8n.url}/webhook/${webhookId}/cognigy`;
	const post = async (sessionId: string, text: string, notes: object = {}) => {
		const AIOutput = {
			text,
			data: { _cognigy: { _messageId: `of ${sessionId}`, ...notes } },
			traceId: 't',
			source: 'bot',
		};
		const body = JSON.stringify({ userId: 'user-1', sessionId, AIOutput });
		const response = await fetch(url(), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
		await response.arrayBuffer();
		return response.status;
	};
	const started = async (sessionId: string) =>
		textsOf(sessionId, await emittedUntil(e2e.client, webhook, (all) => textsOf(sessionId, all).length > 0));

	it('are one execution with one item for each answer', async () => {
		for (const text of CHUNKS) expect(await post('w-1', text)).toBe(200);
		expect(await post('w-1', '', { _finishReason: 'stop' })).toBe(200);
		expect(await started('w-1')).toEqual([[WHOLE.trim()]]);
	});

	it('are put out after a pause when no end comes', async () => {
		for (const text of ['No ', 'end ', 'of it']) expect(await post('w-2', text)).toBe(200);
		expect(await started('w-2')).toEqual([['No end of it']]);
	});

	it('are put out when n8n is killed in the middle: with what comes then', async () => {
		for (const text of ['One ', 'two ']) expect(await post('w-3', text)).toBe(200);
		await e2e.n8n.kill();
		await e2e.startAgain();
		await postOnceServed(url());
		expect(await post('w-3', 'three.', { _finishReason: 'stop' })).toBe(200);
		expect(await started('w-3')).toEqual([['One two three.']]);
	});

	it('are put out when n8n is killed in the middle: also when nothing comes of it any more', async () => {
		for (const text of ['Nothing ', 'more.']) expect(await post('w-4', text)).toBe(200);
		await e2e.n8n.kill();
		await e2e.startAgain();
		// n8n tells a webhook node nothing of its start: the first call of anybody does.
		expect(await postOnceServed(url())).toBe(415);
		expect(await post('w-5', 'By ')).toBe(200);
		expect(await started('w-4')).toEqual([['Nothing more.']]);
	});
});
