import * as z from 'zod/v4';
import { jsonObject, wording } from '../http/problems';
import { invalid, missing } from './refusal';

/** Anything that was sent as a body. `undefined`: nothing. */
export function parseBody(text: string): { json: unknown } | undefined {
	if (text === '') return undefined;
	try {
		return { json: JSON.parse(text) as unknown };
	} catch {
		return undefined;
	}
}

/** The body in the shape that an operation needs, or a 400 that names the field that is wrong. */
export function bodyAs<Schema extends z.ZodTypeAny>(schema: Schema, text: string): z.output<Schema> {
	const body = parseBody(text);
	if (!body) throw text === '' ? missing('Validation failed. Missing payload.') : invalid('The payload is not JSON.');
	const result = schema.safeParse(body.json, { error: wording });
	if (result.success) return result.data;
	for (const issue of result.error.issues) {
		if (issue.code === 'unrecognized_keys') throw invalid(`Field '${issue.keys.join("', '")}' is not allowed`);
	}
	const [issue] = result.error.issues;
	const field = issue?.path.join('.') || 'payload';
	throw issue && isMissing(issue.path, body.json)
		? missing(`Validation failed. Missing '${field}'.`)
		: invalid(`Validation failed. '${field}': ${issue?.message ?? 'invalid'}`);
}

/** Whether nothing is where something is to be. */
function isMissing(path: readonly PropertyKey[], json: unknown): boolean {
	let value = json;
	for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
	return value === undefined;
}

/** A text of a body; null when there is none of that name. */
export function stringField(json: unknown, name: string): string | null {
	const value: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
	return typeof value === 'string' ? value : null;
}

export const id = z.string().min(1);
/** Of a user or a session. */
export const personOrSession = id.max(256);
/** What is said. */
export const utterance = z.string().max(10_000);
export const anyObject = jsonObject;
