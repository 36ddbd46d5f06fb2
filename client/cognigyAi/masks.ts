import { isJsonObject } from '../validation/fields';

/** What stands in the place of hidden characters: asterisks, or bullets of several kinds. */
const MASK = /[*∗＊]{3,}|[•●∙⬤]{2,}|^[•●∙⬤]$/u;

/** Whether a text is only shown in part: `abc****`, `••••wxyz`, `ab•••yz`. What is hidden must not be written back. */
export function isMasked(value: unknown): boolean {
	return typeof value === 'string' && MASK.test(value);
}

/** Whether nothing of a text is shown. */
export function isAllMasked(text: string): boolean {
	return /^\s*[*∗＊•●∙⬤][*∗＊•●∙⬤\s]*$/u.test(text);
}

/** Whether there is anything in it that is only shown in part. */
export function hasMasks(value: unknown): boolean {
	if (Array.isArray(value)) return value.some(hasMasks);
	return isJsonObject(value) ? Object.values(value).some(hasMasks) : isMasked(value);
}

/** Whether a text that may be shown in part can be this one. */
export function canBe(shown: string, text: string): boolean {
	if (!isMasked(shown)) return shown === text;
	const parts = shown.split(MASK);
	return text.startsWith(parts[0] ?? '') && text.endsWith(parts.at(-1) ?? '');
}

/** A copy in which everything that is only shown in part is the same. */
export function withoutMasked(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withoutMasked);
	if (!isJsonObject(value)) return isMasked(value) ? '***' : value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutMasked(inner)]));
}
