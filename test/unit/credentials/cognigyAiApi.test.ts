import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, ICredentialType, IHttpRequestOptions } from 'n8n-workflow';

import { CognigyAiApi } from '../../../credentials/CognigyAiApi.credentials';
import { CognigyApi } from '../../../credentials/CognigyApi.credentials';
import { allThatShows } from '../../support/secrets';

const KEY = 'key-5f1c7a9e2b';
const fields = { apiBaseUrl: 'https://api.example.com', apiKey: KEY };
const folder = join(__dirname, '..', '..', '..', 'credentials');

/** What n8n sends after our part in it. */
async function sent(
	request: Partial<IHttpRequestOptions> & { uri?: string },
	more: ICredentialDataDecryptedObject = {},
): Promise<IHttpRequestOptions> {
	const { authenticate } = new CognigyAiApi();
	if (typeof authenticate !== 'function') throw new Error('It is no function');
	return await authenticate({ ...fields, ...more }, request as IHttpRequestOptions);
}

/** The same where n8n has handed out its request helpers before. */
async function sentWithHelpers(httpRequest: jest.Mock, request: Partial<IHttpRequestOptions>) {
	const type = new CognigyAiApi();
	const credentials = { ...fields };
	await type.preAuthentication.call({ helpers: { httpRequest } }, credentials);
	if (typeof type.authenticate !== 'function') throw new Error('It is no function');
	return await type.authenticate(credentials, request as IHttpRequestOptions);
}

function defaultsOf({ properties }: ICredentialType): Record<string, unknown> {
	return Object.fromEntries(properties.map(({ name, default: value }) => [name, value]));
}

describe('the credential "Cognigy.AI API"', () => {
	it('has the promised fields and defaults', () => {
		expect(new CognigyAiApi()).toMatchObject({ name: 'cognigyAiApi', displayName: 'Cognigy.AI API' });
		expect(defaultsOf(new CognigyAiApi())).toEqual({
			apiBaseUrl: '',
			apiKey: '',
			projectId: '',
			endpointBaseUrl: '',
			requestsPer5Minutes: 1000,
			stateStore: 'local',
			redisUrl: '',
			redisCaCertificate: '',
			allowInsecure: false,
			requestHelpers: '',
		});
	});

	it('stores nothing when n8n wants to log in, and asks for nothing', async () => {
		const httpRequest = jest.fn();
		expect(await new CognigyAiApi().preAuthentication.call({ helpers: { httpRequest } }, fields)).toEqual({});
		expect(httpRequest).not.toHaveBeenCalled();
	});

	it('hides what is secret', () => {
		const hidden = new CognigyAiApi().properties.filter(({ typeOptions }) => typeOptions?.password);
		expect(hidden.map(({ name }) => name)).toEqual(['apiKey', 'redisUrl']);
	});

	it('shares the state store with the credential of the v1 API, whose fields are as before', () => {
		const labelsOf = ({ properties }: ICredentialType) =>
			properties
				.filter(({ name }) => ['stateStore', 'redisUrl', 'allowInsecure'].includes(name))
				.map(({ displayName, type, options, displayOptions, typeOptions }) => ({
					...{ displayName, type, options, displayOptions, typeOptions },
				}));
		expect(labelsOf(new CognigyAiApi())).toEqual(labelsOf(new CognigyApi()));
		expect(labelsOf(new CognigyApi())).toHaveLength(3);
		const saved = new CognigyApi().properties.filter(({ type }) => type !== 'notice');
		expect(saved.map(({ name }) => name)).toEqual([
			...['baseUrl', 'webSocketUrl', 'tenantId', 'username', 'password', 'tokenTtlMinutes', 'requestsPerMinute'],
			...['stateStore', 'redisUrl', 'redisCaCertificate', 'allowInsecure', 'sessionToken'],
		]);
	});

	it('has icons of its own for light and dark', () => {
		const { light, dark } = new CognigyAiApi().icon as { light: string; dark: string };
		const files = [light, dark, 'file:cognigyApi.svg'].map((icon) => join(folder, icon.replace('file:', '')));
		expect(files.every((file) => existsSync(file))).toBe(true);
		expect(new Set(files.map((file) => readFileSync(file, 'utf8'))).size).toBe(3);
	});
});

