import { createHash, timingSafeEqual } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';

import { OUTCOME_PATH } from './properties';

/** Names of what the URL holds besides the token that n8n itself asks for. */
const RUN = 'run';
const KEY = 'key';

/**
 * Where the flow posts its outcome: the resume URL of the execution, signed for this run of this node. The same when n8n
 * runs the node again in the same execution; that of another pass of a loop is another one.
 */
export function callbackUrlFor(context: IExecuteFunctions): { url: string; keyHash: string } {
	const run = String(context.evaluateExpression('{{ $runIndex }}', 0));
	// Not every n8n looks at this signature, so it is the key that we look at ourselves.
	const signed = new URL(context.getSignedResumeUrl({ [RUN]: run }));
	signed.searchParams.delete(RUN);
	const key = [...signed.searchParams.values()].join('');
	const url = new URL(String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)));
	url.pathname += `/${OUTCOME_PATH}`;
	url.searchParams.set(RUN, run);
	url.searchParams.set(KEY, key);
	return { url: url.href, keyHash: hash(key).toString('base64url') };
}

/** Whether a call has the key. Takes the same time wherever it differs. */
export function hasKey(query: object, keyHash: string): boolean {
	const given: unknown = Reflect.get(query, KEY);
	const expected = Buffer.from(keyHash, 'base64url');
	const actual = hash(typeof given === 'string' ? given : '');
	return expected.length === actual.length && timingSafeEqual(actual, expected);
}

function hash(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
