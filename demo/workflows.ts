import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseWorkflow, projectFolder, type StoredCredential, type WorkflowDefinition } from '../n8n-host';

export const templateFile = join('workflows', 'crm-webhook-trigger-flow.json');

/** The template, with the credential chosen in every node that asks for one of its type. */
export function orderWorkflow(credential: StoredCredential): WorkflowDefinition {
	const template = parseWorkflow(JSON.parse(readFileSync(join(projectFolder, templateFile), 'utf8')));
	const { id, name, type } = credential;
	const nodes = template.nodes.map((node) =>
		node.parameters.authentication === type ? { ...node, credentials: { [type]: { id, name } } } : node,
	);
	return { ...template, nodes };
}

/** The address that n8n serves the template's webhook at. */
export function webhookUrl(n8nUrl: string, workflow: WorkflowDefinition): string {
	const webhook = workflow.nodes.find((node) => node.type === 'n8n-nodes-base.webhook');
	if (!webhook) throw new Error(`${templateFile} has no webhook.`);
	return `${n8nUrl}/webhook/${String(webhook.parameters.path)}`;
}
