import { quoted, redact } from '../call/serviceText';
import { cut } from '../text';
import type { HttpResponse } from '../transport/http';
import { isJsonObject } from '../validation/fields';

/** How much of an answer is looked at, in characters. */
const MAX_READ = 10_000;

/**
 * Where an error of Cognigy.AI says what is wrong, best first (docs/protocol-cognigy-ai.md#errors and #rest-endpoints).
 */
const KEYS = ['detail', 'message', 'error', 'title'] as const;

/**
 * What an error's body says, fit to be shown at the end of a message: problem details (RFC 7807), the older
 * `{"error": …}`, or plain text. A page of HTML says nothing that helps.
 * @param secrets what must not show should the service repeat it (guarantee 6)
 * @returns `: …`, or empty text
 */
export function serviceWords(body: string, secrets: readonly string[]): string {
	// Secrets go first: a part of one would not be recognised any more.
	const text = cut(redact(body, secrets), MAX_READ).trim();
	if (text === '' || text.startsWith('<')) return '';
	const parsed = parse(text);
	if (parsed === undefined) return /^[{[]/.test(text) ? '' : quoted(text, secrets);
	const words = wordsOf(parsed);
	return words === '' ? '' : quoted(words, secrets) + trace(parsed, secrets);
}

/**
 * What an error inside an answer says: text, or `{code, message}` in any of the forms that errors have.
 * @param secrets what must not show should the service repeat it (guarantee 6)
 * @returns `: …`, or empty text
 */
export function wordsOfError(error: unknown, secrets: readonly string[]): string {
	const words = wordsOf(error);
	const code: unknown = isJsonObject(error) ? error.code : undefined;
	const shownCode = typeof code === 'number' || typeof code === 'string' ? String(code).trim() : '';
	if (words === '') return shownCode && quoted(`code ${shownCode}`, secrets);
	return quoted(words, secrets) + (shownCode && ` (code${quoted(shownCode, secrets).replace(/^:/, '')})`);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function wordsOf(value: unknown): string {
	if (typeof value === 'string') return value.trim();
	if (!isJsonObject(value)) return '';
	for (const key of KEYS) {
		const words = wordsOf(value[key]);
		if (words !== '') return words;
	}
	return '';
}

/** The handle by which Cognigy's support finds the request. */
function trace(parsed: unknown, secrets: readonly string[]): string {
	const id = isJsonObject(parsed) ? parsed.traceId : undefined;
	return typeof id === 'string' && id ? ` (trace${quoted(id, secrets).replace(/^:/, '')})` : '';
}

/** How documents of HTML begin, whatever stands before it: `<!DOCTYPE html>`, `<html`, `<head`, `<body`. */
const BEGINNING = /^\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i;

/**
 * Whether an answer is a page of a website, a proxy or a firewall: Cognigy itself answers in JSON. Text that is only
 * labelled as HTML is none; that is what many servers do with any text.
 */
export function isWebPage({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): boolean {
	const isLabelled = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers['content-type'] ?? '');
	return BEGINNING.test(body) || (isLabelled && /^\s*</.test(body));
}
