import type { z } from 'zod/v4';
import { wording } from '../http/problems';

/** @param problem what to say when it is not what it should be; the reasons are added */
export function parseAs<Schema extends z.ZodTypeAny>(
	schema: Schema,
	request: unknown,
	problem: string,
): z.output<Schema> {
	const result = schema.safeParse(request, { error: wording });
	if (result.success) return result.data;
	const reasons = result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
	throw new InvalidFault(`${problem}: ${reasons.join('; ')}`);
}

export class InvalidFault extends Error {
	override readonly name = 'InvalidFault';
}
