import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { nodeItems, nodeOutput, type StoredCredential, type WorkflowNode } from '../../n8n-host';
import { cognigyNode, manualWorkflow, n8nMajor, startE2e, type E2e } from './support';

jest.setTimeout(120_000);

const PASSWORD = 'demo-password';
const TOOL = 'Cognigy';

interface ChatRequest {
	messages: Array<{ role: string; content: string }>;
	tools: Array<{ function: { name: string; description: string; parameters: { properties: object } } }>;
}

/** A model server as OpenAI's, on this machine: it calls the tool, and answers with what came back. */
let model: Server;
let asked: ChatRequest[] = [];
/** What the model says to the tool. */
let toolArguments: object;
/** How often it calls it, one time after the other. */
let toolCalls: number;

let e2e: E2e;
let cognigy: StoredCredential;
let openAi: StoredCredential;

beforeAll(async () => {
	e2e = await startE2e();
	model = createServer((request, response) => {
		void json(request).then((body) => {
			const answer = reply(body as ChatRequest);
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify(answer));
		});
	});
	await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
	const { port } = model.address() as AddressInfo;
	const { url: baseUrl, tenantId } = e2e.sandbox;
	const fields = { baseUrl, tenantId, username: 'demo', password: PASSWORD };
	cognigy = await e2e.client.createCredential('Cognigy account', 'cognigyApi', fields);
	const modelFields = { apiKey: 'a-key-of-the-model', url: `http://127.0.0.1:${port}/v1` };
	openAi = await e2e.client.createCredential('Model account', 'openAiApi', modelFields);
});
beforeEach(() => {
	asked = [];
	toolCalls = 1;
});
afterAll(async () => {
	model?.close();
	model?.closeAllConnections();
	await e2e?.stop();
});

function reply(request: ChatRequest): object {
	asked.push(request);
	const last = request.messages.at(-1);
	const call = { name: TOOL, arguments: JSON.stringify(toolArguments) };
	const isDone = request.messages.filter(({ role }) => role === 'tool').length >= toolCalls;
	const message =
		last && isDone
			? { role: 'assistant', content: `The bot says: ${last.content}` }
			: {
					role: 'assistant',
					content: null,
					tool_calls: [{ id: `call_${asked.length}`, type: 'function', function: call }],
				};
	return {
		...{ id: 'chat-1', object: 'chat.completion', created: 1, model: 'a-model' },
		choices: [{ index: 0, message, finish_reason: isDone ? 'stop' : 'tool_calls' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}

/** What the model is to fill in, as the editor writes it. */
const fromAi = (key: string) => `={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('${key}', \`\`, 'string') }}`;

/** An agent with a model and Cognigy Trigger Flow as its tool. */
function agentWorkflow(name: string, botId: string, settings: Record<string, unknown> = {}) {
	const node = (nodeName: string, type: string, typeVersion: number, more: object): WorkflowNode => ({
		...{ id: nodeName, name: nodeName, type: `@n8n/n8n-nodes-langchain.${type}`, typeVersion, position: [0, 0] },
		parameters: {},
		...more,
	});
	const agent = node('Agent', 'agent', 3, { parameters: { promptType: 'define', text: 'Where is A-1001?' } });
	const chat = node('Model', 'lmChatOpenAi', 1.3, {
		parameters: { model: { __rl: true, mode: 'id', value: 'a-model' }, responsesApiEnabled: false },
		credentials: { openAiApi: { id: openAi.id, name: openAi.name } },
	});
	const parameters = {
		...{ botId, flowId: 'main', userId: 'user-1', input: fromAi('Input'), sessionId: fromAi('Session_ID') },
		...{ context: '{"metadata": {"orderId": "A-1001"}}', waitForReply: true, options: { replyQuietMs: 200 } },
	};
	const tool = cognigyNode('cognigyTriggerFlowTool', cognigy, parameters, settings);
	const { nodes, connections, ...rest } = manualWorkflow(name, [{}], agent);
	return {
		...rest,
		nodes: [...nodes, chat, tool],
		connections: {
			...connections,
			Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
			[TOOL]: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	};
}

it('an AI agent asks the bot, and answers with its reply', async () => {
	toolArguments = { Input: 'Where is my order?', Session_ID: 'session-1' };

	const execution = await e2e.run(agentWorkflow('Agent', 'order-status'));

	const [offered] = asked[0]?.tools ?? [];
	expect(offered?.function.description).toMatch(/^Start a flow of a Cognigy bot .* Returns/);
	expect(Object.keys(offered?.function.parameters.properties ?? {}).sort()).toEqual(['Input', 'Session_ID']);
	const [answer] = nodeOutput(execution, 'Agent');
	expect(answer).toMatchObject({ output: expect.stringMatching(/^The bot says: .*A-1001 has been shipped/) });
	expect(e2e.sandbox.sessions).toContainEqual(
		expect.objectContaining({ sessionId: 'session-1', input: 'Where is my order?' }),
	);
});

it('an AI agent that says the same twice on purpose starts the flow twice', async () => {
	toolArguments = { Input: 'Where is my order?', Session_ID: '' };
	toolCalls = 2;
	const started = () => e2e.sandbox.stats().flowsStarted;
	const before = started();

	const [answer] = nodeOutput(
		await e2e.run(agentWorkflow('Agent, twice', 'order-status', { retryOnFail: true })),
		'Agent',
	);
	expect(answer).toMatchObject({ output: expect.stringMatching(/has been shipped/) });
	expect(started() - before).toBe(2);
});

// The agent of n8n 1 ends with the first tool that fails, whatever it says.
(n8nMajor === '2' ? it : it.skip)('an AI agent is told in words what went wrong, and goes on', async () => {
	toolArguments = { Input: 'Where is my order?', Session_ID: 'session-2' };

	const execution = await e2e.run(agentWorkflow('Agent, wrong bot', 'no-such-bot'));

	expect(nodeItems(execution, 'Agent')).toHaveLength(1);
	expect(nodeOutput(execution, 'Agent')).toMatchObject([
		{ output: expect.stringMatching(/^The bot says: .*Cognigy knows no bot \W*no-such-bot/) },
	]);
	expect(JSON.stringify(asked)).not.toContain(PASSWORD);
});
