import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { offers } from '../../client/offers';
import { credentialDescriptions, subtitleFor } from '../shared/authentication';
import { searchEndpoints } from '../shared/listSearch';
import { loadClient } from '../shared/loadClient';
import type { ItemWork } from '../shared/runItems';
import { properties } from './properties';

/** So many sessions are reset by one item at most; the next run goes on with the rest. */
const MAX_EXPIRED = 1_000;

/** Of the subtitle. */
const expiredOr = (ofExpired: string, ofOne: string) =>
	offers.lastingSessions ? `($parameter["operation"] === "expired" ? ${ofExpired} : ${ofOne})` : `(${ofOne})`;

/** Resets a session for each item (docs/protocol-v1.md#reset). */
export class CognigyResetSession implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Reset Session',
		name: 'cognigyResetSession',
		icon: { light: 'file:cognigyResetSession.svg', dark: 'file:cognigyResetSession.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleFor({
			cognigyApi: expiredOr('"reset expired sessions"', '"reset session · " + $parameter["botId"]'),
			cognigyAiApi: `(${expiredOr('"expired sessions · "', '"reset session · "')} + $parameter["resetMode"])`,
		}),
		description:
			'Put a session of a Cognigy bot back to its start: clear its variables, history and state. Returns whether the session was seen clean.',
		defaults: { name: 'Cognigy Reset Session' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		properties,
	};

	methods = { listSearch: { searchEndpoints } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const isSweep = this.getNodeParameter('operation', 0, 'session') === 'expired';
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { runItems } = await import('../shared/runItems');
		return await runItems(this, {
			...(isSweep ? await sweepOf() : {}),
			operation: 'resetSession',
			properties,
			read: {
				cognigyApi: (parameters, { stateClearMatrix, verifyTimeoutSeconds }) => ({
					botId: parameters.id('botId'),
					sessionId: parameters.id('sessionId'),
					maxDurationSec: parameters.number('maxDurationSec'),
					clearVariables: parameters.flag('clearVariables'),
					clearHistory: parameters.flag('clearHistory'),
					clearNluContext: parameters.flag('clearNluContext'),
					verify: parameters.flag('verify'),
					...(stateClearMatrix === undefined || stateClearMatrix === null
						? {}
						: { stateClearMatrix: parameters.asJsonObject('stateClearMatrix', stateClearMatrix) }),
					...(verifyTimeoutSeconds === undefined ? {} : { verifyTimeoutSeconds }),
				}),
				cognigyAiApi: (parameters) => ({
					sessionId: parameters.id('sessionId'),
					userId: parameters.id('userId'),
					resetMode: parameters.choice('resetMode'),
					endpoint: parameters.locator('endpoint'),
					newSessionId: parameters.flag('newSessionId'),
					verify: parameters.flag('verify'),
				}),
			},
			run: (client, input, options) => client.resetSession(input, options),
		});
	}
}

/** What the operation is where sessions that were started before are not known. */
async function sweepOf(): Promise<Pick<ItemWork<'resetSession'>, 'expand' | 'abandon'>> {
	if (offers.lastingSessions) return sweep;
	const { invalidInput } = await loadClient();
	return {
		expand: async () => {
			throw invalidInput(
				'operation',
				'cannot be Reset Expired Sessions with this package',
				'Choose Reset Session and name the session of each item. Expired sessions are found by the package n8n-nodes-cognigy only.',
			);
		},
	};
}

/** One item stands for all expired sessions (docs/guarantees.md#session-registry). */
const sweep: Pick<ItemWork<'resetSession'>, 'expand' | 'abandon'> = {
	expand: async (client, parameters) => {
		const sessions = await client.claimExpiredSessions({ botId: parameters.id('botId'), limit: MAX_EXPIRED });
		// A flow of Cognigy.AI is known by the name of its endpoint.
		return sessions.map(({ botId, sessionId, userId, flowId }) => ({ botId, sessionId, userId, endpoint: flowId }));
	},
	abandon: async (client, { sessionId = '' }) => await client.releaseExpiredSession(sessionId),
};
