import { CognigyError } from '../../../../client/errors';
import { isLoopback } from '../../../../client/transport/addresses';
import { parseV1Config } from '../../../../client/v1/config';
import { allThatShows } from '../../../support/secrets';
import { callOptions, v1Setup, versionsInput } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const fields = { baseUrl: 'https://cognigy.example.com', username: 'demo', password: 'demo-password' };

function refusal(changes: Record<string, unknown>): CognigyError {
	try {
		parseV1Config({ ...fields, ...changes });
	} catch (error) {
		if (error instanceof CognigyError) return error;
		throw error;
	}
	throw new Error(`Was to be refused: ${JSON.stringify(changes)}`);
}

describe('a credential', () => {
	it('needs no more than address, user and password', () => {
		expect(parseV1Config(fields)).toEqual({
			...fields,
			webSocketUrl: 'wss://cognigy.example.com',
			tenantId: '',
			tokenTtlMinutes: 30,
			requestsPerMinute: 100,
			stateStore: 'local',
			redisUrl: '',
			allowInsecure: false,
		});
	});

	it('may have fields that are not known here', () => {
		expect(parseV1Config({ ...fields, sessionToken: 'x' })).not.toHaveProperty('sessionToken');
	});

	it.each([
		['https://cognigy.example.com/', 'https://cognigy.example.com'],
		['  https://cognigy.example.com//  ', 'https://cognigy.example.com'],
		['https://cognigy.example.com:8443/base/path/', 'https://cognigy.example.com:8443/base/path'],
		['HTTPS://Cognigy.Example.com', 'https://cognigy.example.com'],
		['https:/cognigy.example.com', 'https://cognigy.example.com'],
		['https://münchen.example', 'https://xn--mnchen-3ya.example'],
	])('may write its address as "%s"', (baseUrl, normal) => {
		expect(parseV1Config({ ...fields, baseUrl }).baseUrl).toBe(normal);
	});

	it.each([
		['https://cognigy.example.com', '', 'wss://cognigy.example.com'],
		['HTTPS://Cognigy.example.com:8443/base/path//', '', 'wss://cognigy.example.com:8443/base/path'],
		['http://127.0.0.1:3000', '', 'ws://127.0.0.1:3000'],
		['http://localhost/http', '  ', 'ws://localhost/http'],
		['https://a.example.com', 'wss://b.example.com', 'wss://b.example.com'],
		['https://a.example.com', '  WSS://B.example.com:443//  ', 'wss://b.example.com'],
		['https://a.example.com', 'wss://b.example.com/ws/v1', 'wss://b.example.com'],
		['https://a.example.com', 'wss://b.example.com/base/ws/v1/', 'wss://b.example.com/base'],
		['https://a.example.com', 'wss://b.example.com/base//ws/v1//', 'wss://b.example.com/base'],
		['https://a.example.com', 'wss://b.example.com/ws/v10', 'wss://b.example.com/ws/v10'],
		['https://a.example.com', 'ws://127.0.0.1:9/runtime', 'ws://127.0.0.1:9/runtime'],
		['https://a.example.com/ws/v1', '', 'wss://a.example.com'],
	])('says where the runtime channel is: Base URL "%s", WebSocket URL "%s"', (baseUrl, webSocketUrl, address) => {
		expect(parseV1Config({ ...fields, baseUrl, webSocketUrl }).webSocketUrl).toBe(address);
	});

	it('may have numbers and switches as text, and text as numbers, as variables and secrets give them', () => {
		const config = parseV1Config({
			...fields,
			...{ username: 4711, password: 12345678, tenantId: 42 },
			...{ tokenTtlMinutes: ' 45 ', requestsPerMinute: '250', allowInsecure: ' FALSE ' },
		});
		expect(config).toMatchObject({
			...{ username: '4711', password: '12345678', tenantId: '42' },
			...{ tokenTtlMinutes: 45, requestsPerMinute: 250, allowInsecure: false },
		});
		expect(parseV1Config({ ...fields, baseUrl: 'http://example.com', allowInsecure: 'true' }).allowInsecure).toBe(true);
		expect(parseV1Config({ ...fields, allowInsecure: '' }).allowInsecure).toBe(false);
	});

	it('keeps the password as it is, with all its blanks', () => {
		expect(parseV1Config({ ...fields, password: '  a b ' }).password).toBe('  a b ');
	});
});

