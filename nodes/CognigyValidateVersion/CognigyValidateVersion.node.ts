import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { authenticationProperty, credentialDescriptions, onlyFor, subtitleFor } from '../shared/authentication';
import { channelOptions } from '../shared/channels';
import { deploymentProperties, readDeployment } from '../shared/deployment';
import { endpointLocatorProperty } from '../shared/endpoint';
import { botIdProperty, flowIdProperty, targetEnvironmentProperty } from '../shared/ids';
import { searchEndpoints, searchSnapshots } from '../shared/listSearch';
import { optionsProperty } from '../shared/options';
import type { ItemParameters } from '../shared/parameters';

const expectedChannelProperty: INodeProperties = {
	displayName: 'Expected Channel',
	name: 'expectedChannel',
	type: 'options',
	options: [{ name: 'Any', value: '' }, ...channelOptions],
	default: '',
	description: 'Channel that the endpoint must have',
};

const properties: INodeProperties[] = [
	authenticationProperty,
	...onlyFor('cognigyApi', [botIdProperty, flowIdProperty, targetEnvironmentProperty]),
	...onlyFor('cognigyAiApi', [endpointLocatorProperty, expectedChannelProperty, ...deploymentProperties()]),
	{
		displayName: 'If Not Published',
		name: 'onNotPublished',
		type: 'options',
		options: [
			{ name: 'Fail the Item', value: 'error', description: 'The item fails, as set under "On Error"' },
			{ name: 'Output the Result', value: 'output', description: 'The item comes out with "valid" set to false' },
		],
		default: 'error',
		description: 'What to do when what is expected is not published',
	},
	optionsProperty(),
];

/**
 * Checks that a version of a bot is published for an environment (docs/protocol-v1.md#versions), or deployed to an
 * endpoint.
 */
export class CognigyValidateVersion implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Validate Version',
		name: 'cognigyValidateVersion',
		icon: { light: 'file:cognigyValidateVersion.svg', dark: 'file:cognigyValidateVersion.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleFor({
			cognigyApi: '$parameter["botId"] + " · " + $parameter["targetEnvironment"]',
			cognigyAiApi:
				'$parameter["deployment"] === "snapshot" ? "snapshot " + ($parameter["snapshot"] ?? "") : "live project"',
		}),
		description:
			'Check that the version of a Cognigy bot that you expect is published before its flow is triggered. Returns whether it is valid, and which versions there are.',
		defaults: { name: 'Cognigy Validate Version' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		properties,
	};

	methods = { listSearch: { searchEndpoints, searchSnapshots } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { runItems } = await import('../shared/runItems');
		return await runItems(this, {
			operation: 'validateVersion',
			properties,
			read: {
				cognigyApi: (parameters) => ({
					botId: parameters.id('botId'),
					flowId: parameters.id('flowId'),
					targetEnvironment: parameters.text('targetEnvironment'),
					failIfNotPublished: failsIfNotPublished(parameters),
				}),
				cognigyAiApi: (parameters) => ({
					endpoint: parameters.locator('endpoint'),
					expectedChannel: parameters.text('expectedChannel'),
					deployment: readDeployment(parameters),
					failIfNotPublished: failsIfNotPublished(parameters),
				}),
			},
			run: (client, input, options) => client.validateVersion(input, options),
		});
	}
}

function failsIfNotPublished(parameters: ItemParameters): boolean {
	return parameters.text('onNotPublished') !== 'output';
}
