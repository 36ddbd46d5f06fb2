import type { IExecuteResponsePromiseData, IRun, ITriggerFunctions } from 'n8n-workflow';

import { knowsDeduplicationKeys, type Told } from '../shared/n8nFeatures';

/** What n8n in queue mode tells whoever has called a workflow that failed. */
const FAILED = 'Workflow execution failed';

/**
 * Those whom n8n tells of the end of an execution. In queue mode it may miss that of a job that was over before n8n began to wait
 * for it (docs/decisions.md#ends-that-n8n-misses); what the worker says to whoever has called the workflow comes all the same.
 */
export function toldOfEnd(context: ITriggerFunctions): Told {
	const { createDeferredPromise } = context.helpers;
	const done = createDeferredPromise<IRun>();
	// n8n 2.0 and before cancels executions that are to respond when it is stopped; 2.20, the first with these keys, does not.
	if (!knowsDeduplicationKeys(context)) return { done };
	return { done, response: createDeferredPromise<IExecuteResponsePromiseData>() };
}

/** Settles as `done` does, and resolves when n8n says in another way that the execution is over. */
export function endOf({ done, response }: Told): Promise<unknown> {
	if (!response) return done.promise;
	return new Promise((resolve, reject) => {
		done.promise.then(resolve, reject);
		response.promise.then(
			(answer) => saysOver(answer) && resolve(undefined),
			// The same is said to `done`.
			() => {},
		);
	});
}

/** Not the response of a node in the workflow, after which it may go on. */
function saysOver(answer: IExecuteResponsePromiseData | undefined): boolean {
	if (!answer) return false;
	const { body, statusCode } = answer as { body?: { message?: unknown } | null; statusCode?: unknown };
	return Object.keys(answer).length === 0 || (statusCode === 500 && body?.message === FAILED);
}
