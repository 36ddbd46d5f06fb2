import type { IExecuteFunctions, Logger, LogMetadata } from 'n8n-workflow';

import type { AuditEntry } from '../../client';

/** Writes an audit entry to n8n's log, as one structured line, with what it belongs to. */
export function logAudit(logger: Logger, entry: AuditEntry, origin: LogMetadata): void {
	// n8n's text log shows the message only, so the entry must be in it.
	logger.info(`Cognigy audit ${JSON.stringify(entry)}`, origin);
}

/** Writes the audit entries of an execution. */
export function auditLog(context: IExecuteFunctions): (entry: AuditEntry) => void {
	const origin = {
		executionId: context.getExecutionId(),
		workflowId: context.getWorkflow().id,
		nodeName: context.getNode().name,
	};
	return (entry) => logAudit(context.logger, entry, origin);
}
