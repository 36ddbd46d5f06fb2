/**
 * Values as expressions, variables, external secrets and overwritten credentials give them: numbers and switches as text,
 * ids as numbers. What cannot be read for sure stays as it is, for a check to refuse it.
 */

/** As `Number` reads it, but neither blank text nor other notations than that of people. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number, also where text says it. */
export function asNumber(value: unknown): unknown {
	if (typeof value === 'bigint') return Number(value);
	if (typeof value !== 'string') return value;
	const text = value.trim();
	return DECIMAL.test(text) ? Number(text) : value;
}

/** True or false, also where text says it; undefined for nothing and for blank text. */
export function asFlag(value: unknown): unknown {
	switch (typeof value === 'string' ? value.trim().toLowerCase() : value) {
		case 'true':
			return true;
		case 'false':
			return false;
		case '':
		case null:
			return undefined;
		default:
			return value;
	}
}

/** Text, also where it came as a number that shows all of its digits. */
export function asText(value: unknown): unknown {
	switch (typeof value) {
		case 'number':
			return numberProblem(value) === undefined ? String(value) : value;
		case 'bigint':
		case 'boolean':
			return String(value);
		default:
			return value;
	}
}

/** Why something is no text, to continue the name of a parameter. */
export function textProblem(value: unknown): string {
	return (typeof value === 'number' ? numberProblem(value) : undefined) ?? 'must be text';
}

/** Why a number cannot stand for the text that it may have been. */
function numberProblem(number: number): string | undefined {
	if (Number.isNaN(number)) return 'is no number (NaN): a calculation with something that is no number gives that';
	if (!Number.isFinite(number)) return 'is an infinite number: give it as text';
	const isExact = Math.abs(number) <= Number.MAX_SAFE_INTEGER && !String(number).includes('e');
	return isExact ? undefined : 'is a number with more digits than numbers keep, so some are lost: give it as text';
}
