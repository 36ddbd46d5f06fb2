/** The templates, with a credential and addresses filled in: above all what test/e2e/demo.test.ts does not show. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/v4';

import { tableFillIns } from '../../demo/dataTables';
import { callWebhook, WebhookRefusal } from '../../demo/callWebhook';
import { startReceiver, type Post, type Receiver } from '../../demo/receiver';
import { filledTemplate, templateFile, type FillIns } from '../../demo/templates';
import {
	nodeOutput,
	type EndedExecution,
	type StoredCredential,
	type StoredWorkflow,
	type WorkflowDefinition,
} from '../../n8n-host';
import { startCognigyAiSandbox, type CognigyAiSandbox } from '../../sandbox';
import { cognigyNode, manualWorkflow, n8nMajor, publishErrorWorkflow, startE2e, type E2e } from './support';

jest.setTimeout(120_000);

/** What n8n may take to start triggers, to run a schedule and to show what it has written, in ms. */
const PATIENCE_MS = 20_000;
/** How often a request of a template is tried. */
const TRIES = 3;

const TRANSCRIPT_TEMPLATE = 'cognigy-ai-transcript-to-crm.json';

const never = new AbortController().signal;

let e2e: E2e;
let ai: CognigyAiSandbox;
let crm: Receiver;
let chat: Receiver;
let errorWorkflow: StoredWorkflow;
const credentials: Record<string, StoredCredential> = {};

beforeAll(async () => {
	e2e = await startE2e({ sandbox: { slowStartMs: 0 }, editor: true });
	ai = await startCognigyAiSandbox();
	[crm, chat] = [await startReceiver(), await startReceiver()];

	const { url: baseUrl, tenantId } = e2e.sandbox;
	const user = { username: 'demo', password: 'demo-password' };
	await createCredential('cognigyApi', { baseUrl, tenantId, ...user });
	const { apiUrl: apiBaseUrl, apiKey, projectId } = ai;
	await createCredential('cognigyAiApi', { apiBaseUrl, apiKey, projectId });

	errorWorkflow = await publishErrorWorkflow(
		e2e.client,
		template('error-alerts.json', { 'Send Alert': { parameters: { url: chat.url } } }),
	);
});
afterEach(() => {
	crm.answer(() => 200);
	chat.answer(() => 200);
	e2e.sandbox.faults.clear();
	ai.faults.clear();
});
afterAll(async () => {
	await e2e?.stop();
	await Promise.all([ai, crm, chat].map((opened) => opened?.close()));
});

async function createCredential(type: string, data: Record<string, unknown>): Promise<void> {
	credentials[type] = await e2e.client.createCredential(type, type, data);
}

function credentialOf(type: string): StoredCredential {
	const credential = credentials[type];
	if (!credential) throw new Error(`There is no credential ${type}.`);
	return credential;
}

/** A template as a person fills it in, watched by the error workflow once that is there. */
function template(file: string, fillIns: FillIns): WorkflowDefinition {
	const filled = filledTemplate(templateFile(file), fillIns);
	return { ...filled, settings: { ...filled.settings, ...(errorWorkflow && { errorWorkflow: errorWorkflow.id }) } };
}

async function publish(workflow: WorkflowDefinition): Promise<StoredWorkflow> {
	return await e2e.client.activateWorkflow(await e2e.client.createWorkflow(workflow));
}

/** The text of an alert that has come, or comes, about a workflow. */
async function alertAbout({ name }: Pick<StoredWorkflow, 'name'>, ...words: string[]): Promise<string> {
	const textOf = ({ body, status }: Post) => (status === 200 ? String(body['text']) : '');
	const isIt = (post: Post) => [`"${name}"`, ...words].every((word) => textOf(post).includes(word));
	return textOf(await chat.received(isIt));
}

const refusalSchema = z.strictObject({
	error: z.string(),
	errorCategory: z.string(),
	sessionId: z.string().optional(),
});

/** What the CRM is told when its event gets nowhere. */
async function refusalOf(webhook: string, event: object): Promise<z.infer<typeof refusalSchema> & { status: number }> {
	const error: unknown = await callWebhook(`${e2e.n8n.url}/webhook/${webhook}`, event, never).catch((e: unknown) => e);
	if (!(error instanceof WebhookRefusal)) throw new Error('The event was taken.', { cause: error });
	return { status: error.answer.httpStatus, ...refusalSchema.parse(JSON.parse(error.answer.text)) };
}

