import type { z } from 'zod/v4';

import { invalidInput } from './errors';
import { firstIssue } from './validation';

/**
 * Checks input before anything is sent (guarantee 9).
 * @throws {CognigyError} `invalidInput`, naming the parameter
 */
export function checkInput<T>(schema: z.ZodType<T>, input: unknown): T {
	const result = schema.safeParse(input);
	if (result.success) return result.data;
	const { path, problem } = firstIssue(result.error);
	throw invalidInput(path, problem, `Correct ${path}. Nothing was sent for this item.`);
}
