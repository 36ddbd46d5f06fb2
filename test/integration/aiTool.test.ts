import type { IDataObject } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import * as cognigyAi from './cognigyAi/support';
import { credentialFor, PASSWORD } from './support';
import { runWithTool, type Tool } from './toolEngine';

let v1: Sandbox;
let ai: CognigyAiSandbox;

beforeAll(async () => {
	v1 = await startSandbox();
	ai = await cognigyAi.sandboxFor();
});
afterAll(async () => {
	await cognigyAi.closeSandboxes();
	await v1.close();
	closeAllClients();
});
afterEach(() => {
	v1.faults.clear();
});

/** What the model is to fill in, as the editor writes it. */
const fromAi = (key: string, type = 'string') =>
	`={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('${key}', \`\`, '${type}') }}`;

/** Lets a model call a node with arguments; it reads JSON. */
async function call(type: string, parameters: IDataObject, args: IDataObject): Promise<IDataObject[]> {
	const { answer, run } = await runWithTool(
		{ type, parameters, credential: credentialOf(parameters) },
		async (tool) => await tool.invoke(args),
	);
	if (run.data.resultData.error) throw run.data.resultData.error;
	return JSON.parse(String(answer)) as IDataObject[];
}

function credentialOf({ authentication }: IDataObject) {
	return authentication === cognigyAi.authentication ? cognigyAi.credentialFor(ai) : credentialFor(v1);
}

const startFlow = {
	botId: 'order-status',
	flowId: 'main',
	userId: fromAi('User_ID'),
	sessionId: fromAi('Session_ID'),
	input: fromAi('Input'),
	context: fromAi('Context', 'json'),
	waitForReply: true,
	options: { replyQuietMs: 100 },
};
/** n8n takes no empty object from a model. */
const said = { User_ID: 'user-1', Session_ID: 'session-1', Input: 'Where is it?', Context: { is: 'there' } };

describe('the action nodes as tools of an AI agent', () => {
	it('Trigger Flow sends what the model says, and gives it the reply', async () => {
		const args = { ...said, Context: { metadata: { orderId: 'A-1001' } } };
		expect(await call('cognigyTriggerFlow', startFlow, args)).toMatchObject([
			{ sessionId: 'session-1', userId: 'user-1', reply: expect.stringContaining('A-1001 has been shipped') },
		]);
		expect(v1.sessions).toContainEqual(
			expect.objectContaining({ sessionId: 'session-1', input: 'Where is it?', context: args.Context }),
		);
	});

	it('Trigger Flow does so on Cognigy.AI', async () => {
		const parameters = {
			...{ authentication: cognigyAi.authentication, endpoint: ai.endpoint('Orders REST').url },
			...{ userId: fromAi('User_ID'), input: fromAi('Input'), data: fromAi('Data', 'json') },
		};
		const args = { User_ID: 'user-1', Input: '', Data: { metadata: { orderId: 'A-1001' } } };
		expect(await call('cognigyTriggerFlow', parameters, args)).toMatchObject([
			{ status: 'COMPLETED', reply: expect.stringContaining('A-1001') },
		]);
	});

	it('Validate Version tells what is published', async () => {
		const parameters = {
			...{ botId: fromAi('Bot_ID'), flowId: 'main', targetEnvironment: fromAi('Target_Environment') },
			onNotPublished: 'output',
		};
		const ask = async (Target_Environment: string) =>
			await call('cognigyValidateVersion', parameters, { Bot_ID: 'order-status', Target_Environment });
		expect(await ask('production')).toMatchObject([{ valid: true, version: { id: 'order-status-3' } }]);
		expect(await ask('staging')).toMatchObject([{ valid: false, version: null }]);
	});

	it('Validate Version takes an endpoint of Cognigy.AI from the model', async () => {
		const parameters = {
			authentication: cognigyAi.authentication,
			endpoint: cognigyAi.picked('id', fromAi('Endpoint')),
		};
		const args = { Endpoint: ai.endpoint('Orders REST').id };
		expect(await call('cognigyValidateVersion', parameters, args)).toMatchObject([{ valid: true }]);
	});

	it('Conversation tells what was said in the session that the model names', async () => {
		const spoken = {
			...{ authentication: cognigyAi.authentication, endpoint: ai.endpoint('Orders REST').url },
			...{ userId: 'user-1', sessionId: 'spoken', input: fromAi('Input') },
		};
		await call('cognigyTriggerFlow', spoken, { Input: 'A-1001' });
		const parameters = { authentication: cognigyAi.authentication, sessionId: fromAi('Session_ID') };
		expect(await call('cognigyConversation', parameters, { Session_ID: 'spoken' })).toMatchObject([
			{ sessionId: 'spoken', messages: [{ source: 'user', text: 'A-1001' }, { source: 'bot' }] },
		]);
	});

	it('Conversation makes and changes the profile that the model fills in', async () => {
		const parameters = {
			...{ authentication: cognigyAi.authentication, resource: 'contactProfile', specifyProfile: 'json' },
			profile: fromAi('Profile', 'json'),
		};
		const Profile = { email: 'ada@example.com' };
		expect(
			await call('cognigyConversation', { ...parameters, operation: 'create', contactIds: 'ada' }, { Profile }),
		).toMatchObject([{ contactIds: ['ada'], profile: Profile }]);
		expect(
			await call(
				'cognigyConversation',
				{ ...parameters, operation: 'update', contactId: 'ada' },
				{ Profile: { age: 36 } },
			),
		).toMatchObject([{ profile: { ...Profile, age: 36 } }]);
	});

	it.each<[string, IDataObject]>([
		['Delete', { resource: 'contactProfile', operation: 'delete', profileId: 'f', contactId: fromAi('Contact_ID') }],
		['Inject Context', { operation: 'injectContext', sessionId: 's', userId: fromAi('User_ID'), context: '{"a":1}' }],
	])('Conversation does not leave it to a model: %s', async (label, parameters) => {
		const before = ai.requests.length;
		const all = { authentication: cognigyAi.authentication, ...parameters };
		const args = { Contact_ID: 'ada', User_ID: 'user-1' };
		await expect(call('cognigyConversation', all, args)).rejects.toMatchObject({
			message: expect.stringContaining(`Operation "${label}" cannot be used in a tool of an AI agent`),
		});
		expect(ai.requests).toHaveLength(before);
	});

	it('Reset Session takes numbers and booleans from the model as well', async () => {
		await call('cognigyTriggerFlow', startFlow, { ...said, Session_ID: 'to-reset' });
		const parameters = {
			...{ operation: 'session', botId: 'order-status', sessionId: fromAi('Session_ID') },
			...{ clearHistory: fromAi('Clear_History', 'boolean'), maxDurationSec: fromAi('Max_Duration', 'number') },
		};
		const args = { Session_ID: 'to-reset', Clear_History: false, Max_Duration: 120 };
		expect(await call('cognigyResetSession', parameters, args)).toMatchObject([
			{ sessionId: 'to-reset', status: 'RESET_COMPLETE', verified: true },
		]);
	});
});

