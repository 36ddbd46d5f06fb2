import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseWorkflow, projectFolder, type StoredCredential, type WorkflowDefinition } from '../n8n-host';

export const orderTemplate = join('workflows', 'crm-webhook-trigger-flow.json');
export const messageTemplate = join('workflows', 'bot-messages.json');
export const resetTemplate = join('workflows', 'scheduled-session-reset.json');

/** The name of the node whose output tells what a bot has said. */
export const botMessage = 'Message';

/** The name of the node that starts the reset, and of the one whose output tells what came of it. */
export const resetStart = 'Every 15 Minutes';
export const resetAudit = 'Audit';

/**
 * An order event of the CRM starts a flow.
 *
 * @param sessionTtlMinutes how long its session lives, as far as the nodes know
 */
export function orderWorkflow(credential: StoredCredential, sessionTtlMinutes: number): WorkflowDefinition {
	const template = withCredential(readTemplate(orderTemplate), credential);
	const nodes = template.nodes.map((node) =>
		node.type === 'n8n-nodes-cognigy.cognigyTriggerFlow'
			? { ...node, parameters: { ...node.parameters, options: { sessionTtlMinutes } } }
			: node,
	);
	return { ...template, nodes };
}

/** What a bot says starts this one. */
export function messageWorkflow(credential: StoredCredential): WorkflowDefinition {
	return withCredential(readTemplate(messageTemplate), credential);
}

/** A schedule resets the sessions that have expired. */
export function resetWorkflow(credential: StoredCredential): WorkflowDefinition {
	return withCredential(readTemplate(resetTemplate), credential);
}

/** The address that n8n serves the workflow's webhook at. */
export function webhookUrl(n8nUrl: string, workflow: WorkflowDefinition): string {
	const webhook = workflow.nodes.find((node) => node.type === 'n8n-nodes-base.webhook');
	if (!webhook) throw new Error(`The workflow "${workflow.name}" has no webhook.`);
	return `${n8nUrl}/webhook/${String(webhook.parameters.path)}`;
}

function readTemplate(file: string): WorkflowDefinition {
	return parseWorkflow(JSON.parse(readFileSync(join(projectFolder, file), 'utf8')));
}

/** The workflow with the credential chosen in every node that asks for one of its type. */
function withCredential(workflow: WorkflowDefinition, { id, name, type }: StoredCredential): WorkflowDefinition {
	const nodes = workflow.nodes.map((node) =>
		node.parameters.authentication === type ? { ...node, credentials: { [type]: { id, name } } } : node,
	);
	return { ...workflow, nodes };
}
