import { isJsonObject } from '../../validation';

/** Fields of what a flow put out: nobody promises their shape, so whatever is not as expected counts as missing. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
	return isJsonObject(value) ? value : {};
}

/** The objects of a list. */
export function objectsOf(value: unknown): Fields[] {
	return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Text without space around it; empty when there is none. */
export function textOf(value: unknown): string {
	return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** The parts that are there, with something between them. */
export function join(parts: readonly string[], between: string): string {
	return parts.filter((part) => part !== '').join(between);
}
