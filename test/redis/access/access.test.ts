/** What a Redis that cannot be used says, and what the Test button of a credential says of it. */
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { checkStateStoreOnce } from '../../../client/checkStateStoreOnce';
import { NEEDED_COMMANDS } from '../../../client/redis/redisCommands';
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { CognigyError } from '../../../client/errors';
import { freePort } from '../../../n8n-host/freePort';
import { failureOf } from '../../support/budgetSchedule';
import { selfSigned } from '../../support/certificates';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { documentedRights, redisUser } from '../../support/redisUser';
import { closedPort, closeServers } from '../../support/servers';

const servers: RedisServer[] = [];
let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'access-'));
});
afterEach(async () => {
	await Promise.all(servers.splice(0).map(async (each) => await each.stop()));
	await closeServers();
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function redisServer(options: string[] = [], port?: number): Promise<RedisServer> {
	const server = await startRedisServer(port, options);
	servers.push(server);
	return server;
}

const credentials = {
	cognigyApi: { baseUrl: 'https://cognigy.example.com', username: 'u', password: 'p' },
	cognigyAiApi: { apiBaseUrl: 'https://api.example.com', apiKey: 'k' },
} as const;

/** What a script, a command and the Test button of both credentials say of a Redis. */
async function problemsOf(redisUrl: string, script = `return redis.call('TIME')`): Promise<string[]> {
	const messages: string[] = [];
	const connection = redisConnectionFor(redisUrl);
	messages.push(((await failureOf(connection.run(script, ['n8n-nodes-cognigy:x'], []))) as Error).message);
	await connection.close();
	for (const type of ['cognigyApi', 'cognigyAiApi'] as const) {
		const fields = { ...credentials[type], stateStore: 'redis', redisUrl };
		const error = await failureOf(checkStateStoreOnce({ type, fields }));
		expect(error).toBeInstanceOf(CognigyError);
		expect(error).toMatchObject({ category: 'server', advice: expect.stringContaining('Redis URL') as string });
		messages.push((error as Error).message);
		expect(inspect(error)).not.toContain('geheim');
	}
	return messages;
}

async function expectProblem(redisUrl: string, words: string, script?: string): Promise<void> {
	const problems = await problemsOf(redisUrl, script);
	expect(problems).toEqual([
		expect.stringContaining(words),
		expect.stringMatching(/^State Store cannot be used\. /),
		expect.stringMatching(/^State Store cannot be used\. /),
	]);
	for (const problem of problems) expect(problem).toContain(words);
}

it('a Redis that works is found good, and nothing is left in it', async () => {
	const server = await redisServer();
	const redisUrl = await redisUser(server, 'n8n', documentedRights());
	for (const type of ['cognigyApi', 'cognigyAiApi'] as const) {
		await checkStateStoreOnce({ type, fields: { ...credentials[type], stateStore: 'redis', redisUrl } });
		await checkStateStoreOnce({ type, fields: { ...credentials[type], redisUrl: 'ignored' } });
	}
	const admin = redisConnectionFor(server.url);
	expect(await admin.command('DBSIZE')).toBe(0);
	await admin.close();
});

describe('rights that are missing', () => {
	it.each(NEEDED_COMMANDS.filter((command) => !command.startsWith('EVAL')))('%s is named', async (missing) => {
		const rights = documentedRights(NEEDED_COMMANDS.filter((command) => command !== missing));
		const redisUrl = await redisUser(await redisServer(), 'n8n', rights);
		const error = await failureOf(
			checkStateStoreOnce({ type: 'cognigyApi', fields: { ...credentials.cognigyApi, stateStore: 'redis', redisUrl } }),
		);
		expect(error).toMatchObject({
			message: `State Store cannot be used: the user in the Redis URL may not use ${missing}: give it the right +${missing.toLowerCase()}`,
		});
	});

	it('in a script, where Redis itself does not say which', async () => {
		const rights = documentedRights(NEEDED_COMMANDS.filter((command) => !['TIME', 'ZADD'].includes(command)));
		const redisUrl = await redisUser(await redisServer(), 'n8n', rights);
		const connection = redisConnectionFor(redisUrl);
		const failure = await failureOf(connection.run(`return redis.call('TIME')`, [], []));
		await connection.close();
		expect(failure).toMatchObject({
			message: expect.stringContaining('may not use TIME, ZADD: give it the right +time +zadd') as string,
		});
	});

	it.each(['EVAL', 'EVALSHA'])('%s itself', async (missing) => {
		const rights = documentedRights(NEEDED_COMMANDS.filter((command) => command !== missing));
		const redisUrl = await redisUser(await redisServer(), 'n8n', rights);
		await expectProblem(redisUrl, `may not use ${missing}: give it the right +${missing.toLowerCase()}`);
	});

	it('the keys', async () => {
		const redisUrl = await redisUser(await redisServer(), 'n8n', ['~others:*', '+@all']);
		await expectProblem(
			redisUrl,
			'may not read and write the keys n8n-nodes-cognigy:*: give it the right ~n8n-nodes-cognigy:*',
		);
	});
});

it('a wrong password, and how to write the right one', async () => {
	const { port } = await redisServer(['--requirepass', 'richtig/1']);
	await expectProblem(
		`redis://:geheim@127.0.0.1:${port}`,
		'does not accept the user or password in the Redis URL; write / # ? @ % in a password as %2F %23 %3F %40 %25',
	);
	await expectProblem(`redis://127.0.0.1:${port}`, 'it wants a password; put it into the Redis URL');
});

it('a password where there is none', async () => {
	const { port } = await redisServer();
	await expectProblem(`redis://:geheim@127.0.0.1:${port}`, 'it has no password, but the Redis URL has one');
});

it('a database that is not there', async () => {
	await expectProblem(`${(await redisServer()).url}/99`, 'it has no database of the number at the end');
});

it('the port of a Sentinel', async () => {
	const { port } = await redisServer();
	const file = join(folder, 'sentinel.conf');
	await writeFile(file, `sentinel monitor main 127.0.0.1 ${port} 1\n`);
	const sentinelPort = await freePort();
	const sentinel = await startRedisServer(sentinelPort, [], { sentinel: file });
	servers.push(sentinel);
	await expectProblem(sentinel.url, 'it is a Redis Sentinel: name the Redis that it watches in the Redis URL');
	await expectProblem(`${sentinel.url}/2`, 'it is a Redis Sentinel: name the Redis that it watches in the Redis URL');
});

it.each([
	['EVALSHA', ['--rename-command', 'EVALSHA', '', '--rename-command', 'EVAL', '']],
	['EVAL', ['--rename-command', 'EVAL', '']],
])('%s that is switched off', async (command, options) => {
	await expectProblem((await redisServer(options)).url, `its command ${command} is switched off or renamed`);
});

it('TLS and none', async () => {
	const { key, cert } = await selfSigned('127.0.0.1');
	const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
	await writeFile(keyFile, key);
	await writeFile(certFile, cert);
	const tlsPort = await freePort();
	const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
	const { port } = await redisServer(['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files]);
	await expectProblem(
		`redis://127.0.0.1:${tlsPort}`,
		'at once: if that port speaks TLS, begin the Redis URL with rediss://',
	);
	await expectProblem(
		`redis://:geheim@127.0.0.1:${tlsPort}`,
		'if that port speaks TLS, begin the Redis URL with rediss://',
	);
	await expectProblem(
		`rediss://127.0.0.1:${port}`,
		'if that port does not speak TLS, begin the Redis URL with redis://',
	);
});

it('nobody who listens', async () => {
	await expectProblem(
		`redis://127.0.0.1:${await closedPort()}`,
		'nothing accepts connections at that address and port',
	);
});
