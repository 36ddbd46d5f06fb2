import * as z from 'zod/v4';
import { parseRunData, type NodeRunError, type OutputItem, type RunData } from './runData';

/** One line of n8n's list of executions. */
export const executionSummarySchema = z.looseObject({
	id: z.coerce.string(),
	workflowId: z.string().optional(),
	/** `new`, `running`, `waiting`, `success`, `error`, `canceled`, `crashed` or `unknown`. */
	status: z.string(),
	mode: z.string(),
	finished: z.boolean().optional(),
	startedAt: z.string().nullish(),
	stoppedAt: z.string().nullish(),
});

/** An execution with its run data; undefined while there is none. */
export const executionSchema = executionSummarySchema.extend({ data: z.unknown().transform(parseRunData) });

export type ExecutionSummary = z.infer<typeof executionSummarySchema>;
export type Execution = z.infer<typeof executionSchema>;

/** An execution that has ended, with its run data. */
export interface EndedExecution extends Execution {
	readonly data: RunData;
}

/** Whether an execution has ended and its data is there; n8n marks it as ended a moment before it writes the data. */
export function hasEnded(execution: Execution): execution is EndedExecution {
	const isOver = execution.finished === true || Boolean(execution.stoppedAt);
	return isOver && execution.data !== undefined;
}

/**
 * The items that a node put out in its last run.
 *
 * @param output which of the node's outputs; 0 is the first, the error output comes last
 */
export function nodeItems(execution: EndedExecution, node: string, output = 0): OutputItem[] {
	return execution.data.resultData.runData[node]?.at(-1)?.data?.main?.[output] ?? [];
}

/** The `json` of those items. */
export function nodeOutput(execution: EndedExecution, node: string, output = 0): Array<Record<string, unknown>> {
	return nodeItems(execution, node, output).map((item) => item.json);
}

/** The error that stopped a node, or without a name the whole execution. */
export function executionError(execution: EndedExecution, node?: string): NodeRunError | undefined {
	const { error, runData } = execution.data.resultData;
	return node === undefined ? error : runData[node]?.at(-1)?.error;
}