describe('a field that cannot be right is refused, naming it as the dialog does', () => {
	it.each<[string, string, unknown, RegExp]>([
		['baseUrl', 'Base URL', undefined, /is missing/],
		['baseUrl', 'Base URL', 5, /is not a valid address/],
		['baseUrl', 'Base URL', { secret: 1 }, /must be text/],
		['baseUrl', 'Base URL', '', /is empty/],
		['baseUrl', 'Base URL', '   ', /is empty/],
		['baseUrl', 'Base URL', 'secret-host.example.com', /is not a valid address/],
		['baseUrl', 'Base URL', 'https://', /is not a valid address/],
		['baseUrl', 'Base URL', 'https://secret host', /is not a valid address/],
		['baseUrl', 'Base URL', 'ftp://secret.example.com', /must begin with https:/],
		['baseUrl', 'Base URL', 'wss://secret.example.com', /must begin with https:/],
		['baseUrl', 'Base URL', 'javascript:secret', /must begin with https:/],
		['baseUrl', 'Base URL', 'http://secret.example.com', /must begin with https:.*unencrypted/],
		['baseUrl', 'Base URL', 'https://user:secret@example.com', /must not contain a user name or password/],
		['baseUrl', 'Base URL', 'https://secret@example.com', /must not contain a user name or password/],
		['baseUrl', 'Base URL', 'https://:secret@example.com', /must not contain a user name or password/],
		['baseUrl', 'Base URL', 'https://example.com?key=secret', /must not contain "\?" or "#"/],
		['baseUrl', 'Base URL', 'https://example.com/?', /must not contain "\?" or "#"/],
		['baseUrl', 'Base URL', 'https://example.com#secret', /must not contain "\?" or "#"/],
		['baseUrl', 'Base URL', 'https://example.com/#', /must not contain "\?" or "#"/],
		['webSocketUrl', 'WebSocket URL', 'ws://secret.example.com', /must begin with wss:.*unencrypted/],
		['webSocketUrl', 'WebSocket URL', 'https://secret.example.com', /must begin with wss:/],
		['webSocketUrl', 'WebSocket URL', 'wss://user:secret@example.com', /must not contain a user name or password/],
		['username', 'Username', undefined, /is missing/],
		['username', 'Username', '', /is empty/],
		['username', 'Username', '  ', /is empty/],
		['password', 'Password', undefined, /is missing/],
		['password', 'Password', '', /is empty/],
		['tokenTtlMinutes', 'Token Lifetime', 0, /must be more than 0/],
		['tokenTtlMinutes', 'Token Lifetime', -30, /must be more than 0/],
		['tokenTtlMinutes', 'Token Lifetime', NaN, /is not a number/],
		['tokenTtlMinutes', 'Token Lifetime', Infinity, /is not a number/],
		['tokenTtlMinutes', 'Token Lifetime', 'secret', /is not a number/],
		['tokenTtlMinutes', 'Token Lifetime', 7 * 24 * 60 + 1, /must not be more than 10080/],
		['allowInsecure', 'Allow Unencrypted Connections', 'secret', /must be true or false/],
		['allowInsecure', 'Allow Unencrypted Connections', 1, /must be true or false/],
		['requestsPerMinute', 'Requests per Minute', '12.5', /must be a whole number/],
		['requestsPerMinute', 'Requests per Minute', 'secret', /is not a number/],
		['requestsPerMinute', 'Requests per Minute', '0x10', /is not a number/],
		['requestsPerMinute', 'Requests per Minute', ' ', /is not a number/],
		['tokenTtlMinutes', 'Token Lifetime', null, /is not a number/],
		['tenantId', 'Tenant ID', 2 ** 53 + 2, /more digits than numbers keep/],
		['tenantId', 'Tenant ID', 1e21, /more digits than numbers keep/],
		['tenantId', 'Tenant ID', ['secret'], /must be text/],
		['webSocketUrl', 'WebSocket URL', { secret: 1 }, /must be text/],
		['username', 'Username', NaN, /NaN/],
		['stateStore', 'State Store', 'secret', /must be local or redis/],
	])('%s (%s): %j', (field, label, value, problem) => {
		const error = refusal({ [field]: value });

		expect(error).toMatchObject({ category: 'invalidInput', parameter: field });
		expect(error.message).toMatch(problem);
		expect(error.message.startsWith(`${label} in the credential `)).toBe(true);
		expect(error.advice).toMatch(/Nothing was sent/);
		expect(allThatShows(error)).not.toContain('secret');
	});

	it.each(['no credential', null, undefined, []])('also when there is nothing like a credential (%p)', (value) => {
		expect(() => parseV1Config(value)).toThrow(CognigyError);
		expect(() => parseV1Config(value)).toThrow(/^(The credential "Cognigy v1 API"|Base URL in the credential) \w/);
	});
});

