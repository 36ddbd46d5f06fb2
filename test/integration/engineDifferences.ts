import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { TriggersAndPollers } from 'n8n-core/dist/execution-engine/triggers-and-pollers';
import { version } from 'n8n-core/package.json';
import type {
	INode,
	IWorkflowExecuteAdditionalData,
	ITriggerFunctions,
	ITriggerResponse,
	Workflow,
	WorkflowActivateMode,
} from 'n8n-workflow';

/*
 * What differs between the n8n engines that the tests run on, and between the n8n servers around them. Everything else in
 * the tests is the same for all.
 */

const [major = 0, minor = 0] = version.split('.').map(Number);

/** Whether this n8n 2.x is as new as that. */
function isFrom2(from: number): boolean {
	return major > 2 || (major === 2 && minor >= from);
}

/** What this engine, and the n8n server of its time, can do. */
export const engine = {
	version,
	/** `saveFailedExecution`. */
	savesFailedExecutions: isFrom2(7),
	/** The network policy that nodes can ask: SSRF protection. */
	hasNetworkPolicy: isFrom2(14),
	/** It is the engine's own; before, the server around it hands it in. */
	bringsNetworkPolicy: isFrom2(40),
	/** The fourth argument of `emit`. */
	knowsDeduplicationKeys: isFrom2(20),
};

/** The emission as the n8n server of this engine gets it: before 2.20 it takes no key. */
export function emitAsServer(emit: ITriggerFunctions['emit']): ITriggerFunctions['emit'] {
	return engine.knowsDeduplicationKeys ? emit : (data, response, done) => emit(data, response, done);
}

/**
 * What the n8n servers give to engines that have none of their own, where somebody has switched it on. Here it forbids this
 * machine only.
 */
export function networkPolicy(): object {
	if (!engine.hasNetworkPolicy || engine.bringsNetworkPolicy) return {};
	if (process.env['N8N_SSRF_PROTECTION_ENABLED'] !== 'true') return {};
	const forbidden = () => new Error('The address is blocked');
	const isForbidden = (address: string) => address.startsWith('127.') || address === '::1';
	const secureLookup: LookupFunction = (host, options, callback) => {
		lookup(host, { ...options, all: true }, (error, addresses) => {
			const bad = error ?? (addresses.some(({ address }) => isForbidden(address)) ? forbidden() : null);
			callback(bad, addresses);
		});
	};
	const validateUrl = async (url: string) => {
		const { hostname } = new URL(url);
		if (isIP(hostname)) return isForbidden(hostname) ? { ok: false, error: forbidden() } : { ok: true };
		return await new Promise((resolve) => {
			secureLookup(hostname, { all: true }, (error) => resolve(error ? { ok: false, error } : { ok: true }));
		});
	};
	return { ssrfBridge: { validateUrl, createSecureLookup: () => secureLookup } };
}

type RunTrigger = (
	workflow: Workflow,
	node: INode,
	context: () => ITriggerFunctions,
	additionalData: IWorkflowExecuteAdditionalData,
	mode: 'trigger',
	activation: WorkflowActivateMode,
) => Promise<ITriggerResponse>;

/** Starts a trigger as the n8n server does; n8n has had two names for it. */
export const runTrigger: RunTrigger = async (...args) => {
	const triggers = new TriggersAndPollers();
	const { runTriggerFunction, runTrigger: olderName } = triggers as Partial<
		Record<'runTriggerFunction' | 'runTrigger', RunTrigger>
	>;
	const run = runTriggerFunction ?? olderName;
	if (!run) throw new Error(`n8n-core ${version} starts triggers in a way that the tests do not know`);
	return await run.call(triggers, ...args);
};
