/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (contract section 1).
 * @param wallTimeMs now, in ms since 1970
 * @returns the wait in ms (0 for a date that is over), or undefined when there is no usable header
 */
export function parseRetryAfter(header: string | undefined, wallTimeMs: number): number | undefined {
	const value = header?.trim();
	if (!value) return undefined;
	if (/^\d+$/.test(value)) return Number(value) * 1000;
	// HTTP dates begin with the name of a day; Date.parse alone would take "1.5" or "-3" for years.
	if (!/^[A-Za-z]{3}/.test(value)) return undefined;
	const date = Date.parse(value);
	return Number.isNaN(date) ? undefined : Math.max(0, date - wallTimeMs);
}
