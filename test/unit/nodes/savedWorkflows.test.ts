/**
 * What saved workflows rely on: names, types, defaults, choices of all parameters, and when they are shown. A change that
 * removes or renames one of them breaks workflows of users; one that adds something is pinned with `jest -u`.
 */
import type { ICredentialType, INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';

import { CognigyAiApi } from '../../../credentials/CognigyAiApi.credentials';
import { CognigyApi } from '../../../credentials/CognigyApi.credentials';
import { CognigyConversation } from '../../../nodes/CognigyConversation/CognigyConversation.node';
import { CognigyResetSession } from '../../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';
import { CognigyWebhookTrigger } from '../../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';

const nodes = [
	new CognigyConversation(),
	new CognigyResetSession(),
	new CognigyStreamMessagesTrigger(),
	new CognigyTriggerFlow(),
	new CognigyValidateVersion(),
	new CognigyWebhookTrigger(),
];
const credentials: ICredentialType[] = [new CognigyAiApi(), new CognigyApi()];

type Choice = INodePropertyOptions | INodeProperties | INodePropertyCollection;

/** As it is saved: without the words. */
function saved({ name, type, default: initial, options, modes, displayOptions }: INodeProperties): object {
	return {
		name,
		type,
		default: initial,
		...(displayOptions?.show ? { show: displayOptions.show } : {}),
		...(options ? { options: options.map(savedChoice) } : {}),
		...(modes ? { modes: modes.map((mode) => mode.name) } : {}),
	};
}

function savedChoice(choice: Choice): unknown {
	if ('value' in choice) return choice.value;
	return 'type' in choice ? saved(choice) : choice.name;
}

it.each(nodes.map(({ description }) => [description.name, description] as const))('%s', (_name, description) => {
	const { name, version, credentials: used, inputs, outputs, properties, webhooks } = description;
	expect({
		name,
		version,
		credentials: used,
		inputs,
		outputs,
		webhooks,
		parameters: properties.map(saved),
	}).toMatchSnapshot();
});

it.each(credentials.map((credential) => [credential.name, credential] as const))('%s', (name, { properties }) => {
	expect({ name, fields: properties.map(saved) }).toMatchSnapshot();
});
