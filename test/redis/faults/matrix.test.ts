import { connect } from 'node:net';
import { once } from 'node:events';

import { describeMatrix } from '../../faults/describeMatrix';
import { redisRows } from '../../faults/redisRows';
import { repeatRowsInRedis } from '../../faults/repeatRows';
import { REDIS_PASSWORD } from '../../faults/state';
import { RedisProxy } from '../../support/redisProxy';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

let server: RedisServer;
let proxy: RedisProxy | undefined;

beforeAll(async () => {
	server = await startRedisServer(undefined, ['--requirepass', REDIS_PASSWORD]);
});
afterEach(async () => {
	await proxy?.close();
	await forget();
});
afterAll(async () => {
	await server.stop();
});

describeMatrix('Fault matrix (Redis)', [...redisRows, ...repeatRowsInRedis], async () => {
	proxy = await RedisProxy.start(server.port);
	return { redis: proxy };
});

/** All data; scripts stay known, so that every cell makes the same commands. */
async function forget(): Promise<void> {
	const socket = connect(server.port, '127.0.0.1');
	socket.end(`AUTH ${REDIS_PASSWORD}\r\nFLUSHALL\r\n`);
	socket.resume();
	await once(socket, 'close');
}
