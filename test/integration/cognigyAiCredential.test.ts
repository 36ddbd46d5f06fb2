import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { CognigyAiApi } from '../../credentials/CognigyAiApi.credentials';
import { startCognigyAiSandbox, type CognigyAiSandbox } from '../../sandbox';
import { selfSigned } from '../support/certificates';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { closedPort, closeServers, httpServer } from '../support/servers';
import { pressTest as pressTestOf } from './support/testButton';

const type = new CognigyAiApi();
let sandbox: CognigyAiSandbox;

beforeAll(async () => {
	withoutProxies();
	sandbox = await startCognigyAiSandbox();
});
afterEach(closeServers);
afterAll(async () => {
	await sandbox.close();
	restoreEnvironment();
});

const pressTest = async (fields: ICredentialDataDecryptedObject) => await pressTestOf(type, fields);

const fieldsOf = (more: ICredentialDataDecryptedObject = {}) => ({
	apiBaseUrl: sandbox.apiUrl,
	apiKey: sandbox.apiKey,
	allowInsecure: false,
	...more,
});

describe('the Test button of "Cognigy.AI API"', () => {
	it.each(['', '/', '/new', '/new/v2.0', '/new/v2.0/', '/openapi'])('finds a good key good (%s)', async (path) => {
		expect(await pressTest(fieldsOf({ apiBaseUrl: ` ${sandbox.apiUrl}${path} ` }))).toBe('Connection successful!');
		expect(sandbox.requests.at(-1)).toMatchObject({ operation: 'readMe', status: 200 });
	});

	it('tells a wrong key', async () => {
		expect(await pressTest(fieldsOf({ apiKey: 'wrong-key-51' }))).toMatch(
			/^Checking the API key failed: Cognigy did not accept the API key \(401\).*\. Put a valid API Key into the credential/,
		);
	});

	it.each([
		[302, 'Cognigy answered with a redirect, which is not followed'],
		[403, 'the user of the API key may not do that'],
		[404, 'Cognigy knows no management API at this address (404)'],
		[429, 'too many requests to Cognigy (429)'],
		[500, 'Cognigy could not process the request (500)'],
	])('tells what %i means', async (status, words) => {
		sandbox.faults.inject({ operation: 'readMe', kind: 'status', status });
		expect(await pressTest(fieldsOf())).toContain(`Checking the API key failed: ${words}`);
	});

	it.each([
		[
			'http to another machine',
			{ apiBaseUrl: 'http://192.0.2.1' },
			'API Base URL in the credential must begin with https',
		],
		['no address', { apiBaseUrl: 'cognigy' }, 'API Base URL in the credential is not a valid address'],
		['nothing as address', { apiBaseUrl: '' }, 'API Base URL in the credential'],
		['no key', { apiKey: '' }, 'API Key in the credential is empty'],
		['a key that cannot be one', { apiKey: 'a b' }, 'API Key in the credential must be printable text'],
	])('tells what cannot be right before anything is sent: %s', async (_what, wrong, words) => {
		const before = sandbox.requests.length;
		expect(await pressTest(fieldsOf(wrong))).toContain(words);
		expect(sandbox.requests).toHaveLength(before);
	});

	it('tells a port where nobody listens', async () => {
		const port = await closedPort();
		expect(await pressTest(fieldsOf({ apiBaseUrl: `http://127.0.0.1:${port}` }))).toContain(
			`cannot reach 127.0.0.1:${port}, nothing accepts connections at that address and port. Check API Base URL`,
		);
	});

	it('tells a host that does not exist', async () => {
		expect(await pressTest(fieldsOf({ apiBaseUrl: 'https://nosuch.invalid' }))).toContain(
			'cannot reach nosuch.invalid',
		);
	});

	it('tells a certificate that nobody vouches for, and never sends the key there', async () => {
		const server = await httpServer((response) => response.end('{}'), await selfSigned('127.0.0.1'));
		expect(await pressTest(fieldsOf({ apiBaseUrl: server.url }))).toContain(
			`no secure connection to 127.0.0.1:${server.port}`,
		);
		expect(server.requests).toEqual([]);
	});

	it('tells a website', async () => {
		const server = await httpServer((response) => response.end('<!doctype html>'));
		expect(await pressTest(fieldsOf({ apiBaseUrl: server.url }))).toMatch(
			/it is not JSON\. Check API Base URL of the credential: does it point to the management API of Cognigy\.AI/,
		);
	});

	it('follows nobody elsewhere with the key', async () => {
		const elsewhere = await httpServer((response) => response.end('{}'));
		const headers = { location: `${elsewhere.url}/new/v2.0/users/me` };
		sandbox.faults.inject({ operation: 'readMe', kind: 'status', status: 302, headers });
		expect(await pressTest(fieldsOf())).toContain('Put the final address into API Base URL of the credential');
		expect(elsewhere.requests).toEqual([]);
	});
});
