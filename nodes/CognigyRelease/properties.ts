import type { INodeProperties } from 'n8n-workflow';

import { deploymentChoices, snapshotLocator } from '../shared/deployment';
import { endpointLocatorProperty } from '../shared/endpoint';
import { optionsProperty } from '../shared/options';

const forOperations = (...operation: string[]) => ({ show: { operation } });

const operationProperty: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Create Snapshot',
			value: 'createSnapshot',
			action: 'Create a snapshot',
			description: 'Freeze the project as it is now under a name',
		},
		{
			name: 'Delete Snapshot',
			value: 'deleteSnapshot',
			action: 'Delete a snapshot',
			description: 'Delete a snapshot for good',
		},
		{
			name: 'Deploy Snapshot to Endpoint',
			value: 'deploySnapshot',
			action: 'Deploy a snapshot to an endpoint',
			description: 'Make an endpoint run a snapshot, or the live project',
		},
		{
			name: 'Export Package',
			value: 'exportPackage',
			action: 'Export a package',
			description: 'Make a package of flows and other resources, and get its file',
		},
		{
			name: 'Get Status',
			value: 'getStatus',
			action: 'Get the status of an endpoint or a task',
			description: 'Get what an endpoint runs, or how far a task has got',
		},
		{
			name: 'Roll Back',
			value: 'rollBack',
			action: 'Roll a deployment back',
			description: 'Make an endpoint run again what it ran before a deployment',
		},
	],
	default: 'deploySnapshot',
};

const createProperties: INodeProperties[] = [
	{
		displayName: 'Snapshot Name',
		name: 'snapshotName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. v1.2',
		displayOptions: forOperations('createSnapshot'),
		description: 'Name of the new snapshot. The project must have no other one with this name.',
	},
	{
		displayName: 'Description',
		name: 'description',
		type: 'string',
		required: true,
		default: 'Created by a workflow of n8n',
		displayOptions: forOperations('createSnapshot'),
		description: 'What the snapshot is for. Cognigy.AI does not take one without.',
	},
];

const deployProperties: INodeProperties[] = [
	{
		displayName: 'Deploy',
		name: 'deployment',
		type: 'options',
		noDataExpression: true,
		options: deploymentChoices,
		default: 'snapshot',
		displayOptions: forOperations('deploySnapshot'),
		description: 'What the endpoint is to run',
	},
	snapshotLocator('snapshot', 'Snapshot', {
		displayOptions: { show: { operation: ['deploySnapshot'], deployment: ['snapshot'] } },
		description: 'Snapshot that the endpoint is to run',
	}),
	{
		displayName: 'Expected Now',
		name: 'expectedNow',
		type: 'options',
		noDataExpression: true,
		options: [{ name: 'Anything', value: 'anything', description: 'Whatever the endpoint runs' }, ...deploymentChoices],
		default: 'anything',
		displayOptions: forOperations('deploySnapshot'),
		description: 'What the endpoint must run before; if it runs something else, nothing is deployed',
	},
	snapshotLocator('expectedNowName', 'Expected Snapshot', {
		displayOptions: { show: { operation: ['deploySnapshot'], expectedNow: ['snapshot'] } },
		description: 'Snapshot that the endpoint must run before',
	}),
];

const deleteProperties: INodeProperties[] = [
	snapshotLocator('snapshot', 'Snapshot', {
		displayOptions: forOperations('deleteSnapshot'),
		description: 'Snapshot to delete. Sessions that still run on it begin again.',
	}),
	{
		displayName: 'Confirm Name',
		name: 'confirmName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. v1.0',
		displayOptions: forOperations('deleteSnapshot'),
		description: 'Name of the snapshot once more, exactly. It cannot be brought back.',
	},
];

const exportProperties: INodeProperties[] = [
	{
		displayName: 'Package Name',
		name: 'packageName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. Order Status 1.2',
		displayOptions: forOperations('exportPackage'),
		description: 'Name of the package, and of its file',
	},
	{
		displayName: 'Resource IDs',
		name: 'resourceIds',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0, 64f1c0ffee0ddba11c0ffee1',
		displayOptions: forOperations('exportPackage'),
		description:
			'IDs of the flows and other resources to export, with commas between them, or a list as JSON. What they need comes along.',
		hint: 'The ID (_id) is in the address of the resource in Cognigy.AI; it is not the reference ID',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		displayOptions: forOperations('exportPackage'),
		description: 'Name of the binary field of the item that the file is put in',
		hint: 'The name of the output binary field to put the file in',
	},
];

const statusProperties: INodeProperties[] = [
	{
		displayName: 'Status Of',
		name: 'statusOf',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Endpoint', value: 'endpoint', description: 'What it runs, and which snapshots there are' },
			{ name: 'Task', value: 'task', description: 'How far a task has got, or why it failed' },
		],
		default: 'endpoint',
		displayOptions: forOperations('getStatus'),
		description: 'What to get the status of',
	},
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0',
		displayOptions: { show: { operation: ['getStatus'], statusOf: ['task'] } },
		description: 'ID of the task, for example "audit.taskId" of an error item',
	},
];

const putBackProperty: INodeProperties = {
	displayName: 'Put Back',
	name: 'putBack',
	type: 'json',
	required: true,
	default: '',
	displayOptions: forOperations('rollBack'),
	description: 'Field "putBack" from the output of Deploy Snapshot to Endpoint',
	hint: 'As an expression: $json.putBack',
};

const endpointProperties: INodeProperties[] = [
	{ ...endpointLocatorProperty, displayOptions: forOperations('deploySnapshot') },
	{
		...endpointLocatorProperty,
		displayOptions: { show: { operation: ['getStatus'], statusOf: ['endpoint'] } },
	},
];

/** Tasks of Cognigy.AI take their time, and whoever releases does one thing after the other. */
export const DEFAULTS = { timeoutSeconds: 300, concurrency: 1 } as const;

export const properties: INodeProperties[] = [
	operationProperty,
	...statusProperties.slice(0, 1),
	...endpointProperties,
	...createProperties,
	...deployProperties,
	...deleteProperties,
	...exportProperties,
	...statusProperties.slice(1),
	putBackProperty,
	optionsProperty(
		[
			{
				displayName: 'Max File Size (MB)',
				name: 'maxFileMegabytes',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 256 },
				displayOptions: { show: { '/operation': ['exportPackage'] } },
				default: 64,
				description: 'Larger files are refused, 1 to 256 MB. A file is held in the memory of n8n.',
			},
		],
		'cognigyAiApi',
		DEFAULTS,
	),
];