describe('an unencrypted connection', () => {
	it.each(['localhost', 'localhost:8080', 'cognigy.localhost', '127.0.0.1', '127.1.2.3:80', '[::1]', '[::1]:8080'])(
		'is allowed to this machine (%s)',
		(host) => {
			expect(parseV1Config({ ...fields, baseUrl: `http://${host}` }).baseUrl).toMatch(/^http:/);
			expect(parseV1Config({ ...fields, webSocketUrl: `ws://${host}` }).webSocketUrl).toMatch(/^ws:/);
		},
	);

	it.each([
		'example.com',
		'10.0.0.1',
		'192.168.1.1',
		'0.0.0.0',
		'[::]',
		'[fe80::1]',
		'localhost.example.com',
		'notlocalhost',
		'127.0.0.1.example.com',
		'127.example.com',
		'128.0.0.1',
	])('is refused elsewhere (%s), unless it is allowed', (host) => {
		expect(refusal({ baseUrl: `http://${host}` }).parameter).toBe('baseUrl');
		expect(refusal({ webSocketUrl: `ws://${host}` }).parameter).toBe('webSocketUrl');
		const allowed = { baseUrl: `http://${host}`, webSocketUrl: `ws://${host}`, allowInsecure: true };
		expect(() => parseV1Config({ ...fields, ...allowed })).not.toThrow();
	});

	it('is not needed for an address that is encrypted', () => {
		expect(isLoopback('example.com')).toBe(false);
		expect(() => parseV1Config({ ...fields, webSocketUrl: 'wss://example.com' })).not.toThrow();
	});
});

describe('the address', () => {
	afterEach(closeSetups);

	it.each([
		['with a slash at its end', (url: string) => `${url}/`],
		['in capital letters', (url: string) => url.toUpperCase()],
	])('works %s', async (_, write) => {
		const { sandbox } = await v1Setup();
		const { client } = await v1Setup({ baseUrl: write(sandbox.url) });

		expect(await client.validateVersion(versionsInput, callOptions)).toMatchObject({ valid: true });
	});

	it('may have a path in front of the API', async () => {
		const { sandbox } = await v1Setup();
		const { client, transport } = await v1Setup({ baseUrl: `${sandbox.url}/base/` });
		await client.validateVersion(versionsInput, callOptions).catch(() => {});

		expect(transport.requests[0]?.url).toBe(`${sandbox.url}/base/api/v1/auth/login`);
	});
});
