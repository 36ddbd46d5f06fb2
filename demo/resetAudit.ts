import { z } from 'zod/v4';

const resetAuditSchema = z.looseObject({
	sessionId: z.string(),
	result: z.literal('success'),
	verified: z.literal(true),
	latencyMs: z.number(),
	attempts: z.number(),
	checks: z.number(),
});

/** The line that the second workflow leaves for a session that it has reset. */
export type ResetAudit = z.infer<typeof resetAuditSchema>;

/** @throws when the session was not reset, with the reason that the workflow gives */
export function readResetAudit(line: Record<string, unknown>): ResetAudit {
	const result = resetAuditSchema.safeParse(line);
	if (result.success) return result.data;
	throw new Error(`The session was not reset: ${String(line.error || JSON.stringify(line))}`);
}
