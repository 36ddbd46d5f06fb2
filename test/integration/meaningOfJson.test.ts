/** `$json` in a parameter means what n8n's own evaluator says, in whichever way n8n runs a node. */
import { randomUUID } from 'node:crypto';
import { WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type IDataObject,
	type IExecuteData,
	type INode,
	type INodeExecutionData,
	type IRunData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { additionalDataOf, loadPackage, MemoryCredentials, nodeTypesOf } from './engine';
import { credentialFor, startOrderBot } from './support';
import { runWithTool } from './toolEngine';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
	closeAllClients();
});

/** The short way, and the same for n8n's evaluator alone. */
const SHORT = '={{ $json.user }}';
const LONG = '={{ $json["user"] }}';

const users = (...names: unknown[]): INodeExecutionData[] =>
	names.map((user, item) => ({ json: { user } as IDataObject, pairedItem: { item } }));

interface Way {
	/** What the node is given, run after run. */
	runs: INodeExecutionData[][];
	mode?: WorkflowExecuteMode;
	node?: Partial<INode>;
	/** Data that is pinned to the node before. */
	pinned?: INodeExecutionData[];
	/** What the node before put out in earlier executions, as a partial execution has it. */
	before?: INodeExecutionData[];
}

async function usersOf(userId: string, { runs, mode = 'trigger', node = {}, pinned, before }: Way) {
	const loader = await loadPackage();
	const source: INode = {
		...{ id: 'node-0', name: 'Source', type: 'test.source', typeVersion: 1, position: [0, 0], parameters: {} },
	};
	const tested: INode = {
		...{ id: 'node-1', name: 'Cognigy', type: `${loader.packageName}.cognigyTriggerFlow`, typeVersion: 1 },
		...{ position: [0, 0], parameters: { ...startOrderBot, userId } },
		...{ credentials: { cognigyApi: { id: '1', name: 'Cognigy account' } }, onError: 'continueRegularOutput' },
		...node,
	};
	const { name } = tested;
	const nodeTypes = nodeTypesOf(loader, {
		'test.source': {
			description: {
				...{ displayName: 'Source', name: 'test.source', group: ['trigger'], version: 1, description: '' },
				...{ defaults: {}, inputs: [], outputs: ['main'], properties: [] },
			},
			execute: async () => [[]],
		},
	});
	const pinData = pinned ? { Source: pinned.map((item) => ({ json: item.json })) } : {};
	const workflow = new Workflow({
		...{ id: 'workflow-1', active: false, nodeTypes, nodes: [source, tested], settings: { executionOrder: 'v1' } },
		connections: { Source: { main: [[{ node: name, type: 'main', index: 0 }]] } },
		pinData: pinData as never,
	});
	const credentials = new MemoryCredentials(loader, { cognigyApi: credentialFor(sandbox) });
	const task = { startTime: 0, executionTime: 0, executionIndex: 0, source: [] };
	const runData: IRunData = before ? { Source: [{ ...task, data: { main: [before] } }] } : {};
	const nodeExecutionStack: IExecuteData[] = runs.map((items, previousNodeRun) => ({
		node: tested,
		data: { main: [items] },
		source: { main: [{ previousNode: 'Source', previousNodeRun }] },
	}));
	const data = createRunExecutionData({
		executionData: { nodeExecutionStack },
		resultData: { runData, pinData: pinData as never },
	});
	const run = await new WorkflowExecute(additionalDataOf(workflow, credentials), mode, data).processRunExecutionData(
		workflow,
	);
	return (run.data.resultData.runData[name] ?? []).map(({ data: output, error }) =>
		error ? error.message : (output?.['main']?.[0] ?? []).map(({ json }) => json['userId'] ?? json['error']),
	);
}

const ways: Array<[string, Way, unknown]> = [
	['several items', { runs: [users('a', 'b', 3)] }, [['a', 'b', '3']]],
	[
		'a loop, which runs it again and again',
		{ runs: [users('a'), users('b', 'c'), users('d')] },
		[['a'], ['b', 'c'], ['d']],
	],
	['a sub-workflow', { runs: [users('a', 'b')], mode: 'integrated' }, [['a', 'b']]],
	['a webhook', { runs: [users('a')], mode: 'webhook' }, [['a']]],
	['a test in the editor', { runs: [users('a', 'b')], mode: 'manual' }, [['a', 'b']]],
	['pinned data before it', { runs: [users('p', 'q')], mode: 'manual', pinned: users('p', 'q') }, [['p', 'q']]],
	['pinned data that is not what it is given', { runs: [users('a')], mode: 'manual', pinned: users('p') }, [['a']]],
	['a partial execution', { runs: [users('a', 'b')], mode: 'manual', before: users('a', 'b') }, [['a', 'b']]],
	['Execute Once', { runs: [users('a', 'b')], node: { executeOnce: true } }, [['a']]],
	['another name', { runs: [users('a', 'b')], node: { name: 'Ask "Cognigy" {{ $json.user }}' } }, [['a', 'b']]],
	['items that come from others in another order', { runs: [users('a', 'b').reverse()] }, [['b', 'a']]],
	['items without the field', { runs: [[{ json: {} }]] }, [['User ID is empty']]],
];

it.each(ways)('%s', async (_name, way, expected) => {
	expect(await usersOf(LONG, way)).toEqual(expected);
	expect(await usersOf(SHORT, way)).toEqual(expected);
});

describe('as a tool of an agent, where the items are what the model says', () => {
	const fromAi = (key: string) => `={{ $fromAI('${key}', \`\`, 'string') }}`;

	async function startedUser(userId: string, items: INodeExecutionData[]): Promise<unknown> {
		const parameters = { ...startOrderBot, userId, input: fromAi('user'), sessionId: fromAi('Session') };
		const { answer } = await runWithTool(
			{
				type: 'cognigyTriggerFlow',
				parameters,
				credential: credentialFor(sandbox),
				items,
				onError: 'continueRegularOutput',
			},
			async (tool) =>
				await tool
					.invoke({ user: 'somebody-else', Session: randomUUID() })
					.catch((error: Error) => JSON.stringify([{ error: error.message }])),
		);
		const [json] = JSON.parse(String(answer)) as IDataObject[];
		return json?.['userId'] ?? json?.['error'];
	}

	it.each([SHORT, LONG])('the author chooses the user, not the model: %s', async (userId) => {
		expect(await startedUser(userId, users('customer-1'))).toBe('customer-1');
		expect(await startedUser(userId, users('customer-1', 'customer-2'))).toBe('customer-1');
	});

	it('nobody is chosen where the agent has no such field, whatever the model says', async () => {
		const outcome = await startedUser(LONG, [{ json: {} }]);
		expect(outcome).toBe('User ID is empty');
		expect(await startedUser(SHORT, [{ json: {} }])).toBe(outcome);
	});
});

it.each(['prototype', 'mainModule', 'binding', 'constructor', 'arguments', 'name', 'length', '_load', 'toString'])(
	'a field that is called %s',
	async (field) => {
		const outcome = async (userId: string) => await usersOf(userId, { runs: [[{ json: { [field]: 'a' } }]] });
		expect(await outcome(`={{ $json.${field} }}`)).toEqual(await outcome(`={{ ($json.${field}) }}`));
	},
);
