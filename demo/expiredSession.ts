import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/v4';
import { nodeOutput, type N8nClient } from '../n8n-host';
import type { CrmAnswer } from './crmEvent';
import { explain } from './explain';
import { filledTemplate, type FillIns } from './templates';
import { step, type Block } from './terminal';

/** Short, so that a session expires while one looks on. */
export const sessionTtlMinutes = 0.1;

/** The name of the node that starts the reset, and of the one whose output tells what came of it. */
const startNode = 'Every 15 Minutes';
const auditNode = 'Audit';

const auditSchema = z.looseObject({
	sessionId: z.string(),
	result: z.literal('success'),
	verified: z.literal(true),
	latencyMs: z.number(),
	attempts: z.number(),
	/** Only v1 asks several times. */
	checks: z.number().optional(),
});

/** The line that the workflow leaves for a session that it has reset. */
export type ResetAudit = z.infer<typeof auditSchema>;

export async function waitUntilExpired({ body }: CrmAnswer, signal: AbortSignal): Promise<void> {
	await step(`Waiting until the session has expired (here after ${sessionTtlMinutes * 60} s)`, () =>
		sleep(Math.max(0, Date.parse(body.session.expiresAt) - Date.now()), undefined, { signal }),
	);
}

/** Runs the workflow once, as its schedule would. */
export async function resetExpiredSessions(
	client: N8nClient,
	file: string,
	fillIns: FillIns,
	sessionId: string,
): Promise<ResetAudit> {
	return await step(`Importing the workflow ${file} and running it once`, async () => {
		const workflow = await client.createWorkflow(filledTemplate(file, fillIns));
		const execution = await client.waitForExecution(await client.runWorkflow(workflow, startNode));
		const audits = nodeOutput(execution, auditNode);
		if (audits.length === 0) throw new Error(explain(execution));
		const audit = audits.find((line) => line.sessionId === sessionId);
		if (!audit) throw new Error(`Session ${sessionId} has expired, but other sessions were reset.`);
		return readAudit(audit);
	});
}

/** @throws when the session was not reset, with the reason that the workflow gives */
function readAudit(line: Record<string, unknown>): ResetAudit {
	const result = auditSchema.safeParse(line);
	if (result.success) return result.data;
	throw new Error(`The session was not reset: ${String(line.error || JSON.stringify(line))}`);
}

export function resetBlock(reset: ResetAudit): Block {
	return {
		title: 'The audit of the reset, once the session had expired',
		rows: Object.entries(reset).filter(([, value]) => value !== ''),
	};
}
