import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { AuditEntry } from '../../../client';
import { auditLog } from '../../shared/auditLog';
import { errorItem } from '../../shared/errorItem';
import { loadClient } from '../../shared/loadClient';
import { toNodeError } from '../../shared/nodeError';
import type { InVain } from './parking';

/**
 * The end of a start whose outcome did not come in time, as "On Error" says.
 * @throws {NodeApiError} of the category `timeout`
 */
export async function endedInVain(
	context: IExecuteFunctions,
	properties: INodeProperties[],
	{ json, hours }: InVain,
): Promise<INodeExecutionData[][]> {
	const { CognigyError, edition } = await loadClient();
	const started = json['audit'] as unknown as AuditEntry;
	const audit: AuditEntry = {
		...started,
		status: 'error',
		errorCategory: 'timeout',
		latencyMs: edition.clock.wallTime() - Date.parse(started.timestamp),
	};
	const error = new CognigyError(
		{
			category: 'timeout',
			message: `No outcome of session "${audit.sessionId ?? ''}" came within ${hours} ${hours === 1 ? 'hour' : 'hours'}. The flow was started and has not posted one, or n8n did not take it`,
			advice:
				'Look in Cognigy how the conversation went, and whether its HTTP Request node ran. Raise Outcome Wait Limit, or set If No Outcome Comes to "Output the Result" if that is to be expected.',
		},
		audit,
	);
	auditLog(context)(audit);
	const node = context.getNode();
	if (context.continueOnFail()) return [[errorItem(node, properties, error, 0)]];
	throw toNodeError(node, properties, error, 0);
}
