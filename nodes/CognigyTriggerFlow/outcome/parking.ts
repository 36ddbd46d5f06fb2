import type { IDataObject, IExecuteData, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

/** What a parked execution waits for; n8n keeps it with the execution. */
export interface Awaited {
	/** SHA-256 of the key in the URL that the flow has: who can read the execution cannot say what came of it. */
	keyHash: string;
	/** What the start put out. */
	json: IDataObject;
}

/** What an execution goes on with that has waited in vain. */
export interface InVain {
	json: IDataObject;
	/** How long it has waited. */
	hours: number;
}

/** A node that is to run, as n8n keeps it, and what we note there. */
type Entry = IExecuteData & { cognigyAwaited?: Awaited; cognigyInVain?: InVain };

/** What n8n's contexts hold but do not promise: which nodes run next. Where they lie is the same from 1.122 to 2.41. */
interface ContextInternals {
	runExecutionData?: { executionData?: { nodeExecutionStack?: Entry[] } } | null;
}

/** Whether this n8n lets a node be parked as we need it. */
export function canPark(context: IExecuteFunctions): boolean {
	return stackOf(context) !== undefined;
}

/**
 * Notes what the execution waits for. n8n takes a node up again in two ways, and runs it in neither: when its URL is called,
 * what `webhook` says is its output; when the time is up, what was its input is.
 * @param inVain what happens when the time is up: an item comes out, or the node runs again, and learns of it by `inVainOf`
 */
export function noteAwaited(
	context: IExecuteFunctions,
	awaited: Awaited,
	inVain: { output: IDataObject } | { again: InVain },
): void {
	const entry: Entry = context.getExecuteData();
	const { node, data, source } = entry;
	entry.cognigyAwaited = awaited;
	if ('output' in inVain) {
		entry.data = { main: [[{ json: inVain.output, pairedItem: { item: 0 } }]] };
		return;
	}
	// It puts out nothing by itself, and then the same node runs once more.
	const again: Entry = { node: { ...node, retryOnFail: false }, data, source, cognigyInVain: inVain.again };
	stackOf(context)?.unshift(again);
	entry.node = { ...node, alwaysOutputData: false };
	entry.data = { main: [[]] };
}

/** What the execution waits for in which the URL is called; undefined: for nothing. */
export function awaitedIn(context: IWebhookFunctions): Awaited | undefined {
	return stackOf(context)?.[0]?.cognigyAwaited;
}

/** The execution goes on, so it has not waited in vain. */
export function forgetInVain(context: IWebhookFunctions): void {
	const stack = stackOf(context);
	if (stack?.[1]?.cognigyInVain) stack.splice(1, 1);
}

/** Whether the node runs once more because it was waited in vain. */
export function inVainOf(context: IExecuteFunctions): InVain | undefined {
	const entry: Entry = context.getExecuteData();
	return entry.cognigyInVain;
}

function stackOf(context: object): Entry[] | undefined {
	const { runExecutionData } = context as ContextInternals;
	return runExecutionData?.executionData?.nodeExecutionStack;
}