describe('what a model is told', () => {
	const tool = async (type: string) => {
		const parameters = type === 'cognigyTriggerFlow' ? startFlow : {};
		const { answer } = await runWithTool({ type, parameters, credential: credentialFor(v1) }, async (one) => one);
		return answer as Tool;
	};

	it.each(['cognigyValidateVersion', 'cognigyTriggerFlow', 'cognigyConversation'])(
		'%s: what it does and what it gives back',
		async (type) => {
			expect((await tool(type)).description).toMatch(/^(Check|Start|Read) .*Cognigy bot.*\. Returns .*\.$/);
		},
	);

	it('which arguments there are', async () => {
		const { name, schema } = await tool('cognigyTriggerFlow');
		expect(name).toBe('Ask_Cognigy');
		expect(Object.keys(schema.shape).sort()).toEqual(['Context', 'Input', 'Session_ID', 'User_ID']);
	});
});

describe('what goes wrong', () => {
	const failWith = async (parameters: IDataObject, args: IDataObject): Promise<unknown> => {
		const use = async (tool: Tool) => await tool.invoke(args).catch((error: unknown) => error);
		const options = { type: 'cognigyTriggerFlow', parameters, credential: credentialFor(v1) };
		const { answer, run } = await runWithTool(options, use);
		expect(run.data.resultData.error).toBeUndefined();
		return answer;
	};

	it.each([
		['the service refuses it', { botId: 'no-such-bot' }, {}, 'Cognigy knows no bot "no-such-bot"', 'Check Bot ID'],
		['the model says nothing', {}, { User_ID: '' }, 'User ID is empty', 'Correct "User ID"'],
	])('a model is told in words, with what to do: %s', async (_what, parameters, args, words, advice) => {
		const error = await failWith({ ...startFlow, ...parameters }, { ...said, ...args });
		expect(error).toMatchObject({
			message: expect.stringMatching(new RegExp(`${words}[^]*Details: .*${advice}`)),
		});
		expect(JSON.stringify(error)).not.toContain(PASSWORD);
	});

	it('a model reads the error as a result where the node is to continue', async () => {
		const parameters = { ...startFlow, botId: 'no-such-bot' };
		const options = { type: 'cognigyTriggerFlow', parameters, credential: credentialFor(v1) };
		const { answer } = await runWithTool(
			{ ...options, onError: 'continueRegularOutput' },
			async (tool) => await tool.invoke(said),
		);
		expect(JSON.parse(String(answer))).toMatchObject([
			{ error: expect.stringContaining('no-such-bot'), errorCategory: 'notFound' },
		]);
	});
});
