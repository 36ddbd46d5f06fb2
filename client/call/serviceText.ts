import { cut } from '../text';

/** Shorter secrets would blank out half of every message and are guessed anyway. */
const MIN_SECRET_LENGTH = 4;
/** Longest text of the service that is shown, in characters. */
const MAX_SERVICE_TEXT = 200;

/** Replaces every secret in a text that came from outside, e.g. a service that echoes our header (guarantee 6). */
export function redact(text: string, secrets: readonly string[]): string {
	return secrets
		.filter((secret) => secret.length >= MIN_SECRET_LENGTH)
		.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
}

/** The same in all texts of a JSON value. */
export function redactedJson<T>(value: T, secrets: readonly string[]): T {
	return withTexts(value, (text) => redact(text, secrets));
}

/** A JSON value with all texts in it changed, also the names of fields. */
export function withTexts<T>(value: T, change: (text: string) => string): T {
	return inside(value, change) as T;
}

function inside(value: unknown, change: (text: string) => string): unknown {
	if (typeof value === 'string') return change(value);
	if (Array.isArray(value)) return value.map((entry) => inside(entry, change));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [change(key), inside(inner, change)]));
}

/**
 * The service's own words, fit to be shown at the end of a message.
 * @param secrets what must not show should the service repeat it (guarantee 6)
 * @returns `: …`, or empty text when there are none
 */
export function quoted(text: string, secrets: readonly string[]): string {
	// Secrets go first: a part of one would not be recognised any more.
	// Messages have no full stop at the end, as more may follow.
	const words = shortLine(redact(text, secrets)).replace(/(?<!\.)\.$/, '');
	return words ? `: ${words}` : '';
}

/** The words of a JSON error body, as `quoted`; empty when there are none that a person could use. */
export function quotedMessage(body: string, secrets: readonly string[]): string {
	try {
		const parsed: unknown = JSON.parse(body.slice(0, 10_000));
		if (typeof parsed !== 'object' || parsed === null) return '';
		for (const key of ['message', 'detail', 'title', 'error']) {
			const text: unknown = Reflect.get(parsed, key);
			if (typeof text === 'string' && text.trim()) return quoted(text, secrets);
		}
	} catch {
		// Not JSON: a gateway's HTML page helps nobody.
	}
	return '';
}

/** A text that holds no secret, short and on one line. */
export function shortLine(text: string): string {
	// eslint-disable-next-line no-control-regex -- control characters of an answer must not reach logs
	const line = text.replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
	return cut(line, MAX_SERVICE_TEXT);
}
