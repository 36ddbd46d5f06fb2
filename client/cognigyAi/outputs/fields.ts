import { isJsonObject } from '../../validation/fields';
import { addressOf } from './addresses';
import { plainText } from './html/plainText';

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

/** What flows write where a variable has no value. */
const NO_VALUE: ReadonlySet<string> = new Set(['undefined', 'null', '[object Object]', '[]', 'NaN']);

function hasNoValue(value: unknown): boolean {
	return NO_VALUE.has(textOf(value));
}

/** Text for a person, without HTML; empty when there is none. */
export function wordsOf(value: unknown): string {
	const text = textOf(value);
	return hasNoValue(text) ? '' : plainText(text).trim();
}

/** The first of several fields that says anything. */
export function firstWords(...values: unknown[]): string {
	for (const value of values) {
		const words = wordsOf(value);
		if (words !== '') return words;
	}
	return '';
}

/** The first of several fields that holds an address. */
export function firstAddress(...values: unknown[]): string {
	const given = values.filter((value) => !hasNoValue(value));
	return given.map(addressOf).find((address) => address !== '') ?? '';
}

/** The parts that are there, with something between them. */
export function join(parts: readonly string[], between: string): string {
	return parts.filter((part) => part !== '').join(between);
}

/** The parts that are there, each once. */
export function joinDistinct(parts: readonly string[], between: string): string {
	return join([...new Set(parts)], between);
}
