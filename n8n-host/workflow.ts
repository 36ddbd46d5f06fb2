import * as z from 'zod/v4';

const nodeSchema = z.looseObject({
	id: z.string(),
	name: z.string(),
	type: z.string(),
	typeVersion: z.number(),
	position: z.tuple([z.number(), z.number()]),
	parameters: z.record(z.string(), z.unknown()),
	credentials: z.record(z.string(), z.object({ id: z.string(), name: z.string() })).optional(),
});

const workflowSchema = z.looseObject({
	name: z.string(),
	nodes: z.array(nodeSchema),
	connections: z.record(z.string(), z.unknown()),
	settings: z.record(z.string(), z.unknown()).optional(),
});

export type WorkflowNode = z.infer<typeof nodeSchema>;

/** A workflow as n8n's editor exports it. */
export type WorkflowDefinition = z.infer<typeof workflowSchema>;

/** Checks that a value read from a file is a workflow. */
export function parseWorkflow(value: unknown): WorkflowDefinition {
	return workflowSchema.parse(value);
}
