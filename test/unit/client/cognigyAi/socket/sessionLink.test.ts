import { endpointName } from '../../../../../client/cognigyAi/endpointAddress';
import { SessionLink } from '../../../../../client/cognigyAi/socket/sessionLink';
import {
	SocketRefusal,
	type SessionSocket,
	type SocketListener,
	type SocketRequest,
} from '../../../../../client/cognigyAi/socket/transport';
import { cognigyErrorOf } from '../../../../support/errors';
import { FakeClock } from '../../../../support/fakeClock';

const token = 'feed'.repeat(16);
const address = { base: 'https://endpoint.example.com', token, name: endpointName(token) };

it('closes a connection that comes about only after it was closed itself (guarantee 7)', async () => {
	const socket = { send: jest.fn(() => true), close: jest.fn() };
	let comeAbout: (socket: SessionSocket) => void = () => {};
	const sockets = { dial: async () => await new Promise<SessionSocket>((resolve) => (comeAbout = resolve)) };
	const link = new SessionLink(
		{ address, userId: 'user-1', sessionId: 's-1', testMode: false },
		{ sockets, clock: new FakeClock(), secrets: [] },
	);
	const ready = link.ready();
	link.close();
	comeAbout(socket);
	await ready;
	expect(socket.close).toHaveBeenCalledTimes(1);
	expect(link.isReady).toBe(false);
	expect(() => link.send('processInput', {})).toThrow('The connection to endpoint-');
	expect(socket.send).not.toHaveBeenCalled();
});

it('does not stand when it was ready and ended in one go, and dials anew (guarantees 3 and 8)', async () => {
	const listeners: SocketListener[] = [];
	const dial = async (_request: SocketRequest, listener: SocketListener) => {
		listeners.push(listener);
		if (listeners.length === 1) listener.onDropped();
		return { send: () => true, close: () => {} };
	};
	const link = new SessionLink(
		{ address, userId: 'user-1', sessionId: 's-1', testMode: false },
		{ sockets: { dial }, clock: new FakeClock(), secrets: [] },
	);
	const drops: string[] = [];
	link.listen({ onDropped: ({ message }) => drops.push(message) });
	expect(await cognigyErrorOf(link.ready())).toMatchObject({ category: 'network', isTransient: true });
	expect(link.isReady).toBe(false);
	expect(drops).toEqual([]);

	await link.ready();
	expect(link.isReady).toBe(true);
	listeners[1]?.onDropped();
	expect(link.isReady).toBe(false);
	expect(drops).toHaveLength(1);
	link.close();
});

it('tells how long the service asks to wait when it is dialled too often', async () => {
	const dial = async () => await Promise.reject(new SocketRefusal('status', { status: 429, retryAfter: '7' }));
	const link = new SessionLink(
		{ address, userId: 'user-1', sessionId: 's-1', testMode: false },
		{ sockets: { dial }, clock: new FakeClock(), secrets: [] },
	);
	expect(await cognigyErrorOf(link.ready())).toMatchObject({ category: 'rateLimit', retryAfterMs: 7_000 });
});
