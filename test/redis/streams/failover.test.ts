/** Redis fails over to a replica while sessions are followed. */
import { once } from 'node:events';
import { untilAnswers, untilReplicated } from '../../support/redisAdmin';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { sentinelUrl, startSentinelGroup, type SentinelGroup } from '../../support/redisSentinel';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { message, OnceService, SharingProcess, type Reading } from '../../support/sharedSessions';
import { until } from '../../support/until';

const TEST_MS = 150_000;

let closing: Array<() => Promise<unknown>> = [];
const later = (close: () => Promise<unknown>) => void closing.unshift(close);

afterEach(async () => {
	for (const close of closing) await close();
	closing = [];
});

function connectTo(url: string): RedisConnection {
	const connection = redisConnectionFor(url);
	later(async () => await connection.close());
	return connection;
}

/** Processes that share a session, and a service that hands out each message once. */
class Play {
	readonly service = new OnceService();
	readonly readings: Reading[] = [];
	#said = 0;

	constructor(private readonly redis: RedisConnection) {}

	start(): SharingProcess {
		const process = new SharingProcess(this.redis, 'account', this.service);
		later(async () => await Promise.resolve(process.end()));
		this.readings.push(process.read());
		return process;
	}

	say(count: number): void {
		for (let more = 0; more < count; more++) this.service.say(message(String(++this.#said)));
	}

	/** Each has heard all of it once, in order, and nothing is left with the service. */
	async allIsHeard(): Promise<void> {
		const all = Array.from({ length: this.#said }, (_, index) => String(index + 1));
		await until(() => this.service.isDone && this.readings.every(({ heard }) => heard.length >= all.length));
		for (const { heard } of this.readings) expect(heard.map(({ messageId }) => messageId)).toEqual(all);
	}
}

describe('with a Sentinel', () => {
	let group: SentinelGroup;
	beforeEach(async () => {
		group = await startSentinelGroup();
		later(async () => await group.stop());
	});

	/** Two processes that have heard what was said so far. */
	async function playOfTwo(): Promise<Play> {
		const play = new Play(connectTo(sentinelUrl(group.sentinel)));
		play.start();
		play.start();
		play.say(20);
		await play.allIsHeard();
		return play;
	}

	it(
		'the primary is killed: all wait, then go on, and nothing is lost or heard twice',
		async () => {
			const play = await playOfTwo();
			// What is written from now on may have reached the replica, or not.
			play.say(20);
			await group.primary.stop();
			play.say(20);
			await play.allIsHeard();
			play.start();
			await play.allIsHeard();
			expect(String(await connectTo(group.replica.url).command('ROLE'))).toMatch(/^master/);
		},
		TEST_MS,
	);

	it(
		'primary and replica change roles: the same',
		async () => {
			const play = await playOfTwo();
			await connectTo(group.sentinel.url).command('SENTINEL', 'FAILOVER', 'main');
			play.say(20);
			await untilAnswers(connectTo(group.replica.url), ['ROLE'], 'master');
			await untilAnswers(connectTo(group.primary.url), ['ROLE'], 'slave');
			play.say(20);
			await play.allIsHeard();
			play.start();
			await play.allIsHeard();
		},
		TEST_MS,
	);
});

/** An address that leads to one server, then to another one, as managed services do it. */
async function startAddress(first: RedisServer) {
	let target = first.port;
	const sockets = new Set<Socket>();
	const server = createServer((client) => {
		const onward = connect(target, '127.0.0.1');
		for (const [socket, other] of [
			[client, onward],
			[onward, client],
		] as const) {
			sockets.add(socket);
			socket.on('error', () => {});
			socket.on('close', () => {
				sockets.delete(socket);
				other.destroy();
			});
			socket.pipe(other);
		}
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	later(async () => {
		server.close();
		for (const socket of sockets) socket.destroy();
		await once(server, 'close');
	});
	return {
		// Listening on a host and a port, it has an address with both.
		url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
		leadTo({ port }: RedisServer) {
			target = port;
			for (const socket of sockets) socket.destroy();
		},
	};
}

it(
	'what the replica never got is brought again, although it was acknowledged to the service',
	async () => {
		const primary = await startRedisServer();
		const replica = await startRedisServer(undefined, ['--replicaof', `127.0.0.1 ${primary.port}`]);
		for (const server of [primary, replica]) later(async () => await server.stop());
		const admin = connectTo(replica.url);
		await untilAnswers(admin, ['INFO', 'replication'], 'master_link_status:up');
		const address = await startAddress(primary);
		const play = new Play(connectTo(address.url));
		play.start();
		play.start();
		play.say(10);
		await play.allIsHeard();
		await untilReplicated(connectTo(primary.url));
		await admin.command('REPLICAOF', 'NO', 'ONE');

		play.say(10);
		await play.allIsHeard();
		await primary.stop();
		address.leadTo(replica);
		play.say(10);
		await play.allIsHeard();
		play.start();
		await play.allIsHeard();
	},
	TEST_MS,
);
