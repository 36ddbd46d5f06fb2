import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';

/** The client says the same of these fields; it is too heavy to be loaded for a header. */
const ADVICE = 'Correct it in the credential "Cognigy.AI API".';

/**
 * Puts the API key into a request to the management API. A request to any other place goes out as it is: the key is for
 * nobody else.
 * @throws {Error} with a message for the user, which never holds the key
 */
export function addApiKey(
	{ apiBaseUrl, apiKey, allowInsecure }: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): IHttpRequestOptions {
	const base = checkedBase(textOf(apiBaseUrl), isYes(allowInsecure));
	const target = targetOf(request);
	// The scheme is part of the origin: https must not become http.
	if (target?.origin !== base.origin) return request;
	return { ...request, ...noRedirects, headers: headersWith(checkedKey(textOf(apiKey)), request.headers) };
}

/** n8n would send the key along to wherever it is redirected. The last two are for its older request helper. */
const noRedirects = { disableFollowRedirect: true, followRedirect: false, followAllRedirects: false };

/** Where it would go to; undefined: nobody knows. n8n's older request helper calls the address `uri`. */
function targetOf({ url, uri, baseURL }: IHttpRequestOptions & { uri?: unknown }): URL | undefined {
	return parsed(url || (typeof uri === 'string' ? uri : ''), baseURL);
}

function parsed(address: string, base?: string): URL | undefined {
	return URL.canParse(address, base) ? new URL(address, base) : undefined;
}

function checkedBase(address: string, allowInsecure: boolean): URL {
	const base = parsed(address);
	if (!base || !/^https?:$/.test(base.protocol)) throw unusable('API Base URL', 'must begin with https://');
	if (base.protocol === 'http:' && !allowInsecure && !isLoopback(base.hostname)) {
		throw unusable('API Base URL', 'must begin with https://, because the API key would travel unencrypted');
	}
	return base;
}

function checkedKey(key: string): string {
	if (key === '') throw unusable('API Key', 'is empty');
	// Node would refuse the header with an error of its own.
	if (!/^[\x21-\x7e]+$/.test(key)) throw unusable('API Key', 'must be printable text without spaces');
	return key;
}

function unusable(field: string, problem: string): Error {
	return new Error(`${field} in the credential ${problem}. ${ADVICE}`);
}

/** Names of headers come in any spelling, and a request must not have two of them. */
function headersWith(apiKey: string, given: IHttpRequestOptions['headers'] = {}): IHttpRequestOptions['headers'] {
	const others = Object.entries(given).filter(([name]) => name.toLowerCase() !== 'x-api-key');
	const hasAccept = others.some(([name]) => name.toLowerCase() === 'accept');
	return {
		...Object.fromEntries(others),
		// Without it the API may answer in another format.
		...(hasAccept ? {} : { Accept: 'application/json' }),
		'X-API-Key': apiKey,
	};
}

function isLoopback(hostname: string): boolean {
	return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Variables and secrets give switches as text, and keys of digits as numbers. */
function isYes(value: unknown): boolean {
	return value === true || textOf(value).toLowerCase() === 'true';
}

function textOf(value: unknown): string {
	return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}
