import { createRunExecutionData, NodeConnectionTypes, Workflow } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	IRun,
} from 'n8n-workflow';
import { WorkflowExecute } from 'n8n-core';

import {
	additionalDataOf,
	credentialTypeIn,
	loadPackage,
	MemoryCredentials,
	nodeTypesOf,
	type RunOptions,
} from './engine';

/** What n8n gives to an agent for a node. */
export interface Tool {
	name: string;
	description: string;
	schema: { shape: Record<string, unknown> };
	/** @returns text for the model */
	invoke(args: IDataObject): Promise<string>;
}

export interface ToolRun {
	run: IRun;
	/** What the agent of the test has returned. */
	answer: unknown;
}

const AGENT_TYPE = 'test.agent';

/**
 * Runs an agent that has one node of this package as its tool.
 * The items are those of the agent.
 * @param agent what it does with the tool
 */
export async function runWithTool(
	{ type, parameters, credential, onError, items = [{ json: {} }], settings, executionId }: Omit<RunOptions, 'onStart'>,
	agent: (tool: Tool) => Promise<unknown>,
): Promise<ToolRun> {
	const packageLoader = await loadPackage();
	const credentialType = credentialTypeIn(parameters);
	let answer: unknown;
	const agentType = agentWith(async (tool) => {
		answer = await agent(tool);
	});
	const toolType = `${packageLoader.packageName}.${type}Tool`;
	const asTool = convertedToTool(packageLoader.getNode(type).type as INodeType);
	const nodeTypes = nodeTypesOf(packageLoader, { [AGENT_TYPE]: agentType, [toolType]: asTool });
	const agentNode = nodeOf('Agent', AGENT_TYPE, {});
	const tool: INode = {
		...nodeOf('Ask Cognigy', toolType, parameters),
		credentials: { [credentialType]: { id: 'credential-1', name: 'Cognigy account' } },
		...(onError ? { onError } : {}),
		...settings,
	};
	const workflow = new Workflow({
		id: 'workflow-1',
		active: false,
		nodeTypes,
		nodes: [agentNode, tool],
		connections: { [tool.name]: { ai_tool: [[{ node: agentNode.name, type: 'ai_tool', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	});
	const credentialsHelper = new MemoryCredentials(packageLoader, { [credentialType]: { ...credential } });
	const data = createRunExecutionData({
		executionData: { nodeExecutionStack: [{ node: agentNode, data: { main: [items] }, source: null }] },
	});
	const additionalData = additionalDataOf(workflow, credentialsHelper, executionId);
	const run = await new WorkflowExecute(additionalData, 'manual', data).processRunExecutionData(workflow);
	return { run, answer };
}

function nodeOf(name: string, type: string, parameters: IDataObject): INode {
	return { id: name, name, type, typeVersion: 1, position: [0, 0], parameters: parameters as INode['parameters'] };
}

/** The way of n8n's `convertNodeToAiTool`. */
function convertedToTool(node: INodeType): INodeType {
	const { usableAsTool, description, ...rest } = node.description;
	if (!usableAsTool) throw new Error('It may not be used as a tool');
	const properties: INodeProperties[] = [
		{ displayName: 'Description', name: 'toolDescription', type: 'string', default: description },
		...rest.properties,
	];
	const asTool: INodeTypeDescription = {
		...rest,
		...{ name: `${rest.name}Tool`, description, properties },
		...{ inputs: [], outputs: [NodeConnectionTypes.AiTool] },
	};
	return Object.create(node, { description: { value: asTool } }) as INodeType;
}

function agentWith(use: (tool: Tool) => Promise<void>): INodeType {
	return {
		description: {
			...{ displayName: 'Agent', name: AGENT_TYPE, group: ['transform'], version: 1, description: '' },
			...{ defaults: {}, properties: [], outputs: [NodeConnectionTypes.Main] },
			inputs: [NodeConnectionTypes.Main, { type: NodeConnectionTypes.AiTool, required: true }],
		},
		async execute(this: IExecuteFunctions) {
			const [tool] = (await this.getInputConnectionData(NodeConnectionTypes.AiTool, 0)) as Tool[];
			if (!tool) throw new Error('There is no tool');
			await use(tool);
			return [[]];
		},
	};
}
