import type { ICredentialDataDecryptedObject, IHttpRequestHelper, IN8nHttpFullResponse } from 'n8n-workflow';

import type { HttpTransport } from '../client';

/**
 * Logs in over n8n's own request helper, which knows n8n's proxies and network policy.
 * @returns the bearer token
 * @throws {Error} with a message for the user: what is wrong, and what to do
 */
export async function logIn(
	helpers: IHttpRequestHelper['helpers'],
	credentials: ICredentialDataDecryptedObject,
): Promise<string> {
	const client = await import('../client');
	const transport: HttpTransport = {
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
				throw client.toTransportFailure(error, true);
			}
		},
		close() {},
	};
	try {
		return await client.loginOnce(credentials, transport);
	} catch (error) {
		// n8n shows the message of a plain error as it is; codes and status properties would replace it.
		// eslint-disable-next-line @n8n/community-nodes/require-node-api-error -- a credential has no node to blame
		throw new Error(error instanceof client.CognigyError ? `${error.message}. ${error.advice}` : 'The login failed');
	}
}

function textHeaders(headers: Record<string, unknown>): Record<string, string | undefined> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** n8n parses JSON answers by itself. */
function asText(body: unknown): string {
	return typeof body === 'string' ? body : JSON.stringify(body);
}