/** An event that was not sent before. */
const newEvent = () => ({
	eventId: randomUUID(),
	orderId: 'A-1001',
	customerId: 'customer-42',
	text: 'Where is my order?',
});

/** What differs between the platforms. */
interface Platform {
	credential: string;
	/** The template that answers a CRM, and the last part of its webhook. */
	orders: { file: string; webhook: string; fillIns(): FillIns };
	/** How often a flow has run. */
	flowRuns(): number;
	/** Lets the next start of a flow fail, which may have run. */
	failStart(): void;
	stream: { file: string; fillIns(): FillIns };
	/** Has the bot say several things, the texts, in a new session. @returns its ID */
	converse(): Promise<string>;
	texts: readonly [string, string, ...string[]];
	sweep: { file: string; table: string };
	/** What starts a session that is over at once. */
	startParameters(): Record<string, unknown>;
	/** Lets resets fail, with this category, until the faults are cleared. */
	failResets(): string;
}

const v1: Platform = {
	credential: 'cognigyApi',
	orders: {
		file: 'crm-webhook-trigger-flow.json',
		webhook: 'crm-order-event',
		fillIns: () => ({
			'Cognigy Validate Version': { credentials: [credentialOf('cognigyApi')] },
			'Cognigy Trigger Flow': { credentials: [credentialOf('cognigyApi')] },
		}),
	},
	flowRuns: () => e2e.sandbox.stats().flowsStarted,
	failStart: () => void e2e.sandbox.faults.inject({ operation: 'start', kind: 'status', status: 500 }),
	stream: {
		file: 'bot-messages.json',
		fillIns: () => ({ 'Cognigy Stream Messages Trigger': { credentials: [credentialOf('cognigyApi')] } }),
	},
	converse: async () => {
		return await startSession({ ...v1.startParameters(), botId: 'slow-support', options: {} });
	},
	texts: ['Thank you for waiting.', 'A person will look at this: Hello'],
	sweep: { file: 'scheduled-session-reset.json', table: 'cognigy_session_resets' },
	startParameters: () => ({ authentication: 'cognigyApi', botId: 'order-status', flowId: 'main', options: OVER }),
	failResets: () => {
		e2e.sandbox.setPermissions('demo', ['bot:read', 'bot:execute', 'session:manage']);
		return 'permission';
	},
};

const cognigyAi: Platform = {
	credential: 'cognigyAiApi',
	orders: {
		file: 'cognigy-ai-crm-webhook-trigger-flow.json',
		webhook: 'cognigy-ai-order-event',
		fillIns: () => ({
			'Cognigy Validate Version': {
				credentials: [credentialOf('cognigyAiApi')],
				parameters: {
					endpoint: { __rl: true, mode: 'list', value: ai.endpoint('Orders REST').id },
					deployment: 'live',
				},
			},
			'Cognigy Trigger Flow': {
				credentials: [credentialOf('cognigyAiApi')],
				parameters: { endpoint: ai.endpoint('Orders REST').url },
			},
		}),
	},
	flowRuns: () => ai.stats().turns,
	failStart: () => void ai.faults.inject({ operation: 'message', kind: 'status', status: 500 }),
	stream: {
		file: 'cognigy-ai-bot-messages.json',
		fillIns: () => {
			const node = {
				credentials: [credentialOf('cognigyAiApi')],
				parameters: { endpoint: ai.endpoint('Showcase Socket').url },
			};
			return { 'Cognigy Stream Messages Trigger': node, 'Cognigy Trigger Flow': node };
		},
	},
	converse: async () => {
		const sessionId = randomUUID();
		const message = { chatId: sessionId, userId: 'customer-42', text: 'several' };
		await callWebhook(`${e2e.n8n.url}/webhook/cognigy-ai-chat-message`, message, never);
		return sessionId;
	},
	texts: ['One.', 'Two.', 'Three.'],
	sweep: { file: 'cognigy-ai-scheduled-session-reset.json', table: 'cognigy_ai_session_resets' },
	startParameters: () => ({
		authentication: 'cognigyAiApi',
		channel: 'rest',
		endpoint: ai.endpoint('Orders REST').url,
		options: OVER,
	}),
	failResets: () => {
		ai.faults.inject({ operation: 'resetContext', kind: 'status', status: 403, times: 1000 });
		return 'permission';
	},
};

