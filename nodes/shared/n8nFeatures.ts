import type {
	ExecutionError,
	INodeExecutionData,
	ITriggerFunctions,
	IWorkflowSettings,
	Logger,
	LogMetadata,
	NodeApiError,
} from 'n8n-workflow';
import { LoggerProxy } from 'n8n-workflow';

import type { EgressPolicy } from '../../client';
import type { ClientModule } from './loadClient';

/**
 * What the nodes use of n8n beyond the oldest version that we name. The only place that knows of it: everything else
 * compiles against that version too (`tsconfig.oldest.json`).
 */
export interface N8nFeature {
	/** n8n's own name for it. */
	api: string;
	/** First n8n 1.x and 2.x that have it. */
	since: { v1?: string; v2: string };
	/** What it is, in words for whoever runs the n8n. */
	what: string;
	/** What is weaker without it. */
	without: string;
}

export const n8nFeatures = {
	workflowSettings: {
		api: 'getWorkflowSettings()',
		since: { v1: '1.123.21', v2: '2.5' },
		what: 'the settings of a workflow, for its nodes',
		without:
			'the time limit of a workflow does not free a session whose execution is over without n8n saying so; it waits until the workflow is published again',
	},
	failedExecutions: {
		api: 'saveFailedExecution()',
		since: { v2: '2.7' },
		what: 'failed executions that a trigger reports',
		without: 'an outage of more than 5 minutes shows in the log only, and no error workflow runs',
	},
	egressFilter: {
		api: 'getSecureEgressFilter(), before 2.28 "ssrfBridge"',
		since: { v2: '2.14' },
		what: 'a network policy (SSRF protection) that nodes can ask',
		without: 'N8N_SSRF_PROTECTION_ENABLED does not apply to requests to Cognigy',
	},
	deduplicationKeys: {
		api: 'the fourth argument of emit()',
		since: { v2: '2.20' },
		what: 'deduplication keys of executions',
		without:
			'messages whose execution began just before n8n was killed may start the workflow once more, those that n8n was given just before it was stopped may start nothing, and in queue mode a session for which n8n misses the end of an execution waits until the workflow is published again',
	},
	failureCauses: {
		api: 'the option "failure" of NodeApiError',
		since: { v2: '2.37' },
		what: 'causes of failed nodes',
		without: 'n8n does not know whether a failed node is worth another try',
	},
} as const satisfies Record<string, N8nFeature>;

/** `engineType` says whether the workflow runs on n8n's new engine. */
export type NewerWorkflowSettings = IWorkflowSettings & { engineType?: unknown };

/** What a trigger may find in its context. */
export interface NewerTriggerFunctions {
	getWorkflowSettings(): IWorkflowSettings;
	saveFailedExecution(error: ExecutionError): void;
	emit(data: INodeExecutionData[][], response?: ResponsePromise, done?: DonePromise, deduplicationKey?: string): void;
}

/** Told of the end of an execution. */
export type DonePromise = NonNullable<Parameters<ITriggerFunctions['emit']>[2]>;

/** Told of the response of an execution to whoever has called the workflow; where it gives none, of its end. */
export type ResponsePromise = NonNullable<Parameters<ITriggerFunctions['emit']>[1]>;

/** Those whom n8n tells of the end of an execution. */
export interface Told {
	done: DonePromise;
	response?: ResponsePromise | undefined;
}

/** n8n's network policy, as far as we ask it. */
export interface N8nEgressFilter {
	validateUrl(url: string): Promise<{ ok: true } | { ok: false; error: Error }>;
	createSecureLookup(): NonNullable<EgressPolicy['lookup']>;
}

/** Why a node failed. */
export type Failure =
	{ cause: 'rate-limited' | 'temporarily-unavailable'; retryAfterMs?: number } | { cause: 'credential-invalid' };

export type ErrorOptions = NonNullable<ConstructorParameters<typeof NodeApiError>[2]>;

/** The context of any node, also of a trigger or of a list in the editor. */
export interface AnyContext {
	helpers: object;
}

/** Settings of the workflow as it was published; none where this n8n does not tell. */
export function workflowSettings(context: ITriggerFunctions): NewerWorkflowSettings {
	return newer(context).getWorkflowSettings?.() ?? settingsWithin(context) ?? {};
}

/**
 * Starts an execution.
 * @param deduplicationKey n8n runs nothing twice that has the same one, where it knows them
 */
export function emit(
	context: ITriggerFunctions,
	items: INodeExecutionData[],
	told: Told | undefined,
	deduplicationKey: string,
): void {
	const known: Pick<NewerTriggerFunctions, 'emit'> = context;
	known.emit([items], told?.response, told?.done, deduplicationKey);
}

/** Leaves a failed execution and runs the error workflow; undefined where this n8n cannot. */
export function failedExecutionReport(
	context: ITriggerFunctions,
): NewerTriggerFunctions['saveFailedExecution'] | undefined {
	const known = newer(context);
	return known.saveFailedExecution && ((error) => known.saveFailedExecution?.(error));
}

/** n8n's network policy; undefined where there is none to ask. */
export function egressFilter(context: AnyContext, host: ClientModule['edition']['host']): N8nEgressFilter | undefined {
	const helpers: { getSecureEgressFilter?(): N8nEgressFilter } = context.helpers;
	if (helpers.getSecureEgressFilter) return helpers.getSecureEgressFilter();
	// Promised to nobody, but it is what n8n 2.14 to 2.27 ask before their own requests.
	const { additionalData } = context as { additionalData?: { ssrfBridge?: N8nEgressFilter } };
	if (additionalData?.ssrfBridge) return additionalData.ssrfBridge;
	// Only who has asked for a policy misses it.
	if (host.wantsEgressPolicy()) say('egressFilter', LoggerProxy);
	return undefined;
}

/** Says why a node failed, where n8n wants to know. */
export function withFailure(options: ErrorOptions, failure: Failure | undefined): ErrorOptions {
	return { ...options, ...(failure && { failure }) };
}

/** Says in n8n's log, once in this process, what a trigger would use and this n8n lacks. */
export function sayWhatTriggersLack(context: ITriggerFunctions, origin: LogMetadata): void {
	const { getWorkflowSettings, saveFailedExecution } = newer(context);
	if (!getWorkflowSettings && !settingsWithin(context)) say('workflowSettings', context.logger, origin);
	if (!saveFailedExecution) say('failedExecutions', context.logger, origin);
	if (!knowsDeduplicationKeys(context)) say('deduplicationKeys', context.logger, origin);
}

/** Whether n8n runs nothing twice that is started with the same key. */
export function knowsDeduplicationKeys({ emit: { length } }: ITriggerFunctions): boolean {
	// Nothing else tells: before, n8n took three arguments.
	return length !== 3;
}

const said = new Set<string>();

function say(name: keyof typeof n8nFeatures, logger: Pick<Logger, 'warn'>, origin?: LogMetadata): void {
	if (said.has(name)) return;
	said.add(name);
	const { what, without, since }: N8nFeature = n8nFeatures[name];
	const versions = [since.v1 && `${since.v1} in 1.x`, since.v2].filter(Boolean).join(', ');
	logger.warn(
		`Cognigy: this n8n lacks ${what} (there from n8n ${versions} on), so ${without}. All else works.`,
		origin,
	);
}

/** Promised to nobody, but it is where the versions before keep them. */
function settingsWithin(context: object): NewerWorkflowSettings | undefined {
	return (context as { workflow?: { settings?: NewerWorkflowSettings } }).workflow?.settings;
}

function newer(context: ITriggerFunctions): Partial<NewerTriggerFunctions> {
	return context;
}
