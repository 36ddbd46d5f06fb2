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

/** Longer than any id of a service; errors, logs and URLs hold ids whole. In characters. */
const MAX_ID_LENGTH = 1_000;

/**
 * An id that goes into a path of the service: any text, also with spaces, slashes, quotes and letters of all languages.
 * @param maxLength in characters
 */
export function idUpTo(maxLength: number) {
	return (
		z
			.string({ error: (issue) => (issue.input === undefined || issue.input === null ? 'is empty' : 'must be text') })
			.refine((id) => id.trim() !== '', 'is empty')
			.refine(...noLongerThan(maxLength))
			.refine((id) => !CONTROL_CHARACTERS.test(id), 'must not contain line breaks or control characters')
			.refine((id) => id.isWellFormed(), 'contains a broken Unicode character')
			// URL parsers take "." and ".." for "this folder" and "the folder above", in every encoding.
			.refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
	);
}

/** For the `refine` of a text. An emoji is one character, as people count, although it takes two places in a string. */
export function noLongerThan(max: number): [check: (text: string) => boolean, problem: string] {
	return [
		(text) => text.length <= max || (text.length <= 2 * max && [...text].length <= max),
		`must not be longer than ${max.toLocaleString('en')} characters`,
	];
}

export const idSchema = idUpTo(MAX_ID_LENGTH);

/** A JSON object, as opposed to an array, null or a plain value. */
export const jsonObjectSchema = z.custom<Record<string, unknown>>(isJsonObject, 'must be a JSON object');

export function isJsonObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deeper than any flow nests; what goes on for ever was made to overflow the stack of whoever writes it down. */
const MAX_NESTING = 200;

/** Whether lists and objects are nested in it so deeply that it is not safe to handle. */
export function isTooDeep(value: unknown): boolean {
	let level = [value];
	for (let depth = 0; depth <= MAX_NESTING && level.length > 0; depth++) level = level.flatMap(containersIn);
	return level.length > 0;
}

function containersIn(value: unknown): unknown[] {
	if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
	return Object.values(value).filter((inner) => typeof inner === 'object' && inner !== null);
}

export function numberBetween(min: number, max: number) {
	const problem = `must be a number from ${min} to ${max}`;
	return z.number(problem).min(min, problem).max(max, problem);
}
