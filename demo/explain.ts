import { executionError, type EndedExecution } from '../n8n-host';

/** Why an execution did not do what it should, in the words of n8n. */
export function explain(execution: EndedExecution): string {
	const error = executionError(execution);
	const node = execution.data.resultData.lastNodeExecuted;
	return `In n8n, the node "${node ?? 'unknown'}" says: ${error?.message ?? 'nothing'}. ${error?.description ?? ''}`.trimEnd();
}
