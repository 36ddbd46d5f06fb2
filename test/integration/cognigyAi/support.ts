import { inspect } from 'node:util';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { closeAllClients } from '../../../client';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../../sandbox/cognigyAi/seed';
import { runNode, type RunOptions, type RunOutcome } from '../engine';
import { closeTriggers, startTrigger, type RunningTrigger, type TriggerOptions } from '../triggerEngine';

export const authentication = 'cognigyAiApi';

/** Clients are shared by everything with the same credential; each sandbox of a test is to have its own. */
let clients = 0;

const open: CognigyAiSandbox[] = [];

/** A sandbox with little patience, for one test. */
export async function sandboxFor(options: CognigyAiSandboxOptions = {}): Promise<CognigyAiSandbox> {
	const sandbox = await startCognigyAiSandbox({ slowMs: 50, ...options });
	open.push(sandbox);
	return sandbox;
}

/** For `afterEach`. */
export async function closeSandboxes(): Promise<void> {
	await closeTriggers();
	closeAllClients();
	for (const sandbox of open.splice(0)) await sandbox.close();
}

/** Fields of a credential `cognigyAiApi`, with a client of its own. */
export function credentialFor(
	{ apiUrl, endpointUrl, apiKey, projectId }: CognigyAiSandbox,
	fields: IDataObject = {},
): RunOptions['credential'] {
	clients++;
	const requestsPer5Minutes = 1_000_000 + clients;
	return { apiBaseUrl: apiUrl, endpointBaseUrl: endpointUrl, apiKey, projectId, requestsPer5Minutes, ...fields };
}

/** Runs a node on Cognigy.AI. */
export async function run(
	type: string,
	credential: RunOptions['credential'],
	parameters: IDataObject,
	more: Partial<RunOptions> = {},
): Promise<RunOutcome> {
	return await runNode({ type, credential, parameters: { authentication, ...parameters }, ...more });
}

/** Runs Stream Messages on Cognigy.AI, for production. */
export async function stream(
	credential: RunOptions['credential'],
	parameters: IDataObject,
	more: Partial<TriggerOptions> = {},
): Promise<RunningTrigger> {
	return await startTrigger({ credential, parameters: { authentication, ...parameters }, ...more });
}

/** How the editor keeps what was picked in a resource locator. */
export function picked(mode: string, value: string): IDataObject {
	return { __rl: true, mode, value };
}

/** The only item, or its error. */
export function jsonOf({ output: [item], error }: RunOutcome): IDataObject {
	if (error) throw error;
	if (!item) throw new Error('There is no item');
	return item.json;
}

/** Everything that must never show (guarantee 6). */
export function secretsOf({ apiKeys, endpoints }: CognigyAiSandbox): string[] {
	return [...apiKeys.map(({ key }) => key), ...endpoints.map(({ urlToken }) => urlToken), DEMO_WEBHOOK_KEY];
}

/** Everything that shows of a run, whichever way it ended. */
export function shownBy({ output, errorOutput, error }: Pick<RunOutcome, 'output' | 'errorOutput' | 'error'>): string {
	const items = [...output, ...errorOutput];
	const errors = items.map(({ error: ofItem }: INodeExecutionData) => ofItem).filter((one) => one !== undefined);
	return [items, ...errors, error]
		.flatMap((value) => [inspect(value, { depth: 20, maxStringLength: null }), JSON.stringify(value) ?? ''])
		.concat(error ? [error.message, String(error.description), error.stack ?? ''] : [])
		.join('\n');
}
