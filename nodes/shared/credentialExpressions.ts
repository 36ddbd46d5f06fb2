import type { IExecuteFunctions, IWorkflowExecuteAdditionalData, WorkflowExecuteMode } from 'n8n-workflow';

/** What n8n's contexts hold but do not promise: enough to see a credential as it is stored, with its expressions. */
interface ContextInternals {
	additionalData?: Pick<IWorkflowExecuteAdditionalData, 'credentialsHelper'>;
	executeData?: unknown;
}

/** Names in expressions that mean the same for every item of an execution. */
const SAME_FOR_ALL_ITEMS = new Set(['$vars', '$secrets', '$env', '$workflow', '$execution']);

/**
 * Whether the credential may differ from item to item: it holds an expression that looks at more than variables and
 * secrets. Says yes when it cannot tell; reading a credential too often is slow, but never wrong.
 */
export async function dependsOnItem(context: IExecuteFunctions, type: string): Promise<boolean> {
	const { additionalData, executeData } = context as unknown as ContextInternals;
	const details = context.getNode().credentials?.[type];
	const isReadable = typeof additionalData?.credentialsHelper?.getDecrypted === 'function';
	if (!details || !isReadable) return true;
	const stored = await additionalData.credentialsHelper.getDecrypted(
		additionalData as IWorkflowExecuteAdditionalData,
		details,
		type,
		context.getMode() as WorkflowExecuteMode,
		executeData as Parameters<typeof additionalData.credentialsHelper.getDecrypted>[4],
		true,
	);
	return Object.values(stored).some((value) => typeof value === 'string' && isItemExpression(value));
}

function isItemExpression(value: string): boolean {
	if (!value.startsWith('=')) return false;
	const names = value.match(/\$\w*/g) ?? [];
	return !names.every((name) => SAME_FOR_ALL_ITEMS.has(name));
}
