import type { IWebhookFunctions } from 'n8n-workflow';

type Response = Pick<ReturnType<IWebhookFunctions['getResponseObject']>, 'once' | 'statusCode'>;

/** More than come while n8n takes up an execution. */
const MAX_REMEMBERED = 1_000;

/** Outcomes that this process has taken, by the hash of their key, the oldest first. */
const taken = new Set<string>();

/**
 * Two calls of the same moment both find the execution parked, and not every n8n tells them apart.
 * @param response of the call: an outcome that n8n could not go on with may come again
 * @returns whether the outcome is the first
 */
export function takeOnce(keyHash: string, response: Response): boolean {
	if (taken.has(keyHash)) return false;
	taken.add(keyHash);
	const [oldest] = taken;
	if (taken.size > MAX_REMEMBERED && oldest !== undefined) taken.delete(oldest);
	response.once('close', () => {
		if (response.statusCode >= 500) taken.delete(keyHash);
	});
	return true;
}