/** A session is over a moment after it began. */
const OVER = { sessionTtlMinutes: 0.001 };

async function startSession(parameters: Record<string, unknown>): Promise<string> {
	const credential = credentialOf(String(parameters['authentication']));
	const node = cognigyNode('cognigyTriggerFlow', credential, { userId: 'customer-42', input: 'Hello', ...parameters });
	const [item] = nodeOutput(await e2e.run(manualWorkflow('Start a session', [{}], node)), 'Cognigy');
	return z.string().parse(item?.['sessionId']);
}

const nodeTypeSchema = z.looseObject({
	name: z.string(),
	version: z.union([z.number(), z.array(z.number())]),
	properties: z.array(z.looseObject({ name: z.string() })),
});

it('all of their nodes, versions and parameters exist in this n8n', async () => {
	const types = z.array(nodeTypeSchema).parse(await e2e.client.request('GET', '/types/nodes.json'));
	const files = [v1, cognigyAi].flatMap(({ orders, stream, sweep }) => [orders.file, stream.file, sweep.file]);
	const others = ['error-alerts.json', 'cognigy-ai-webhook-bot-messages.json', TRANSCRIPT_TEMPLATE];
	const nodes = [...files, ...others].flatMap((file) => template(file, {}).nodes);
	// The table is made by hand there (see its note).
	const inThisN8n = nodes.filter(({ name }) => n8nMajor !== '1' || name !== 'Audit Table');
	const wrong = inThisN8n.flatMap((node) => {
		const type = types.find(({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion));
		if (!type) return [`${node.type} ${node.typeVersion}`];
		const known = type.properties.map(({ name }) => name);
		return Object.keys(node.parameters)
			.filter((name) => !known.includes(name))
			.map((name) => `${node.name}: ${name}`);
	});
	expect(wrong).toEqual([]);
});

describe.each([
	['Cognigy v1', v1],
	['Cognigy.AI', cognigyAi],
] as const)('%s', (_name, platform) => {
	describe('CRM webhook → validate → trigger → wait for the reply → answer the CRM', () => {
		const { file, webhook, fillIns } = platform.orders;
		const url = () => `${e2e.n8n.url}/webhook/${webhook}`;
		let workflow: StoredWorkflow;
		beforeAll(async () => {
			workflow = await publish(template(file, fillIns()));
		});

		it('gives the CRM the reply', async () => {
			const { text } = await callWebhook(url(), newEvent(), never);
			expect(JSON.parse(text)).toMatchObject({
				sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
				reply: 'Order A-1001 has been shipped and arrives on Friday.',
			});
		});

		it.each([
			['by its ID', newEvent],
			['that has no ID, by order, status and text', () => ({ ...newEvent(), eventId: undefined, status: 'shipped' })],
		])('gives the CRM the same reply for the same event, and starts nothing: %s', async (_by, newOne) => {
			const event = newOne();
			const send = async () => z.looseObject({}).parse(JSON.parse((await callWebhook(url(), event, never)).text));
			const { audit: _audit, ...first } = await send();
			const runs = platform.flowRuns();

			const { audit, ...again } = await send();

			expect(again).toEqual({ ...first, repeated: true });
			expect(audit).toMatchObject({ status: 'success', repeated: true, attempts: 0, sessionId: first['sessionId'] });
			expect(platform.flowRuns()).toBe(runs);
		});

		it('tells events apart that have no ID, but another text', async () => {
			const { eventId: _eventId, ...event } = newEvent();
			const runs = platform.flowRuns();

			await callWebhook(url(), { ...event, text: 'Where is it?' }, never);
			await callWebhook(url(), { ...event, text: 'Where is it now?' }, never);

			expect(platform.flowRuns()).toBe(runs + 2);
		});

		it('answers 400 to a wrong event, starts nothing, and alerts', async () => {
			const runs = platform.flowRuns();
			const { customerId: _customerId, ...nobody } = newEvent();

			expect(await refusalOf(webhook, nobody)).toEqual({
				status: 400,
				error: 'User ID is empty',
				errorCategory: 'invalidInput',
			});

			expect(platform.flowRuns()).toBe(runs);
			const alert = await alertAbout(workflow, 'invalidInput');
			expect(alert).toContain('[medium]');
			expect(alert).toContain('User ID is empty\nCorrect the workflow or the bot');
			expect(alert).toMatch(new RegExp(`${e2e.n8n.url}/workflow/${workflow.id}/executions/\\d+$`));
		});

		it('answers 502 when Cognigy fails, with the session to look for, and alerts', async () => {
			platform.failStart();

			const refusal = await refusalOf(webhook, newEvent());

			expect(refusal).toMatchObject({
				status: 502,
				errorCategory: 'server',
				sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
			});
			expect(await alertAbout(workflow, 'server', refusal.error)).toContain('Cognigy is busy or cannot be reached');
		});

		it('answers 502 again, with the same session, when the CRM repeats an event that may have run', async () => {
			const event = newEvent();
			platform.failStart();
			const { sessionId } = await refusalOf(webhook, event);
			const runs = platform.flowRuns();

			const again = await refusalOf(webhook, event);

			expect(again).toMatchObject({ status: 502, errorCategory: 'server', sessionId });
			expect(again.error).toContain(`An earlier start with the idempotency key "${event.eventId}" failed`);
			expect(platform.flowRuns()).toBe(runs);
		});
	});

	describe('what a bot says → CRM', () => {
		const { texts } = platform;
		const { file, fillIns } = platform.stream;
		let workflow: StoredWorkflow;
		const postsOf = (id: string) => crm.posts.filter(({ body }) => body['sessionId'] === id);
		const tellingOf = (id: string) => postsOf(id).map(({ body, status }) => [body['text'], status]);

		beforeAll(async () => {
			const crmFillIn = { 'Update CRM': { parameters: { url: crm.url } } };
			workflow = await publish(template(file, { ...fillIns(), ...crmFillIn }));
		});
		afterAll(async () => {
			await e2e.client.deactivateWorkflow(workflow);
		});

		/** The executions that have delivered all texts of a session, or tried to. */
		async function executionsOf(sessionId: string): Promise<EndedExecution[]> {
			const giveUpAt = Date.now() + PATIENCE_MS;
			const messagesIn = (execution: EndedExecution) =>
				nodeOutput(execution, 'Message').filter((item) => item['sessionId'] === sessionId);
			for (;;) {
				const summaries = await e2e.client.executions(workflow);
				const all = await Promise.all(summaries.map(({ id }) => e2e.client.waitForExecution(id)));
				const executions = all.filter((execution) => messagesIn(execution).length > 0);
				// n8n's list leaves out an execution that ends while the list is made.
				if (executions.flatMap(messagesIn).length >= texts.length) return executions;
				if (Date.now() > giveUpAt) throw new Error(`Not all messages of ${sessionId} have arrived.`);
				await sleep(100);
			}
		}

		it('hands each message over once, in their order', async () => {
			const sessionId = await platform.converse();

			const executions = await executionsOf(sessionId);

			expect(tellingOf(sessionId)).toEqual(texts.map((text) => [text, 200]));
			const [post] = postsOf(sessionId);
			expect(post?.body).toEqual({
				messageId: expect.any(String),
				sessionId,
				userId: 'customer-42',
				timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
				text: texts[0],
			});
			expect(executions.map(({ status }) => status)).toEqual(executions.map(() => 'success'));
		});

		it('tries again when the CRM fails, and lets it tell that it is a repetition', async () => {
			let failures = 1;
			crm.answer(() => (failures-- > 0 ? 503 : 200));
			const sessionId = await platform.converse();

			const executions = await executionsOf(sessionId);

			expect(tellingOf(sessionId)).toEqual([[texts[0], 503], ...texts.map((text) => [text, 200])]);
			const keys = postsOf(sessionId).map(({ headers }) => headers['idempotency-key']);
			expect(keys[0]).toBe(keys[1]);
			expect(new Set(keys).size).toBe(texts.length);
			expect(executions.map(({ status }) => status)).toEqual(executions.map(() => 'success'));
		});

		it('keeps what the CRM does not take, goes on with the others, and alerts', async () => {
			const [first, ...others] = texts;
			crm.answer(({ text }) => (text === first ? 503 : 200));
			const sessionId = await platform.converse();

			const executions = await executionsOf(sessionId);

			expect(tellingOf(sessionId)).toEqual([
				...Array.from({ length: TRIES }, () => [first, 503]),
				...others.map((text) => [text, 200]),
			]);
			const [failed, ...more] = executions.filter(({ status }) => status === 'error');
			if (!failed) throw new Error('No execution has failed.');
			expect(more).toEqual([]);
			expect(nodeOutput(failed, 'Missed Only')).toEqual([
				expect.objectContaining({ sessionId, text: first, error: expect.stringContaining('503') }),
			]);
			const alert = await alertAbout(workflow, sessionId);
			expect(alert).toMatch(/^\[low\] error in /);
			expect(alert).toContain(`The CRM has missed 1 message(s). The first one, of session ${sessionId}: `);
		});
	});

	describe('schedule → reset expired sessions → audit table', () => {
		const { file, table } = platform.sweep;
		const rowSchema = z.looseObject({ sessionId: z.string(), result: z.string() });
		let workflow: StoredWorkflow;

		beforeAll(async () => {
			const everySecond = { interval: [{ field: 'seconds', secondsInterval: 1 }] };
			workflow = await publish(
				template(file, {
					'Every 15 Minutes': { parameters: { rule: everySecond } },
					'Cognigy Reset Session': {
						credentials: [credentialOf(platform.credential)],
						parameters: { options: { retries: 0 } },
					},
					...(await tableFillIns(e2e.client, templateFile(file), n8nMajor)),
				}),
			);
		});
		afterAll(async () => {
			await e2e.client.deactivateWorkflow(workflow);
			e2e.sandbox.setPermissions('demo', ['bot:read', 'bot:execute', 'session:manage', 'bot:runtime:execute']);
		});

		/** The rows of the table, over n8n's REST API. */
		async function rows(): Promise<Array<z.infer<typeof rowSchema>>> {
			const { id: projectId } = z
				.looseObject({ id: z.string() })
				.parse(await e2e.client.request('GET', '/rest/projects/personal'));
			const path = `/rest/projects/${projectId}/data-tables`;
			const tables = z
				.object({ data: z.array(z.looseObject({ id: z.string(), name: z.string() })) })
				.parse(await e2e.client.request('GET', path));
			const found = tables.data.filter(({ name }) => name === table);
			if (found.length === 0) return [];
			expect(found).toHaveLength(1);
			const answer = await e2e.client.request('GET', `${path}/${found[0]?.id}/rows?take=250`);
			return z.object({ data: z.array(rowSchema) }).parse(answer).data;
		}

		/** Waits for a row of a session. @returns all of them, the oldest first */
		async function rowsOf(sessionId: string, result: string): Promise<Array<z.infer<typeof rowSchema>>> {
			const giveUpAt = Date.now() + PATIENCE_MS;
			for (;;) {
				const all = (await rows()).filter((row) => row.sessionId === sessionId);
				if (all.some((row) => row.result === result)) return all;
				if (Date.now() > giveUpAt) throw new Error(`No row of ${sessionId} says "${result}".`);
				await sleep(100);
			}
		}

		it('writes a row for each session that was reset, always into the same table', async () => {
			for (let round = 1; round <= 2; round++) {
				const sessionId = await startSession(platform.startParameters());
				expect(await rowsOf(sessionId, 'success')).toEqual([
					expect.objectContaining({
						sessionId,
						timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
						result: 'success',
						verified: true,
						latencyMs: expect.any(Number),
						attempts: 1,
						errorCategory: '',
						error: '',
						...(platform === v1 ? { checks: 1 } : { userId: 'customer-42' }),
					}),
				]);
			}
		});

		it('writes down why a reset failed, and alerts', async () => {
			const errorCategory = platform.failResets();
			const sessionId = await startSession(platform.startParameters());

			const [row] = await rowsOf(sessionId, 'error');

			expect(row).toMatchObject({ verified: false, errorCategory, error: expect.stringMatching(/./) });
			const alert = await alertAbout(workflow, sessionId);
			expect(alert).toContain(`[high] ${errorCategory} in "${workflow.name}", node "Stop and Error"`);
			expect(alert).toContain('1 session(s) could not be reset.');
		});
	});
});

describe('session is over → transcript → CRM note', () => {
	const credentials = () => [credentialOf('cognigyAiApi')];
	const notesOf = (sessionId: string) => crm.posts.filter(({ body }) => body['sessionId'] === sessionId);
	const isOf = (sessionId: string) => (post: Post) => post.body['sessionId'] === sessionId;
	let workflow: StoredWorkflow;

	beforeAll(async () => {
		const everySecond = { interval: [{ field: 'seconds', secondsInterval: 1 }] };
		workflow = await publish(
			template(TRANSCRIPT_TEMPLATE, {
				'Every 15 Minutes': { parameters: { rule: everySecond } },
				'Cognigy Reset Session': { credentials: credentials() },
				'Get Transcript': { credentials: credentials(), parameters: { options: { retries: 0 } } },
				'Update CRM': { parameters: { url: crm.url } },
			}),
		);
	});
	afterAll(async () => {
		await e2e.client.deactivateWorkflow(workflow);
	});

	const start = async (endpoint = 'Orders REST') =>
		await startSession({ ...cognigyAi.startParameters(), endpoint: ai.endpoint(endpoint).url });

	it('hands the CRM one note of the session', async () => {
		const sessionId = await start();

		const { body } = await crm.received(isOf(sessionId));

		expect(body).toEqual({
			sessionId,
			userId: 'customer-42',
			startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
			endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
			text: expect.stringMatching(/^user: Hello\nbot: .+/),
		});
		// Whatever comes after it, this session does not come again.
		await crm.received(isOf(await start()));
		expect(notesOf(sessionId)).toHaveLength(1);
	});

	it('tries again when the CRM fails, and lets it tell that it is a repetition', async () => {
		let failures = 1;
		crm.answer(() => (failures-- > 0 ? 503 : 200));
		const sessionId = await start();

		await crm.received((post) => isOf(sessionId)(post) && post.status === 200);

		expect(notesOf(sessionId).map(({ status }) => status)).toEqual([503, 200]);
		const keys = notesOf(sessionId).map(({ headers }) => headers['idempotency-key']);
		expect(keys).toEqual([expect.stringContaining(sessionId), keys[0]]);
	});

	it.each([
		['the CRM does not take it', () => crm.answer(() => 503), /503/],
		[
			'it cannot be read',
			() => void ai.faults.inject({ operation: 'readConversation', kind: 'status', status: 403 }),
			/\[high\] permission .* Reading the transcript of session/s,
		],
	])('alerts with the session when %s', async (_what, fail, words) => {
		fail();
		const sessionId = await start();

		const alert = await alertAbout(workflow, sessionId);

		expect(alert).toContain(`1 transcript(s) did not get to the CRM. The first one, of session ${sessionId}: `);
		expect(alert).toMatch(words);
	});
});

describe('the alert', () => {
	it('knows the category when a node of ours itself stops the workflow', async () => {
		const stopping = await publish({
			...template('cognigy-ai-bot-messages.json', cognigyAi.stream.fillIns()),
			name: 'Stopped by the node',
		});
		const nobody = { chatId: randomUUID(), text: 'Hello' };
		const refused = await callWebhook(`${e2e.n8n.url}/webhook/cognigy-ai-chat-message`, nobody, never).catch(
			(error: unknown) => error,
		);

		expect(refused).toBeInstanceOf(WebhookRefusal);
		const alert = await alertAbout(stopping, 'User ID is empty');
		expect(alert).toMatch(/^\[medium\] invalidInput in "Stopped by the node", node "Cognigy Trigger Flow": /);
	});

	it('is tried again when the chat fails', async () => {
		const webhook = 'alerted-twice';
		const fillIns = { ...v1.orders.fillIns(), 'CRM Webhook': { parameters: { path: webhook } } };
		const workflow = await publish({ ...template(v1.orders.file, fillIns), name: 'Alerted twice' });
		let failures = 1;
		chat.answer(({ text }) => (String(text).includes(`"${workflow.name}"`) && failures-- > 0 ? 503 : 200));

		await refusalOf(webhook, {});

		const alert = await alertAbout(workflow);
		expect(chat.posts.filter(({ body }) => body['text'] === alert).map(({ status }) => status)).toEqual([503, 200]);
	});
});
