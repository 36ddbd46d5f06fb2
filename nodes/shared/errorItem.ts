import type { IDataObject, INode, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { CognigyError } from '../../client';
import { toNodeError } from './nodeError';

/**
 * What comes out for an item that failed, where n8n is to go on (docs/guarantees.md#failed-items).
 * @param properties of the node, to call a parameter by its label
 * @param error with its audit entry
 */
export function errorItem(
	node: INode,
	properties: INodeProperties[],
	error: CognigyError,
	index: number,
): INodeExecutionData {
	const nodeError = toNodeError(node, properties, error, index);
	const { category: errorCategory, audit } = error;
	const json = { error: nodeError.message, errorCategory, audit } as unknown as IDataObject;
	const item: INodeExecutionData = { json, pairedItem: { item: index } };
	if (node.onError === 'continueErrorOutput') {
		// n8n sends an item to the error output if it has an error of its own, but then cuts the json of items with
		// an error down to the message. It copies the item in between, and must not copy the error with it.
		Object.defineProperty(item, 'error', { value: nodeError, enumerable: false });
	}
	return item;
}
