import { RedisSession } from '../../../../client/redis/redisSession';
import type { Clock } from '../../../../client/time/clock';
import { closeServers, rawServer } from '../../../support/servers';

const mockTimers = new Set<() => void>();

function mockFireTimers(): void {
	for (const fire of mockTimers) fire();
}

/** Loading takes so long that every time limit that runs meanwhile is over. */
jest.mock('@redis/client', () => {
	mockFireTimers();
	return jest.requireActual<object>('@redis/client');
});

const clock: Clock = {
	wallTime: () => 0,
	monotonic: () => 0,
	after(_ms, callback) {
		mockTimers.add(callback);
		return () => mockTimers.delete(callback);
	},
};

afterEach(closeServers);

it('the time limit of the first command leaves out how long the library takes to load', async () => {
	const { port } = await rawServer((socket) => socket.on('data', () => socket.write('+PONG\r\n')));
	const session = new RedisSession({ host: '127.0.0.1', port, tls: false }, clock, () => 0);

	expect(await session.command(['PING'])).toBe('PONG');
	await session.close();
});

it('a connection may be closed while the library loads', async () => {
	const server = await rawServer((socket) => socket.resume());
	await jest.isolateModulesAsync(async () => {
		// Once more a library that is not loaded yet.
		const { RedisSession: NewSession } = await import('../../../../client/redis/redisSession');
		const session = new NewSession({ host: '127.0.0.1', port: server.port, tls: false }, clock, () => 0);
		const command = session.command(['PING']);
		const closing = session.close();
		mockFireTimers();

		await expect(command).rejects.toMatchObject({ name: 'RedisError' });
		await closing;
	});
	expect(server.open).toBe(0);
});
