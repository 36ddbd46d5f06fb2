import * as z from 'zod/v4';

import { invalidInput } from '../errors';
import { asFlag, asNumber, asText, textProblem } from './looseValues';

/** Where something is not as it should be, and why: to continue the name of the field. Never holds the value itself. */
export interface Problem {
	path: string;
	problem: string;
}

/** The one way to check what comes from outside: what a schema has no words of its own for is said in ours, not zod's. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): { value: T } | Problem {
	const result = schema.safeParse(value, { error: inPlainWords });
	return result.success ? { value: result.data } : firstIssue(result.error);
}

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

/** The first problem that zod found. */
function firstIssue(error: z.ZodError): Problem {
	const issue = error.issues[0];
	if (!issue) return { path: '', problem: 'is not valid' };
	const path = issue.path.reduce<string>(
		(text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
		'',
	);
	return { path, problem: issue.message };
}

const MUST_BE: Readonly<Record<string, string>> = {
	string: 'must be text',
	number: 'must be a number',
	int: 'must be a whole number',
	boolean: 'must be true or false',
	array: 'must be a list',
	tuple: 'must be a list',
	object: 'must be an object',
	record: 'must be an object',
};

function inPlainWords(issue: z.core.$ZodRawIssue): string {
	if (issue.input === undefined) return 'is missing';
	switch (issue.code) {
		case 'invalid_type':
			return MUST_BE[issue.expected] ?? 'is not of the right kind';
		case 'too_small':
			return issue.origin === 'string' || issue.origin === 'array' ? 'is too short' : 'is too small';
		case 'too_big':
			return issue.origin === 'string' || issue.origin === 'array' ? 'is too long' : 'is too large';
		case 'unrecognized_keys':
			return 'has a field that is not known';
		case 'invalid_format':
			return 'is not written as it should be';
		default:
			return 'is not valid';
	}
}

/** Text, for `looseText`. */
export const textSchema = z.string({ error: ({ input }) => textProblem(input) });

/** Text that must be there, for `looseText`. */
export const requiredText = z.string({
	error: ({ input }) => (input === undefined || input === null ? 'is missing' : textProblem(input)),
});

/** Text, also where it came as a number. */
export const looseText = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(asText, schema);

/** A number, also where text says it. */
export const looseNumber = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(asNumber, schema);

/** Yes or no, also where text says it; nothing is no. */
export const looseFlag = z.preprocess(asFlag, z.boolean('must be true or false').default(false));

/** Characters that neither a URL nor a log line should hold. */
// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

/** Longer than any id of a service; errors, logs and URLs hold ids whole. In characters. */
const MAX_ID_LENGTH = 1_000;

const idText = z.string({
	error: ({ input }) => (input === undefined || input === null ? 'is empty' : textProblem(input)),
});

/**
 * An id that goes into a path of the service: any text, also with spaces, slashes, quotes and letters of all languages.
 * @param maxLength in characters
 */
export const idUpTo = (maxLength: number) => idText.superRefine(reportIdProblem(maxLength));

/** The same where there need not be one. */
export const idOrEmptyUpTo = (maxLength: number) =>
	idText.superRefine((id, context) => {
		if (id !== '') reportIdProblem(maxLength)(id, context);
	});

export const idSchema = idUpTo(MAX_ID_LENGTH);
export const idOrEmptySchema = idOrEmptyUpTo(MAX_ID_LENGTH);

/** For the `refine` of a text. An emoji is one character, as people count, although it takes two places in a string. */
export function noLongerThan(max: number): [check: (text: string) => boolean, problem: string] {
	return [
		(text) => text.length <= max || (text.length <= 2 * max && [...text].length <= max),
		`must not be longer than ${max.toLocaleString('en')} characters`,
	];
}

function reportIdProblem(maxLength: number) {
	return (id: string, context: z.RefinementCtx): void => {
		const message = idProblem(id, maxLength);
		if (message) context.addIssue({ code: 'custom', message });
	};
}

function idProblem(id: string, maxLength: number): string | undefined {
	if (id.trim() === '') return 'is empty';
	const [isShort, tooLong] = noLongerThan(maxLength);
	if (!isShort(id)) return tooLong;
	if (CONTROL_CHARACTERS.test(id)) return 'must not contain line breaks or control characters';
	if (!id.isWellFormed()) return 'contains a broken Unicode character';
	// URL parsers take "." and ".." for "this folder" and "the folder above", in every encoding.
	return id === '.' || id === '..' ? 'must not be "." or ".."' : undefined;
}

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
