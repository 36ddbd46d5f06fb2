import * as z from 'zod/v4';

const errorSchema = z.looseObject({ message: z.string(), description: z.string().nullish() });
const itemSchema = z.looseObject({ json: z.record(z.string(), z.unknown()) });
const nodeRunSchema = z.looseObject({
	executionTime: z.number().optional(),
	error: errorSchema.optional(),
	data: z.looseObject({ main: z.array(z.array(itemSchema).nullable()).optional() }).optional(),
});

/** What n8n keeps of an execution: for each node its runs, each with the items of each output. */
const runDataSchema = z.looseObject({
	resultData: z.looseObject({
		error: errorSchema.optional(),
		lastNodeExecuted: z.string().optional(),
		runData: z.record(z.string(), z.array(nodeRunSchema)),
	}),
});

export type RunData = z.infer<typeof runDataSchema>;
export type NodeRunError = z.infer<typeof errorSchema>;
export type OutputItem = z.infer<typeof itemSchema>;

/**
 * Reads the run data of an execution, which n8n sends as text, or in some versions as an object.
 *
 * @returns undefined while n8n has not written it yet
 */
export function parseRunData(data: unknown): RunData | undefined {
	const runData = typeof data === 'string' ? unflatten(data) : data;
	const isThere = z.looseObject({ resultData: z.unknown().refine((value) => value !== undefined) }).safeParse(runData);
	return isThere.success ? runDataSchema.parse(runData) : undefined;
}

/**
 * Reads the format of the npm package "flatted": an array of values in which every string inside an object or array is
 * the index of the value that belongs there. The first value is the whole.
 */
function unflatten(text: string): unknown {
	const values = z.array(z.unknown()).parse(JSON.parse(text));
	const built = new Map<number, unknown>();

	const valueAt = (index: number): unknown => {
		const flat = values[index];
		if (flat === null || typeof flat !== 'object') return flat;
		if (built.has(index)) return built.get(index);
		if (Array.isArray(flat)) {
			const list: unknown[] = [];
			built.set(index, list); // before its content, which may point back to it
			for (const value of flat) list.push(resolve(value));
			return list;
		}
		const object: Record<string, unknown> = {};
		built.set(index, object);
		for (const [key, value] of Object.entries(flat)) object[key] = resolve(value);
		return object;
	};
	const resolve = (value: unknown) => (typeof value === 'string' ? valueAt(Number(value)) : value);

	return valueAt(0);
}
