import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { searchProjectEndpoints, searchProjectSnapshots } from '../shared/listSearch';
import { properties } from './properties';

/** Snapshots of a project, and which of them its endpoints run (docs/protocol-cognigy-ai.md#snapshots and #deployment). */
export class CognigyRelease implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Release',
		name: 'cognigyRelease',
		icon: { light: 'file:cognigyRelease.svg', dark: 'file:cognigyRelease.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] }}',
		description:
			'Release a Cognigy.AI project. Creates and deletes snapshots, deploys them to endpoints, rolls a deployment back, tells what an endpoint runs, and exports packages.',
		defaults: { name: 'Cognigy Release' },
		// No model is to decide on a release. n8n's check wants it said.
		usableAsTool: undefined,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'cognigyAiApi', required: true }],
		properties,
	};

	methods = {
		listSearch: { searchEndpoints: searchProjectEndpoints, searchSnapshots: searchProjectSnapshots },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { runOperation } = await import('./operations');
		return await runOperation(this);
	}
}
