import type { HttpResponse } from '../transport/http';

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
