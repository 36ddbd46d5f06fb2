import * as z from 'zod/v4';

import { isJsonObject } from './fields';

/** What came out of `jsonObjectOf`: it is JSON already, and need not be written and read once more. */
const known = new WeakSet<object>();

/** Why something cannot be written as JSON; continues the name of the parameter. */
class NotJson extends Error {}

/**
 * Somebody's value as the JSON object that is sent for it: what is checked, sent and recorded is then the same. What it is
 * as JSON counts: dates, ids of databases and the like may look like objects, but are written as text.
 * @returns what is wrong with it, to continue the name of the parameter, when that is no object
 */
export function jsonObjectOf(value: unknown): { object: Record<string, unknown> } | { problem: string } {
	if (isJsonObject(value) && known.has(value)) return { object: value };
	let json: unknown;
	try {
		// Nothing, a function and the like have no JSON.
		// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- undefined for functions and the like
		json = JSON.parse(JSON.stringify(value, refuseWhatWouldBeLost) ?? 'null');
	} catch (error) {
		return { problem: problemOf(error) };
	}
	if (!isJsonObject(json)) return { problem: `must be a JSON object, and is ${kindOf(value, json)}` };
	known.add(json);
	return { object: json };
}

/** A JSON object of somebody's input, as `jsonObjectOf` makes it. */
export const inputObjectSchema = z.unknown().transform((value, context): Record<string, unknown> => {
	const made = jsonObjectOf(value);
	if ('object' in made) return made.object;
	context.addIssue({ code: 'custom', message: made.problem });
	return z.NEVER;
});

/** `JSON.stringify` would write `{}` for these, or give up without a word that helps. */
function refuseWhatWouldBeLost(_key: string, value: unknown): unknown {
	if (typeof value === 'bigint') throw new NotJson('holds a BigInt, which is no JSON: write it as text');
	if (typeof value === 'object' && value !== null && !isPlain(value) && Object.keys(value).length === 0) {
		throw new NotJson(`holds a ${nameOf(value)}, of which JSON keeps nothing: make a list or an object of it`);
	}
	return value;
}

/** Whether it is a list, a plain value in an object, or an object without a class, also one of another context of Node. */
function isPlain(value: object): boolean {
	if (Array.isArray(value) || isBoxedPrimitive(value)) return true;
	const prototype: unknown = Object.getPrototypeOf(value);
	return typeof prototype !== 'object' || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** `new Number(1)` and the like, of which JSON keeps the value. */
function isBoxedPrimitive(value: object): boolean {
	return /^\[object (Number|String|Boolean)\]$/.test(Object.prototype.toString.call(value));
}

function nameOf(value: object): string {
	// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- an object may have none
	return String(value.constructor?.name || 'thing');
}

function problemOf(error: unknown): string {
	if (error instanceof NotJson) return error.message;
	const reason = error instanceof Error ? error.message : '';
	if (/circular/i.test(reason)) return 'refers to itself, so it cannot be written as JSON';
	if (error instanceof RangeError) return 'is nested too deeply';
	return 'cannot be written as JSON';
}

/** What it is instead of an object, in words for whoever wrote the expression. */
function kindOf(value: unknown, json: unknown): string {
	if (value === undefined || value === null) return 'missing';
	const kind = Array.isArray(json)
		? 'a list'
		: json === null
			? 'nothing'
			: typeof json === 'string'
				? 'text'
				: typeof json === 'number'
					? 'a number'
					: 'true or false';
	return typeof value === 'object' && !Array.isArray(value) ? `a ${nameOf(value)}, which is ${kind} as JSON` : kind;
}
