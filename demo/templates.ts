import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	parseWorkflow,
	projectFolder,
	type N8nClient,
	type StoredCredential,
	type StoredWorkflow,
	type WorkflowDefinition,
} from '../n8n-host';
import { step } from './terminal';

/** What a person fills in in a node of a template. */
export interface FillIn {
	readonly parameters?: Record<string, unknown>;
	readonly credentials?: readonly StoredCredential[];
	/** Deactivates the node. */
	readonly disabled?: boolean;
}

/** By the name of the node. */
export type FillIns = Readonly<Record<string, FillIn>>;

export interface WebhookWorkflow {
	readonly workflow: StoredWorkflow;
	/** Address of its webhook. */
	readonly webhook: string;
}

/** The path of a template, as people see it. */
export function templateFile(name: string): string {
	return join('workflows', name);
}

/** Reads a template and fills it in. */
export function filledTemplate(file: string, fillIns: FillIns): WorkflowDefinition {
	const template = parseWorkflow(JSON.parse(readFileSync(join(projectFolder, file), 'utf8')));
	const missing = Object.keys(fillIns).find((name) => !template.nodes.some((node) => node.name === name));
	if (missing !== undefined) throw new Error(`The template ${file} has no node "${missing}".`);
	const nodes = template.nodes.map((node) => {
		const { parameters = {}, credentials = [], disabled = false } = fillIns[node.name] ?? {};
		const chosen = Object.fromEntries(credentials.map(({ type, id, name }) => [type, { id, name }]));
		return { ...node, disabled, parameters: filledParameters(node.parameters, parameters), credentials: chosen };
	});
	return { ...template, nodes };
}

/** Options that are not filled in stay as they are. */
function filledParameters(ofTemplate: Parameters, filledIn: Parameters): Parameters {
	const { options } = filledIn;
	const all = { ...ofTemplate, ...filledIn };
	return isObject(options) && isObject(ofTemplate.options)
		? { ...all, options: { ...ofTemplate.options, ...options } }
		: all;
}

type Parameters = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}

/** Imports and publishes it: from now on its triggers start it. */
export async function publishTemplate(client: N8nClient, file: string, fillIns: FillIns): Promise<StoredWorkflow> {
	return await step(titleOf(file), () => publish(client, filledTemplate(file, fillIns)));
}

/** The same for a template that begins with n8n's Webhook. */
export async function publishWebhookTemplate(
	client: N8nClient,
	file: string,
	fillIns: FillIns,
): Promise<WebhookWorkflow> {
	return await step(
		titleOf(file),
		async () => {
			const definition = filledTemplate(file, fillIns);
			return { workflow: await publish(client, definition), webhook: webhookUrl(client.baseUrl, definition) };
		},
		({ webhook }) => webhook,
	);
}

function titleOf(file: string): string {
	return `Importing and publishing the workflow ${file}`;
}

async function publish(client: N8nClient, definition: WorkflowDefinition): Promise<StoredWorkflow> {
	return await client.activateWorkflow(await client.createWorkflow(definition));
}

/** The address that n8n serves the workflow's webhook at. */
function webhookUrl(n8nUrl: string, workflow: WorkflowDefinition): string {
	const webhook = workflow.nodes.find((node) => node.type === 'n8n-nodes-base.webhook');
	if (!webhook) throw new Error(`The workflow "${workflow.name}" has no webhook.`);
	return `${n8nUrl}/webhook/${String(webhook.parameters.path)}`;
}
