import type { IDataObject, ITriggerFunctions } from 'n8n-workflow';

import type { PlatformInputs, StreamedAnswers } from '../../client';
import { offers } from '../../client/offers';
import { chosenFor, type CredentialType } from '../shared/authentication';
import type { ClientModule } from '../shared/loadClient';
import { readFlag, readText } from '../shared/parameters';

const NAME_A_SESSION =
	'Name one session in Session ID. Sessions that were started before are followed by the package n8n-nodes-cognigy only.';

/** What to follow, on whichever platform. */
export type FollowInput = PlatformInputs[CredentialType]['follow'];

export interface TriggerSettings {
	input: FollowInput;
	/** How many executions may run at the same time; missing: one per session. */
	parallel?: number;
}

/**
 * The parameters of the trigger, as the platform of its credential takes them. The client checks them.
 * @throws {CognigyError} `invalidInput`, naming the parameter
 */
export function readSettings(context: ITriggerFunctions, client: ClientModule): TriggerSettings {
	const followsOne = !offers.lastingSessions || context.getNodeParameter('follow', 'registry') === 'session';
	const text = (name: string): string => {
		const value = readText(client, name, context.getNodeParameter(name, ''));
		return value.trim() === '' ? '' : value;
	};
	const sessionId = followsOne ? text('sessionId') : '';
	if (followsOne && sessionId === '') {
		const advice = offers.lastingSessions ? 'Correct sessionId, or follow all open sessions.' : NAME_A_SESSION;
		throw client.invalidInput('sessionId', 'is empty', advice);
	}
	const options = context.getNodeParameter('options', {}) as IDataObject;
	const { executions = 'inOrder' } = options;
	const maxParallel = client.asNumber(options['maxParallel'] ?? 10);
	const flag = (name: string, value: unknown) => readFlag(client, `options.${name}`, value);
	const messageTypes = context.getNodeParameter('messageTypes', ['bot']) as string[];
	const readInput: { readonly [Type in CredentialType]: () => PlatformInputs[Type]['follow'] } = {
		cognigyApi: () => ({ botId: text('botId'), flowId: text('flowId'), sessionId, messageTypes }),
		cognigyAiApi: () => {
			const { testMode, typingStatus, streamedAnswers } = options;
			return {
				sessionId,
				endpoint: text('endpoint'),
				userId: text('userId'),
				testMode: flag('testMode', testMode),
				...(streamedAnswers === undefined ? {} : { streamedAnswers: streamedAnswers as StreamedAnswers }),
				messageTypes: flag('typingStatus', typingStatus) ? [...messageTypes, 'typingStatus'] : messageTypes,
			};
		},
	};
	const input = chosenFor<() => FollowInput>(context.getNode(), readInput)();
	if (executions !== 'parallel') return { input };
	if (typeof maxParallel !== 'number' || !Number.isInteger(maxParallel) || maxParallel < 1 || maxParallel > 100) {
		throw client.invalidInput('maxParallel', 'must be a whole number from 1 to 100', 'Correct maxParallel.');
	}
	return { input, parallel: maxParallel };
}
