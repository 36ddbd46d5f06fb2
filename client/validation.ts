import { z } from 'zod/v4';

/** The first problem that zod found: where, and what. Never holds the value itself, which may be secret. */
export function firstIssue(error: z.ZodError): { path: string; problem: string } {
	const issue = error.issues[0];
	if (!issue) return { path: '', problem: 'is not valid' };
	const path = issue.path.reduce<string>(
		(text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
		'',
	);
	return { path, problem: issue.message };
}

/** Characters that neither a URL nor a log line should hold. */
// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

/** An id that goes into a path of the service: any text, also with spaces, slashes, quotes and letters of all languages. */
export const idSchema = z
	.string({ error: (issue) => (issue.input === undefined || issue.input === null ? 'is empty' : 'must be text') })
	.refine((id) => id.trim() !== '', 'is empty')
	.refine((id) => !CONTROL_CHARACTERS.test(id), 'must not contain line breaks or control characters')
	.refine((id) => id.isWellFormed(), 'contains a broken Unicode character')
	// URL parsers take "." and ".." for "this folder" and "the folder above", in every encoding.
	.refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."');

/** A JSON object, as opposed to an array, null or a plain value. */
export const jsonObjectSchema = z.custom<Record<string, unknown>>(isJsonObject, 'must be a JSON object');

export function isJsonObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function numberBetween(min: number, max: number) {
	const problem = `must be a number from ${min} to ${max}`;
	return z.number(problem).min(min, problem).max(max, problem);
}
