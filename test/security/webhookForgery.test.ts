import crypto from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';

import { WebhookHost, type HostOptions } from '../integration/support/webhookHost';
import { allThatShows } from '../support/secrets';
import { call } from '../unit/sandbox/support';

const USER = 'bénutzer';
const PASSWORD = 'p:ä:sswörd 日本語 🚀';
const SECRET = 'header-secret-9917';
const basic = (user: string, password: string, encoding: BufferEncoding = 'utf8') =>
	`Basic ${Buffer.from(`${user}:${password}`, encoding).toString('base64')}`;

const withUser: HostOptions = {
	parameters: { incomingAuthentication: 'basicAuth' },
	credentials: { httpBasicAuth: { user: USER, password: PASSWORD } },
};
const withHeader = (name: string): HostOptions => ({
	parameters: { incomingAuthentication: 'headerAuth' },
	credentials: { httpHeaderAuth: { name, value: SECRET } },
});

const open: WebhookHost[] = [];
afterEach(async () => {
	jest.restoreAllMocks();
	for (const host of open.splice(0)) await host.close();
});

async function hostFor(options: HostOptions): Promise<WebhookHost> {
	const host = await new WebhookHost(options).listen();
	open.push(host);
	return host;
}

const post = (text: string, more: object = {}) => ({
	userId: 'user-1',
	sessionId: 's-1',
	AIOutput: { text, data: {}, traceId: 'trace-1', source: 'bot', ...more },
});

async function statusOf(host: WebhookHost, headers: OutgoingHttpHeaders, body: object = post('Hello.')) {
	return (await call(host.productionUrl, { body, headers })).status;
}

describe('user and password', () => {
	it('may hold colons in the password, and letters of all languages', async () => {
		const host = await hostFor(withUser);
		expect(await statusOf(host, { authorization: basic(USER, PASSWORD) })).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	it.each<[string, string | string[]]>([
		['in another encoding', basic(USER, PASSWORD, 'latin1')],
		['cut at a colon of the password', basic(USER, 'p')],
		['with a null character behind them', basic(USER, `${PASSWORD}\0`)],
		['in other letters that look the same', basic(USER, PASSWORD.normalize('NFD'))],
		['with a space before them', basic(` ${USER}`, PASSWORD)],
		['twice in one header', `${basic(USER, PASSWORD)}, ${basic(USER, PASSWORD)}`],
		['behind wrong ones, in a header of their own', [basic('x', 'y'), basic(USER, PASSWORD)]],
		['of 15,000 characters', basic(USER, 'x'.repeat(11_000))],
		['of 15,000 spaces', `Basic ${' '.repeat(15_000)}!`],
		['that are empty', basic('', '')],
	])('%s are refused', async (_what, authorization) => {
		const host = await hostFor(withUser);
		expect(await statusOf(host, { Authorization: authorization })).toBe(401);
		expect(host.executions).toEqual([]);
	});
});

describe('the header with the secret', () => {
	it.each<[string, string, OutgoingHttpHeaders]>([
		['twice', 'X-Secret', { 'x-secret': [SECRET, SECRET] }],
		['behind a wrong one', 'X-Secret', { 'x-secret': ['wrong', SECRET] }],
		['as a list, where Node makes one', 'Set-Cookie', { 'set-cookie': [SECRET] }],
		['under a name like that of a prototype', '__proto__', { proto: SECRET }],
		['that is missing under the name of a method', 'constructor', {}],
	])('%s is refused', async (_what, name, headers) => {
		const host = await hostFor(withHeader(name));
		expect(await statusOf(host, headers)).toBe(403);
		expect(host.executions).toEqual([]);
		expect(allThatShows(host.log)).not.toContain(SECRET);
	});

	it('may have any letter case in its name', async () => {
		const host = await hostFor(withHeader('x-SECRET '));
		expect(await statusOf(host, { 'X-Secret': SECRET })).toBe(200);
	});
});

describe('secrets are compared in constant time', () => {
	it.each([
		['right', basic(USER, PASSWORD)],
		['a wrong user', basic('x', PASSWORD)],
		['a wrong password', basic(USER, 'x')],
		['nonsense', 'Basic %%%'],
	])('user and password, both and as hashes, whichever is wrong: %s', async (_what, authorization) => {
		const compare = jest.spyOn(crypto, 'timingSafeEqual');
		await statusOf(await hostFor(withUser), { authorization });
		expect(compare.mock.calls.map(([given, expected]) => [given.byteLength, expected.byteLength])).toEqual([
			[32, 32],
			[32, 32],
		]);
	});

	it.each(['x', SECRET.slice(0, -1), SECRET])('the header: %s', async (secret) => {
		const compare = jest.spyOn(crypto, 'timingSafeEqual');
		await statusOf(await hostFor(withHeader('X-Secret')), { 'x-secret': secret });
		expect(compare.mock.calls.map(([given, expected]) => [given.byteLength, expected.byteLength])).toEqual([[32, 32]]);
	});
});

describe('a body that is made to hurt', () => {
	const openHost = async () => await hostFor({ parameters: { incomingAuthentication: 'none' } });

	it('changes no prototype', async () => {
		const host = await openHost();
		const poison = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';
		const body = `{${poison},"userId":"u","sessionId":"__proto__","AIOutput":{${poison},"text":"Hello.","data":{${poison}}}}`;
		expect(await call(host.productionUrl, { body })).toMatchObject({ status: 200 });
		for (const value of [{}, host.executions[0]?.[0], host.executions[0]?.[0]?.json]) {
			expect(Reflect.get(value ?? {}, 'polluted')).toBeUndefined();
		}
	});

	it('with ids of a megabyte is known again when it is replayed, by a hash', async () => {
		const host = await openHost();
		const id = 'i'.repeat(700_000);
		const body = { ...post('Hello.', { data: { _messageId: id } }), sessionId: id };
		expect(await statusOf(host, {}, body)).toBe(200);
		expect(await statusOf(host, {}, body)).toBe(200);
		expect(host.executions).toHaveLength(1);
		expect(host.executions[0]?.[0]?.json['messageId']).toMatch(/^[0-9a-f]{64}$/);
	});
});
