import type { IncomingMessage } from 'node:http';
import { retryAfterHeaders } from '../../http/rateLimit';
import type { ApiKey } from '../apiKeys';
import type { CognigyAiJournalEntry } from '../journalEntry';
import { Refusal } from '../refusal';
import type { Service } from '../service';

/** Counts a call against the limit of its address: 429 when there is no room. */
export function admit({ rateLimit, settings, stats }: Service, address: string): void {
	const freeAt = rateLimit.admit(address);
	if (freeAt === undefined) return;
	stats.count((counts) => (counts.rateLimited += 1));
	const headers = retryAfterHeaders(settings.retryAfter, freeAt, settings.now());
	throw new Refusal(429, 429, 'Too many requests in the last 5 minutes.', headers);
}

/** 403 for a GET with a body, as on Trial. */
export function refuseGetBody({ settings }: Service, { method, headers }: IncomingMessage): void {
	const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
	if (settings.refuseGetBody && method === 'GET' && hasBody) {
		throw new Refusal(403, 403, 'A GET request must not have a body.');
	}
}

/** The key that was sent in the header; 401 when it is missing, unknown or no longer valid. */
export function authenticate(
	{ apiKeys, stats }: Service,
	{ headers }: IncomingMessage,
	entry: CognigyAiJournalEntry,
): ApiKey {
	const sent = headers['x-api-key'];
	const key = apiKeys.find(typeof sent === 'string' ? sent : '');
	entry.key = key?.name ?? null;
	const isGood = key?.state === 'valid';
	stats.count((counts) => (isGood ? (counts.keysAccepted += 1) : (counts.keysRefused += 1)));
	if (key && isGood) return key;
	const what = key ? key.state : sent === undefined ? 'missing' : 'unknown';
	throw new Refusal(401, 401, `Unauthorized: the API key is ${what}.`);
}