describe('a request with it', () => {
	it.each<[string, Partial<IHttpRequestOptions> & { uri?: string }]>([
		['an address', { url: 'https://api.example.com/new/v2.0/users/me' }],
		['an address in other letters', { url: 'HTTPS://API.Example.com:443/new/v2.0/users/me' }],
		['a path', { baseURL: 'https://api.example.com', url: '/new/v2.0/users/me' }],
		['n8n’s older request helper', { uri: 'https://api.example.com/new/v2.0/users/me' }],
	])('(%s) carries the key, asks for JSON, and follows no redirect', async (_how, request) => {
		expect(await sent(request)).toEqual({
			...request,
			headers: { Accept: 'application/json', 'X-API-Key': KEY },
			disableFollowRedirect: true,
			followRedirect: false,
			followAllRedirects: false,
		});
	});

	it.each<[string, Partial<IHttpRequestOptions> & { uri?: string }]>([
		['another host', { url: 'https://endpoint.example.com/token' }],
		['another port', { url: 'https://api.example.com:8443/' }],
		['the same host without TLS', { url: 'http://api.example.com/' }],
		['a host that begins alike', { url: 'https://api.example.com.evil.example/' }],
		['a host behind a user name', { url: 'https://api.example.com@evil.example/' }],
		['another host in spite of the base', { baseURL: 'https://api.example.com', url: 'https://evil.example/' }],
		['another host without a scheme', { baseURL: 'https://api.example.com', url: '//evil.example/' }],
		['another host, older helper', { uri: 'https://evil.example/' }],
		['nowhere', { url: '/new/v2.0/users/me' }],
	])('to %s goes out as it is', async (_where, request) => {
		expect(await sent(request)).toBe(request);
	});

	it('is asked about before only if it is the test', async () => {
		const httpRequest = jest.fn();
		httpRequest.mockResolvedValue({ statusCode: 401, headers: {}, body: '' });
		const request = await sentWithHelpers(httpRequest, { url: 'https://api.example.com/new/v2.0/users/me' });
		expect(request.headers).toHaveProperty('X-API-Key', KEY);
		expect(httpRequest).not.toHaveBeenCalled();

		const test = sentWithHelpers(httpRequest, { baseURL: 'https://api.example.com', url: '/new/v2.0/users/me' });
		await expect(test).rejects.toThrow('Cognigy did not accept the API key (401)');
		expect(httpRequest.mock.calls).toMatchObject([[{ url: 'https://api.example.com/new/v2.0/users/me' }]]);
	});

	it('has each header once, and the format that was asked for', async () => {
		const headers = { accept: 'text/csv', 'x-api-KEY': 'another', 'X-Other': 'x' };
		const request = await sent({ url: 'https://api.example.com/', headers });
		expect(request.headers).toEqual({ accept: 'text/csv', 'X-Other': 'x', 'X-API-Key': KEY });
	});

	it('carries the key as it was meant', async () => {
		const request = await sent({ url: 'https://api.example.com/' }, { apiKey: ` ${KEY}\n` });
		expect(request.headers?.['X-API-Key']).toBe(KEY);
	});

	it.each([
		['http://api.example.com', { allowInsecure: true }],
		['http://127.0.0.1:5000', {}],
		['http://localhost', {}],
		['http://api.localhost', {}],
		['http://[::1]:80', {}],
	])('may go to %s', async (apiBaseUrl, more) => {
		expect((await sent({ url: apiBaseUrl }, { apiBaseUrl, ...more })).headers).toHaveProperty('X-API-Key');
	});

	it.each([
		['http://api.example.com', KEY, 'API Base URL in the credential must begin with https://, because the API key'],
		['http://127.0.0.1.example.com', KEY, 'must begin with https://'],
		['http://localhost.example.com', KEY, 'must begin with https://'],
		['ftp://api.example.com', KEY, 'must begin with https://'],
		['', KEY, 'must begin with https://'],
		['https://api.example.com', ' ', 'API Key in the credential is empty'],
		['https://api.example.com', `${KEY} ${KEY}`, 'API Key in the credential must be printable text'],
		['https://api.example.com', `${KEY}\r\nX: y`, 'API Key in the credential must be printable text'],
	])(
		'is refused with the address "%s" or a key that cannot be one, without telling the key',
		async (apiBaseUrl, apiKey, words) => {
			const call = sent({ url: apiBaseUrl || 'https://api.example.com' }, { apiBaseUrl, apiKey });
			const error: unknown = await call.catch((thrown: unknown) => thrown);
			expect(error).toMatchObject({ message: expect.stringContaining(words) });
			expect(allThatShows(error)).not.toContain(KEY);
		},
	);
});
