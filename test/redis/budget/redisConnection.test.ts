import tls from 'node:tls';
import { inspect } from 'node:util';

import { parseRedisUrl } from '../../../client/redis/redisAddress';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { RedisError } from '../../../client/redis/redisError';
import { RedisSession } from '../../../client/redis/redisSession';
import { failureOf } from '../../support/budgetSchedule';
import { selfSigned } from '../../support/certificates';
import { FakeClock } from '../../support/fakeClock';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { closedPort, closeServers, listen, rawServer } from '../../support/servers';
import { distrust, trust } from '../../support/trust';
import { until } from '../../support/until';

const servers: RedisServer[] = [];
const connections: RedisConnection[] = [];

afterEach(async () => {
	await Promise.all(connections.splice(0).map((each) => each.close()));
	await Promise.all(servers.splice(0).map((each) => each.stop()));
	await closeServers();
	distrust();
});

async function redisServer(port?: number, ...options: string[]): Promise<RedisServer> {
	const server = await startRedisServer(port, options);
	servers.push(server);
	return server;
}

function connect(url: string): RedisConnection {
	const connection = redisConnectionFor(url);
	connections.push(connection);
	return connection;
}

async function messageOf(call: Promise<unknown>): Promise<string> {
	const error = await failureOf(call);
	expect(error).toBeInstanceOf(RedisError);
	return error instanceof Error ? error.message : '';
}

describe('a connection', () => {
	it('sends commands and scripts, and gives plain lists and texts', async () => {
		const { command, run } = bound(connect((await redisServer()).url));
		expect(await command('SET', 'k', 'v')).toBe('OK');
		expect(await command('HSET', 'h', 'a', '1')).toBe(1);
		expect(await command('HGETALL', 'h')).toEqual(['a', '1']);
		expect(await run('return { KEYS[1], ARGV[1], 7 }', ['k'], ['a'])).toEqual(['k', 'a', 7]);
	});

	it('is made by the first command, and once for all who name the same URL', async () => {
		const { url } = await redisServer();
		const [one, other] = [connect(url), connect(url)];
		const ids = await Promise.all([one.command('CLIENT', 'ID'), other.command('CLIENT', 'ID')]);

		expect(ids[0]).toBe(ids[1]);
		expect(await one.command('INFO', 'clients')).toContain('connected_clients:1\r');
	});

	it('serves the others when one has closed his, also when he does so twice', async () => {
		const { url } = await redisServer();
		const [one, other] = [connect(url), connect(url)];
		await one.close();
		await one.close();

		expect(await other.command('PING')).toBe('PONG');
		expect(await messageOf(one.command('PING'))).toContain('closed');
		expect(await messageOf(one.run('return 1', [], []))).toContain('closed');
	});

	it('is closed by the last one, after the answers that are on their way; and may be made anew', async () => {
		const { url } = await redisServer();
		const watcher = connect(url.replace('127.0.0.1', 'localhost'));
		const one = redisConnectionFor(url);
		// Only the answer is waited for, not for the connection to come about.
		await one.command('PING');
		const answer = one.command('BLPOP', 'none', '0.1');
		await one.close();
		expect(await answer).toBeNull();
		let clients = '';
		while (!clients.includes('connected_clients:1\r')) clients = String(await watcher.command('INFO', 'clients'));

		expect(await connect(url).command('PING')).toBe('PONG');
	});

	it('chooses the database and logs in as the URL says', async () => {
		const { url, port } = await redisServer();
		await connect(url).command('ACL', 'SETUSER', 'me', 'on', '>p%40ss', '~*', '+@all');
		const connection = connect(`redis://me:p%2540ss@127.0.0.1:${port}/3`);
		expect(await connection.command('ACL', 'WHOAMI')).toBe('me');
		expect(await connection.command('CLIENT', 'INFO')).toContain(' db=3 ');
	});

	it('sends a script again to a Redis that has forgotten it', async () => {
		const connection = connect((await redisServer()).url);
		const run = async () => await connection.run('return 42', [], []);
		expect(await run()).toBe(42);
		await connection.command('SCRIPT', 'FLUSH');
		expect(await run()).toBe(42);
	});
});

describe('a Redis that goes away', () => {
	it('and comes back is found again by the next command', async () => {
		const server = await redisServer();
		const connection = connect(server.url);
		await connection.run('return 1', [], []);
		await server.stop();
		await redisServer(server.port);

		// Only a command that was on its way, or came while nobody listened, may fail.
		expect(await connection.run('return 1', [], [])).toBe(1);
	});

	it('fails the commands at once, and is tried again after growing pauses only', async () => {
		const clock = new FakeClock();
		const port = await closedPort();
		const session = new RedisSession(parseRedisUrl(`redis://127.0.0.1:${port}`), clock, () => 0);
		const attempt = async () => await messageOf(session.command(['PING']));
		expect(await attempt()).toContain('nothing accepts connections');

		for (const pauseMs of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
			await clock.advance(pauseMs - 1);
			const failure = attempt();
			expect(await failure).toContain(`127.0.0.1:${port}`);
			expect(clock.pendingTimers).toBe(0);
			await clock.advance(1);
			const trying = session.command(['PING']);
			// A command that is really sent has a time limit.
			expect(clock.pendingTimers).toBe(1);
			await messageOf(trying);
		}
		await session.close();
	});

	it('has its pauses shortened by chance', async () => {
		const clock = new FakeClock();
		const session = new RedisSession(parseRedisUrl(`redis://127.0.0.1:${await closedPort()}`), clock, () => 0.999);
		await messageOf(session.command(['PING']));
		await clock.advance(51);
		const trying = session.command(['PING']);

		expect(clock.pendingTimers).toBe(1);
		await messageOf(trying);
	});
});

