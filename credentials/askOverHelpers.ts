import type { IHttpRequestHelper, IN8nHttpFullResponse } from 'n8n-workflow';

import type * as clientModule from '../client';

export type RequestHelpers = IHttpRequestHelper['helpers'];
type ClientModule = typeof clientModule;

/**
 * Lets the client ask over n8n's own request helper, which knows n8n's proxies and network policy. The client is too heavy
 * to be loaded before it is needed.
 * @throws {Error} with a message for the user: what is wrong, and what to do
 */
export async function askOverHelpers<T>(
	helpers: RequestHelpers,
	ask: (client: ClientModule, transport: clientModule.HttpTransport) => Promise<T>,
): Promise<T> {
	return await askClient(async (client) => await ask(client, transportOver(helpers, client)));
}

/** Lets the client try the Redis that the credential names, if it names one. @throws {Error} with a message for the user */
export async function checkStateStore(credential: clientModule.Credential): Promise<void> {
	await askClient(async ({ checkStateStoreOnce }) => await checkStateStoreOnce(credential));
}

async function askClient<T>(ask: (client: ClientModule) => Promise<T>): Promise<T> {
	const client = await import('../client');
	try {
		return await ask(client);
	} catch (error) {
		throw plainError(error, client);
	}
}

/** n8n shows the message of a plain error as it is; codes and status properties would replace it. */
function plainError(error: unknown, { CognigyError }: ClientModule): Error {
	return new Error(error instanceof CognigyError ? `${error.message}. ${error.advice}` : 'Cognigy could not be asked');
}

function transportOver(helpers: RequestHelpers, { toTransportFailure }: ClientModule): clientModule.HttpTransport {
	return {
		async send({ method, url, headers, body, signal }) {
			try {
				const response = (await helpers.httpRequest({
					method,
					url,
					headers: { ...headers },
					...(body === undefined ? {} : { body }),
					abortSignal: signal,
					returnFullResponse: true,
					ignoreHttpStatusErrors: true,
					disableFollowRedirect: true,
				})) as IN8nHttpFullResponse;
				return { status: response.statusCode, headers: textHeaders(response.headers), body: asText(response.body) };
			} catch (error) {
				throw toTransportFailure(error, true);
			}
		},
		close() {},
	};
}

function textHeaders(headers: Record<string, unknown>): Record<string, string | undefined> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** n8n parses JSON answers by itself. */
function asText(body: unknown): string {
	return typeof body === 'string' ? body : JSON.stringify(body);
}
