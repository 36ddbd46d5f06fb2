import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { CheckedOperation } from '../../client';
import { runItems, type ItemWork } from '../shared/runItems';
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

/** Does what is chosen, which is the same for all items. */
export async function runOperation(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	switch (context.getNodeParameter('operation', 0)) {
		case 'get':
			return await runItems(context, { ...getProfile('profileId'), properties });
		case 'findByContact':
			return await runItems(context, { ...getProfile('contactId'), properties });
		case 'getAll':
			return await runItems(context, { ...getMany, properties });
		default:
			return await runItems(context, { ...getTranscript, properties });
	}
}
