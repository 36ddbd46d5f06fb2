import type { IExecuteFunctions } from 'n8n-workflow';

import type { AuditEntry } from '../../client';

/** Writes audit entries to n8n's log, one structured line each, with the execution that they belong to. */
export function auditLog(context: IExecuteFunctions): (entry: AuditEntry) => void {
	const origin = {
		executionId: context.getExecutionId(),
		workflowId: context.getWorkflow().id,
		nodeName: context.getNode().name,
	};
	// n8n's text log shows the message only, so the entry must be in it.
	return (entry) => context.logger.info(`Cognigy audit ${JSON.stringify(entry)}`, origin);
}
