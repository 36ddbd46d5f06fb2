import { createHash } from 'node:crypto';
import type { IDataObject, INodeExecutionData, ITriggerFunctions } from 'n8n-workflow';

import type { MessageBatch } from '../../client';
import type { ClientModule } from '../shared/loadClient';
import { emit, workflowSettings, type Told } from '../shared/n8nFeatures';
import { endOf, toldOfEnd } from './executionEnd';
import { executionsUnderWay } from './executionsUnderWay';

/** One item per message (docs/guarantees.md#outputs). */
export function itemsOf({ session, messages, audit }: MessageBatch): INodeExecutionData[] {
	return messages.map((message) => ({ json: { ...message, ...session, audit } as unknown as IDataObject }));
}

/** n8n's timer for executions ends them a little late. In ms. */
const TIMEOUT_MARGIN_MS = 10_000;

/** Triggers in whose workflows n8n refuses to tell of the end of an execution: those on its new engine (2.0). */
const cannotWait = new WeakSet<ITriggerFunctions>();

/**
 * Starts an execution for the messages and waits until it has ended, well or badly. A trigger that starts anew meanwhile waits
 * for the same one.
 * @throws when n8n could not create the execution
 */
export async function emitAndWait(
	context: ITriggerFunctions,
	batch: MessageBatch,
	client: ClientModule,
): Promise<void> {
	const key = deduplicationKey(context, batch);
	const underWay = executionsUnderWay(client);
	const emission = underWay.get(key) ?? emitNow(context, batch, key, client).finally(() => underWay.delete(key));
	underWay.set(key, emission);
	await emission;
}

async function emitNow(
	context: ITriggerFunctions,
	batch: MessageBatch,
	key: string,
	client: ClientModule,
): Promise<void> {
	const emitOnce = (told?: Told) => emit(context, itemsOf(batch), told, key);
	const emitWithoutWaiting = () => {
		emitOnce();
		cannotWait.add(context);
	};
	if (cannotWait.has(context) || isOnNewEngine(context)) return emitWithoutWaiting();
	const told = toldOfEnd(context);
	const end = endOf(told);
	// Where n8n refuses at once, nobody waits for it.
	end.catch(() => {});
	try {
		emitOnce(told);
	} catch {
		return emitWithoutWaiting();
	}
	await withinExecutionTimeout(context, end, client).catch((error: unknown) => {
		if (isRefusalToWait(error)) emitWithoutWaiting();
		else if (!wasBegun(error)) throw error;
	});
}

/** What the workflow was when it was published; its settings may be newer. */
function isOnNewEngine(context: ITriggerFunctions): boolean {
	return workflowSettings(context).engineType === 'v2';
}

/** Comes before anything has happened: "Engine 2.0 cannot run a trigger that waits for its execution to finish yet." */
function isRefusalToWait(error: unknown): boolean {
	return error instanceof Error && error.message.includes('waits for its execution');
}

/** An execution that somebody stopped, or that ended before n8n had looked for it, must not be started once more. */
function wasBegun(error: unknown): boolean {
	return error instanceof Error && /ExecutionCancelledError$|^ExecutionNotFoundError$/.test(error.constructor.name);
}

/** An execution that is over without n8n saying so must not hold back the session for ever. */
async function withinExecutionTimeout(
	context: ITriggerFunctions,
	done: Promise<unknown>,
	{ edition, pause }: ClientModule,
): Promise<void> {
	const { executionTimeout = 0 } = workflowSettings(context);
	if (executionTimeout <= 0) {
		await done;
		return;
	}
	const limitMs = executionTimeout * 1000 + TIMEOUT_MARGIN_MS;
	const over = new AbortController();
	try {
		await Promise.race([done, pause(edition.clock, limitMs, over.signal)]);
	} finally {
		over.abort();
	}
}

/** Stays the same over restarts. */
function deduplicationKey(context: ITriggerFunctions, { session, id }: MessageBatch): string {
	const name = [context.getWorkflow().id, context.getNode().id, session.sessionId, id];
	return `cognigy:${createHash('sha256').update(JSON.stringify(name)).digest('hex')}`;
}
