import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { CheckedOperation } from '../../client';
import { runsAsTool } from '../shared/agentTool';
import type { ClientModule } from '../shared/loadClient';
import type { ItemParameters } from '../shared/parameters';
import { runItems, type ItemWork } from '../shared/runItems';
import { PROFILE_FIELDS } from './profileProperties';
import { properties } from './properties';

type Work<Name extends CheckedOperation> = Omit<ItemWork<Name>, 'properties'>;

const getTranscript: Work<'getTranscript'> = {
	operation: 'getTranscript',
	read: {
		cognigyAiApi: (parameters, { waitSeconds }) => ({
			sessionId: parameters.id('sessionId'),
			failIfEmpty: parameters.choice('onNotFound') === 'error',
			...(waitSeconds === undefined ? {} : { waitSeconds }),
		}),
	},
	run: async (client, input, options) => await client.getTranscript(input, options),
};

/** An item for each. */
const getMany: Work<'listConversations'> = {
	operation: 'listConversations',
	read: {
		cognigyAiApi: (parameters) => ({
			...(parameters.choice('listBy') === 'project' ? {} : { contactId: parameters.id('contactId') }),
			...(parameters.flag('returnAll') ? {} : { limit: parameters.number('limit') }),
		}),
	},
	run: async (client, input, options) => {
		const { conversations, warnings, audit } = await client.listConversations(input, options);
		const { botId } = audit;
		return conversations.map((one) => ({ ...one, botId, ...(warnings ? { warnings } : {}), audit }));
	},
};

const getProfile = (by: 'profileId' | 'contactId'): Work<'getProfile'> => ({
	operation: 'getProfile',
	read: {
		cognigyAiApi: (parameters) => ({
			[by]: parameters.id(by),
			failIfMissing: parameters.choice('onNotFound') === 'error',
		}),
	},
	run: async (client, input, options) => await client.getProfile(input, options),
});

/** What a profile is to hold. */
function profileIn(parameters: ItemParameters): Record<string, unknown> {
	if (parameters.choice('specifyProfile') === 'json') return parameters.jsonObject('profile');
	return parameters.entries('profileFields', PROFILE_FIELDS);
}

const createProfile: Work<'createProfile'> = {
	operation: 'createProfile',
	read: {
		cognigyAiApi: (parameters) => ({
			contactIds: parameters.ids('contactIds'),
			profile: profileIn(parameters),
			active: parameters.flag('active'),
		}),
	},
	run: async (client, input, options) => await client.createProfile(input, options),
};

const updateProfile: Work<'updateProfile'> = {
	operation: 'updateProfile',
	read: {
		cognigyAiApi: (parameters) => {
			const by = parameters.choice<'profileId' | 'contactId'>('updateBy');
			return {
				[by]: parameters.id(by),
				profile: profileIn(parameters),
				...parameters.entries('updateFields', { active: 'flag', contactIds: 'ids' }),
			};
		},
	},
	run: async (client, input, options) => await client.updateProfile(input, options),
};

const deleteProfile = (context: IExecuteFunctions): Work<'deleteProfile'> => ({
	operation: 'deleteProfile',
	read: {
		cognigyAiApi: (parameters, _options, module) => {
			refuseAgents(context, module, 'Delete');
			return {
				profileId: parameters.id('profileId'),
				contactId: parameters.id('contactId'),
				failIfMissing: parameters.choice('onNotFound') === 'error',
			};
		},
	},
	run: async (client, input, options) => await client.deleteProfile(input, options),
});

const injectContext = (context: IExecuteFunctions): Work<'injectContext'> => ({
	operation: 'injectContext',
	read: {
		cognigyAiApi: (parameters, _options, module) => {
			refuseAgents(context, module, 'Inject Context');
			return {
				sessionId: parameters.id('sessionId'),
				userId: parameters.id('userId'),
				context: parameters.jsonObject('context'),
			};
		},
	},
	run: async (client, input, options) => await client.injectContext(input, options),
});

/** @throws {CognigyError} `invalidInput` where a language model would decide about it */
function refuseAgents(context: IExecuteFunctions, { invalidInput }: ClientModule, label: string): void {
	if (!runsAsTool(context)) return;
	throw invalidInput(
		'operation',
		`"${label}" cannot be used in a tool of an AI agent`,
		'Use a separate node for it. If an agent is to ask for it, give the agent a workflow as its tool, which checks first whether it may.',
	);
}

/** Does what is chosen, which is the same for all items. */
export async function runOperation(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	switch (context.getNodeParameter('operation', 0)) {
		case 'get':
			return await runItems(context, { ...getProfile('profileId'), properties });
		case 'findByContact':
			return await runItems(context, { ...getProfile('contactId'), properties });
		case 'create':
			return await runItems(context, { ...createProfile, properties });
		case 'update':
			return await runItems(context, { ...updateProfile, properties });
		case 'delete':
			return await runItems(context, { ...deleteProfile(context), properties });
		case 'injectContext':
			return await runItems(context, { ...injectContext(context), properties });
		case 'getAll':
			return await runItems(context, { ...getMany, properties });
		default:
			return await runItems(context, { ...getTranscript, properties });
	}
}
