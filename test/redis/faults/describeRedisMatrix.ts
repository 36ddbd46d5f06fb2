import { connect } from 'node:net';
import { once } from 'node:events';

import { describeMatrix } from '../../faults/describeMatrix';
import type { Row } from '../../faults/rows';
import { REDIS_PASSWORD } from '../../faults/state';
import { RedisProxy } from '../../support/redisProxy';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

/** A part of the fault matrix whose state is kept in a Redis of its own. */
export function describeRedisMatrix(rows: readonly Row[]): void {
	let server: RedisServer;
	let proxy: RedisProxy | undefined;

	beforeAll(async () => {
		server = await startRedisServer(undefined, ['--requirepass', REDIS_PASSWORD]);
	});
	afterEach(async () => {
		await proxy?.close();
		await forget(server);
	});
	afterAll(async () => {
		await server.stop();
	});

	describeMatrix('Fault matrix (Redis)', rows, async () => {
		proxy = await RedisProxy.start(server.port);
		return { redis: proxy };
	});
}

/** All data; scripts stay known, so that every cell makes the same commands. */
async function forget({ port }: RedisServer): Promise<void> {
	const socket = connect(port, '127.0.0.1');
	socket.end(`AUTH ${REDIS_PASSWORD}\r\nFLUSHALL\r\n`);
	socket.resume();
	await once(socket, 'close');
}
