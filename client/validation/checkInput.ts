import type { z } from 'zod/v4';

import { invalidInput } from '../errors';
import { checked } from './fields';

/**
 * Checks input before anything is sent (guarantee 9).
 * @throws {CognigyError} `invalidInput`, naming the parameter
 */
export function checkInput<T>(schema: z.ZodType<T>, input: unknown): T {
	const result = checked(schema, input);
	if ('value' in result) return result.value;
	const { path, problem } = result;
	throw invalidInput(path, problem, `Correct ${path}. Nothing was sent for this item.`);
}
