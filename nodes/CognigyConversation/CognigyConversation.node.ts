import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { properties } from './properties';

/**
 * Reads what was said in the sessions of a project, and reads and changes what it knows of contacts
 * (docs/protocol-cognigy-ai.md#conversations and #contact-profiles).
 */
export class CognigyConversation implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Conversation',
		name: 'cognigyConversation',
		icon: { light: 'file:cognigyConversation.svg', dark: 'file:cognigyConversation.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Read what was said with a Cognigy bot, and read or change what it knows of a contact. Returns the messages of a session in order of time, the conversations of a contact, the newest first, or the profile of a contact.',
		defaults: { name: 'Cognigy Conversation' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'cognigyAiApi', required: true }],
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { runOperation } = await import('./operations');
		return await runOperation(this);
	}
}