describe('a Redis that does not answer', () => {
	it('fails the command after 2 seconds, and the connection is given up', async () => {
		const clock = new FakeClock();
		const silent = await rawServer((socket) => socket.resume());
		const session = new RedisSession(parseRedisUrl(`redis://127.0.0.1:${silent.port}`), clock, () => 0);
		const failure = messageOf(session.command(['PING']));
		await until(() => silent.open === 1);
		await clock.advance(2_000);

		expect(await failure).toContain('did not answer within 2 seconds');
		await until(() => silent.open === 0);
		await clock.advance(100);
		const again = messageOf(session.command(['PING']));
		await until(() => silent.accepted === 2);
		await clock.advance(2_000);
		expect(await again).toContain('did not answer');
		// The pause grows, although the connections could be made.
		await clock.advance(199);
		await messageOf(session.command(['PING']));
		expect(silent.accepted).toBe(2);
	});

	it('does not keep the end of a connection from coming', async () => {
		const clock = new FakeClock();
		const silent = await rawServer((socket) => socket.resume());
		const session = new RedisSession(parseRedisUrl(`redis://127.0.0.1:${silent.port}`), clock, () => 0);
		const failure = messageOf(session.command(['PING']));
		await until(() => silent.open === 1);
		const closing = session.close();
		await clock.advance(500);
		await closing;

		expect(await failure).toContain('closed');
		expect(clock.pendingTimers).toBe(0);
		await until(() => silent.open === 0);
	});
});

describe('what Redis refuses', () => {
	it('a command without a password, where it wants one', async () => {
		const { url } = await redisServer(undefined, '--requirepass', 'geheim-1');
		expect(await messageOf(connect(url).command('PING'))).toContain('wants a password');
	});

	it('a wrong password; no error repeats it, and nothing that can be printed holds it', async () => {
		const { port } = await redisServer(undefined, '--requirepass', 'geheim-1');
		const connection = connect(`redis://jemand:geheim-2@127.0.0.1:${port}`);
		const error = await failureOf(connection.command('PING'));
		const session = new RedisSession(parseRedisUrl(`redis://jemand:geheim-2@h`), new FakeClock(), () => 0);

		expect(error).toMatchObject({ message: expect.stringContaining('does not accept the user or password') });
		for (const thing of [error, connection, session]) {
			expect(inspect(thing, { depth: 20, showHidden: true })).not.toMatch(/geheim|jemand/);
			expect(String(JSON.stringify(thing))).not.toMatch(/geheim|jemand/);
		}
	});

	it('a command is no reason for a pause, and what was sent is not repeated', async () => {
		const connection = connect((await redisServer()).url);
		const message = await messageOf(connection.command('FOO', 'confidential'));

		expect(message).toMatch(/127\.0\.0\.1:\d+: it answered "ERR unknown command/);
		expect(message).not.toContain('confidential');
		expect(await connection.command('PING')).toBe('PONG');
	});

	it('a change, since it has become a replica: the next command looks for the new primary', async () => {
		const connection = connect((await redisServer(undefined, '--replicaof', `127.0.0.1 ${await closedPort()}`)).url);
		const id = await connection.command('CLIENT', 'ID');
		expect(await messageOf(connection.command('SET', 'k', 'v'))).toContain('replica');

		expect(await connection.command('CLIENT', 'ID')).not.toBe(id);
	});
});

describe('over TLS', () => {
	async function tlsServer(host = '127.0.0.1') {
		const identity = await selfSigned(host);
		const server = tls.createServer(identity, (socket) => {
			socket.on('data', () => socket.write('+PONG\r\n'));
			socket.on('error', () => {});
		});
		return { identity, ...(await listen(server, 'rediss', {})) };
	}

	it('speaks to a server whose certificate it trusts', async () => {
		const { url, identity } = await tlsServer();
		trust(identity.cert);
		expect(await connect(url).command('PING')).toBe('PONG');
	});

	it('refuses one that nobody vouches for, and one with another name', async () => {
		const stranger = await tlsServer();
		expect(await messageOf(connect(stranger.url).command('PING'))).toContain('certificate');
		const other = await tlsServer('other.example.com');
		trust(other.identity.cert);
		expect(await messageOf(connect(other.url).command('PING'))).toContain('another host name');
	});
});

describe('a URL', () => {
	it.each([
		['redis://h', { host: 'h', port: 6379, tls: false }],
		['rediss://h:1/', { host: 'h', port: 1, tls: true }],
		['redis://:p%40@[::1]:7/15', { host: '::1', port: 7, tls: false, password: 'p@', database: 15 }],
		['redis://u@h', { host: 'h', port: 6379, tls: false, username: 'u' }],
	])('%s is understood', (url, address) => {
		expect(parseRedisUrl(url)).toEqual(address);
	});

	it.each([
		'',
		'geheim',
		'http://u:geheim@h',
		'redis://',
		'redis://u:geheim@h/x',
		'redis://u:geheim%@h',
		'redis://h:99999999/geheim',
	])('"%s" is refused without repeating it', (url) => {
		let error: unknown;
		try {
			redisConnectionFor(url);
		} catch (thrown) {
			error = thrown;
		}
		expect(error).toBeInstanceOf(RedisError);
		expect(inspect(error)).not.toContain('geheim');
	});
});

function bound(connection: RedisConnection): Pick<RedisConnection, 'command' | 'run'> {
	return { command: connection.command.bind(connection), run: connection.run.bind(connection) };
}
