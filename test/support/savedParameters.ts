import type {
	ICredentialType,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';

import { CognigyAiApi } from '../../credentials/CognigyAiApi.credentials';
import { CognigyApi } from '../../credentials/CognigyApi.credentials';
import { CognigyConversation } from '../../nodes/CognigyConversation/CognigyConversation.node';
import { CognigyRelease } from '../../nodes/CognigyRelease/CognigyRelease.node';
import { CognigyResetSession } from '../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';
import { CognigyWebhookTrigger } from '../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';

export const nodeTypes = [
	new CognigyConversation(),
	new CognigyRelease(),
	new CognigyResetSession(),
	new CognigyStreamMessagesTrigger(),
	new CognigyTriggerFlow(),
	new CognigyValidateVersion(),
	new CognigyWebhookTrigger(),
];
export const credentialTypes: ICredentialType[] = [new CognigyAiApi(), new CognigyApi()];

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

/** What workflows that were saved rely on: names, types, defaults, choices of all parameters, and when they are shown. */
export function savedNode(description: INodeTypeDescription): object {
	const { name, version, credentials, inputs, outputs, properties, webhooks } = description;
	return { name, version, credentials, inputs, outputs, webhooks, parameters: properties.map(saved) };
}

/** The same of a credential. */
export function savedCredential({ name, properties }: ICredentialType): object {
	return { name, fields: properties.map(saved) };
}
