import type { HttpResponse } from '../transport/http';
import { isUncertain } from '../call/request';

/**
 * Statuses of an endpoint that come before its flow runs: no access, no such endpoint, no way through the proxy, too
 * large, too many.
 */
const BEFORE_THE_RUN: ReadonlySet<number> = new Set([401, 403, 404, 407, 413, 429]);

type Answer = Pick<HttpResponse, 'status' | 'body'>;

/**
 * Whether a message to an endpoint may have run that was answered with this, which is no success. An output transformer
 * works after the run, and may answer with whatever status it likes.
 */
export function mayHaveRunAfterAll(answer: Answer): boolean {
	const { status } = answer;
	if (isUncertain(status)) return true;
	return status >= 400 && !BEFORE_THE_RUN.has(status) && !isUnknownToken(answer);
}

/** Whether it is what a message gets whose URL has a token that no endpoint has: 400, and no word of why. */
export function isUnknownToken({ status, body }: Answer): boolean {
	return status === 400 && body.trim() === '';
}
