/** A day, in ms: no service asks for longer, so a date further away from the answer was not meant by its clock. */
const LONGEST_MS = 24 * 60 * 60_000;
/** Longest wait until a date that only our own clock can be compared with, in ms: that clock may be wrong. */
const LONGEST_BY_OWN_CLOCK_MS = 5 * 60_000;

/**
 * How long an answer asks to wait, in ms. A date is counted from when the service says it answered: its clock and ours may
 * differ by minutes.
 * @param headers with lower-case names
 * @param wallTimeMs now by our own clock, in ms since 1970
 * @returns undefined when it asks for nothing
 */
export function retryAfterOf(
	headers: Readonly<Record<string, string | undefined>>,
	wallTimeMs: number,
): number | undefined {
	const header = headers['retry-after']?.trim();
	const date = header ? httpDate(header) : undefined;
	if (date === undefined) return parseRetryAfter(header, wallTimeMs);
	const answeredAt = httpDate(headers['date']?.trim() ?? '');
	if (answeredAt !== undefined && Math.abs(date - answeredAt) <= LONGEST_MS) return Math.max(0, date - answeredAt);
	return Math.min(Math.max(0, date - wallTimeMs), LONGEST_BY_OWN_CLOCK_MS);
}

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (docs/protocol-v1.md#rate-limit).
 * @param wallTimeMs now, in ms since 1970
 * @returns the wait in ms (0 for a date that is over), or undefined when there is no usable header
 */
export function parseRetryAfter(header: string | undefined, wallTimeMs: number): number | undefined {
	const value = header?.trim();
	if (!value) return undefined;
	if (/^\d+$/.test(value)) return Number(value) * 1000;
	const date = httpDate(value);
	return date === undefined ? undefined : Math.max(0, date - wallTimeMs);
}

/** @returns ms since 1970, or undefined for what is no date */
function httpDate(text: string): number | undefined {
	// They begin with the name of a day; Date.parse alone would take "1.5" or "-3" for years.
	if (!/^[A-Za-z]{3}/.test(text)) return undefined;
	const date = Date.parse(text);
	return Number.isNaN(date) ? undefined : date;
}
