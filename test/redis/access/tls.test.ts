/** A Redis over TLS whose certificate comes from an authority that nobody but its owner knows. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';

import { checkStateStoreOnce } from '../../../client/checkStateStoreOnce';
import { clientFor } from '../../../client/clientFor';
import { redisPlace } from '../../../client/redis/redisAddress';
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { unrestrictedEgress } from '../../../client/transport/egress';
import { freePort } from '../../../n8n-host/freePort';
import { failureOf } from '../../support/budgetSchedule';
import { selfSigned } from '../../support/certificates';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import type { ServerIdentity } from '../../support/servers';
import { itSharesBudgetAndToken } from '../../support/sharedStateContract';

const servers: RedisServer[] = [];
let folder: string;
let authority: ServerIdentity;
let stranger: ServerIdentity;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'redis-tls-'));
	authority = await selfSigned('Our Authority');
	stranger = await selfSigned('Another Authority');
});
afterAll(async () => {
	await Promise.all(servers.map(async (each) => await each.stop()));
	await rm(folder, { recursive: true, force: true });
});

/** @returns what makes a server speak TLS only */
async function tlsOptions(identity: ServerIdentity, name: string): Promise<[port: number, options: string[]]> {
	const port = await freePort();
	const [keyFile, certFile, caFile] = ['key', 'cert', 'ca'].map((what) => join(folder, `${name}-${port}-${what}.pem`));
	await writeFile(keyFile ?? '', identity.key);
	await writeFile(certFile ?? '', identity.cert);
	await writeFile(caFile ?? '', authority.cert);
	const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', caFile].map(String);
	return [port, ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no', '--tls-replication', 'yes']];
}

/** @returns its URL over TLS */
async function tlsServer(identity: ServerIdentity, more: string[] = []): Promise<string> {
	const [port, options] = await tlsOptions(identity, 'redis');
	servers.push(await startRedisServer(undefined, [...options, ...more]));
	return `rediss://127.0.0.1:${port}`;
}

const types = ['cognigyApi', 'cognigyAiApi'] as const;

function fieldsOf(redisUrl: string, redisCaCertificate = '') {
	const access = { username: 'u', password: 'p', apiKey: 'k' };
	const baseUrls = { baseUrl: 'https://cognigy.example.com', apiBaseUrl: 'https://api.example.com' };
	return { ...access, ...baseUrls, stateStore: 'redis', redisUrl, redisCaCertificate };
}

/** What the Test button of both credentials says. */
async function problemOf(redisUrl: string, ca = ''): Promise<string> {
	const [one, other] = await Promise.all(
		types.map(async (type) => await failureOf(checkStateStoreOnce({ type, fields: fieldsOf(redisUrl, ca) }))),
	);
	expect((other as Error | undefined)?.message).toBe((one as Error | undefined)?.message);
	return (one as Error).message;
}

describe('a certificate of a private authority', () => {
	let url: string;
	beforeAll(async () => {
		url = await tlsServer(await selfSigned('127.0.0.1', { ca: authority }));
	});

	it('is refused, and the message says where to put the authority', async () => {
		expect(await problemOf(url)).toMatch(
			/TLS certificate.*; put the certificate of its authority into CA Certificate of the credential, or set NODE_EXTRA_CA_CERTS$/,
		);
		expect(await problemOf(url, stranger.cert)).toContain('put the certificate of its authority into CA Certificate');
	});

	it.each<[string, () => string]>([
		['with its lines', () => authority.cert],
		['in one line, as fields of one line make it', () => authority.cert.replaceAll('\n', ' ')],
		['with the line ends of Windows', () => authority.cert.replaceAll('\n', '\r\n')],
		['with line ends as they are written in JSON', () => authority.cert.trim().replaceAll('\n', '\\n')],
		['beside another one', () => `Ours:\n${stranger.cert}\n${authority.cert}`],
	])('is accepted with the authority in the credential, %s', async (_name, ca) => {
		for (const type of types) await checkStateStoreOnce({ type, fields: fieldsOf(url, ca()) });
	});

	it.each([true, false])(
		'is accepted by a process that knows the authority by NODE_EXTRA_CA_CERTS (%s)',
		async (knows) => {
			const file = join(folder, 'extra.pem');
			await writeFile(file, authority.cert);
			const script = join(__dirname, '..', '..', 'support', 'redisPing.ts');
			const env = { ...process.env, NODE_EXTRA_CA_CERTS: knows ? file : '' };
			const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, url], { env });
			expect(stdout).toMatch(knows ? /^answer: null\n$/ : /TLS certificate/);
		},
	);

	itSharesBudgetAndToken(() => redisPlace(url, authority.cert));
});

it('a certificate that has expired', async () => {
	const url = await tlsServer(await selfSigned('127.0.0.1', { ca: authority, isExpired: true }));
	expect(await problemOf(url, authority.cert)).toContain(
		'its TLS certificate has expired; renew it, or look at the clocks of both machines',
	);
});

it('a certificate for another host', async () => {
	const url = await tlsServer(await selfSigned('other.example.com', { ca: authority }));
	expect(await problemOf(url, authority.cert)).toContain(
		'its TLS certificate is for another host name; write a name that the certificate has into the Redis URL',
	);
});

it('a server that wants certificates of its clients', async () => {
	const url = await tlsServer(await selfSigned('127.0.0.1', { ca: authority }), ['--tls-auth-clients', 'yes']);
	expect(await problemOf(url, authority.cert)).toContain('set its tls-auth-clients to no');
});

it('Sentinels over TLS', async () => {
	const identity = await selfSigned('127.0.0.1', { ca: authority });
	const url = await tlsServer(identity);
	const [port, options] = await tlsOptions(identity, 'sentinel');
	const file = join(folder, 'sentinel.conf');
	await writeFile(file, `sentinel monitor main 127.0.0.1 ${new URL(url).port} 1\n`);
	servers.push(await startRedisServer(undefined, options, { sentinel: file }));
	const redis = redisConnectionFor(redisPlace(`rediss+sentinel://127.0.0.1:${port}/main`, authority.cert));
	expect(await redis.command('SET', 'key', 'value')).toBe('OK');
	await redis.close();
	expect(await problemOf(`rediss+sentinel://127.0.0.1:${port}/main`)).toContain(
		'put the certificate of its authority into CA Certificate',
	);
});

describe('is refused before anything is sent:', () => {
	it.each<[string, string, string]>([
		['no certificate', 'rediss://h', 'geheim'],
		['half a certificate', 'rediss://h', '-----BEGIN CERTIFICATE-----\nZ2VoZWlt'],
		['something else', 'rediss://h', '-----BEGIN CERTIFICATE-----\nZ2VoZWlt\n-----END CERTIFICATE-----'],
	])('%s', (_name, redisUrl, ca) => {
		for (const type of types) {
			expect(refusalOf(type, redisUrl, ca)).toBe(
				'CA Certificate in the credential holds no certificate: paste it with its lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----',
			);
		}
	});

	it('one for a Redis without TLS', () => {
		expect(refusalOf('cognigyApi', 'redis://h', authority.cert)).toBe(
			'CA Certificate in the credential is for TLS: begin Redis URL with rediss://',
		);
	});

	function refusalOf(type: (typeof types)[number], redisUrl: string, ca: string): string {
		const environment = { egress: unrestrictedEgress, stateFolder: folder, onWarning: () => {} };
		try {
			clientFor({ type, fields: fieldsOf(redisUrl, ca) }, environment);
		} catch (error) {
			expect(inspect(error)).not.toMatch(/geheim|Z2VoZWlt/);
			return (error as Error).message;
		}
		return '';
	}
});
