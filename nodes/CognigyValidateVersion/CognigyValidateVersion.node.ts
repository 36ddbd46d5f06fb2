import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import type { ValidateVersionInput } from '../../client';
import { authenticationProperty, credentialDescriptions } from '../shared/authentication';
import { botIdProperty, flowIdProperty, targetEnvironmentProperty } from '../shared/ids';
import { optionsProperty } from '../shared/options';
import { runItems } from '../shared/runItems';

const properties: INodeProperties[] = [
	authenticationProperty,
	botIdProperty,
	flowIdProperty,
	targetEnvironmentProperty,
	{
		displayName: 'If Not Published',
		name: 'onNotPublished',
		type: 'options',
		options: [
			{ name: 'Fail the Item', value: 'error', description: 'The item fails, as set under "On Error"' },
			{ name: 'Output the Result', value: 'output', description: 'The item comes out with "valid" set to false' },
		],
		default: 'error',
		description: 'What to do when the environment has no published version',
	},
	optionsProperty(),
];

/** Checks that a version of a bot is published for an environment (contract section 2). */
export class CognigyValidateVersion implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Validate Version',
		name: 'cognigyValidateVersion',
		icon: { light: 'file:cognigyValidateVersion.svg', dark: 'file:cognigyValidateVersion.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["botId"] + " · " + $parameter["targetEnvironment"] }}',
		description: 'Check that a Cognigy bot has a published version for an environment before its flow is triggered',
		defaults: { name: 'Cognigy Validate Version' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runItems<ValidateVersionInput>(this, {
			operation: 'validateVersion',
			properties,
			read: (parameters) => ({
				botId: parameters.text('botId'),
				flowId: parameters.text('flowId'),
				targetEnvironment: parameters.text('targetEnvironment'),
				failIfNotPublished: parameters.text('onNotPublished') !== 'output',
			}),
			check: (client, input, options) => client.check('validateVersion', input, options),
			run: (client, input, options) => client.validateVersion(input, options),
		});
	}
}
