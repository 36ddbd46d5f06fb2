import { redact, redactedJson, withTexts } from '../call/serviceText';
import { CognigyError, invalidInput } from '../errors';
import { isJsonObject } from '../validation/fields';
import type { StartedFlow } from './starts';

/** What is said of a conversation that tells what came of it. */
export interface Callback {
	/** Where the flow posts its outcome. A secret: whoever knows it can say what came of the conversation. */
	callbackUrl?: string;
}

/** In characters: shorter values of its query are no secrets. */
const MIN_TOKEN_LENGTH = 16;

const KEY_IN_QUERY = new RegExp(`(?:^|[&;])key=[^&]{${MIN_TOKEN_LENGTH}}`);

/**
 * What the flow finds, with the URL as `n8n.callbackUrl`. Only what is sent holds it: neither audits nor the session
 * registry do, and a start with another URL is the same start.
 * @param parameter that says what the flow finds
 * @throws {CognigyError} `invalidInput` when the place is taken
 */
export function withCallbackUrl(
	facts: Record<string, unknown>,
	callbackUrl: string | undefined,
	parameter: string,
): Record<string, unknown> {
	if (callbackUrl === undefined) return facts;
	const { n8n = {} } = facts;
	if (isJsonObject(n8n)) return { ...facts, n8n: { ...n8n, callbackUrl } };
	const problem = 'has a field "n8n" that is no object, so the callback URL has no place in it';
	throw invalidInput(parameter, problem, 'Give that field another name. Nothing was sent.');
}

/** The same, read again from where it was said: there the URL may still be good. */
export function withoutSentCallbackUrl(facts: Record<string, unknown>): Record<string, unknown> {
	const { n8n } = facts;
	return isJsonObject(n8n) && 'callbackUrl' in n8n ? { ...facts, n8n: { ...n8n, callbackUrl: '***' } } : facts;
}

/** Any URL, up to what ends one in a sentence, in HTML or in JSON. */
const URL_IN_TEXT = /https?:\/\/[^\s"'<>\\]+/gi;

/**
 * The same for what Cognigy keeps or a flow posts: there a flow may have put the URL of any execution under any name
 * (docs/nodes/trigger-flow.md#what-to-build-in-cognigy), so it is known by its form alone.
 */
export function withoutCallbackUrls<T>(value: T): T {
	return withTexts(value, (text) => text.replace(URL_IN_TEXT, (url) => (isCallbackUrl(url) ? '***' : url)));
}

/** `…/outcome?run=0&key=…`, whatever n8n itself puts into the query; also as HTML writes it. */
function isCallbackUrl(url: string): boolean {
	const [path = '', query = ''] = url.split('?', 2);
	return path.endsWith('/outcome') && KEY_IN_QUERY.test(query);
}

/** What must not show should the service repeat it (guarantee 6): the URL, and the signatures in it. */
export function callbackSecrets({ callbackUrl }: Callback): string[] {
	if (callbackUrl === undefined) return [];
	const values = [...new URL(callbackUrl).searchParams.values()];
	return [callbackUrl, ...values.filter((value) => value.length >= MIN_TOKEN_LENGTH)];
}

/** Runs a start so that nothing that comes of it repeats the URL. @throws what `start` throws, without it */
export async function withoutCallbackUrl(callback: Callback, start: () => Promise<StartedFlow>): Promise<StartedFlow> {
	const secrets = callbackSecrets(callback);
	if (secrets.length === 0) return await start();
	const { result, collectReply } = await start().catch((error: unknown) => {
		if (!(error instanceof CognigyError)) throw error;
		throw error.with({ message: redact(error.message, secrets), advice: redact(error.advice, secrets) });
	});
	return {
		result: redactedJson(result, secrets),
		...(collectReply ? { collectReply: async (signal) => redactedJson(await collectReply(signal), secrets) } : {}),
	};
}
