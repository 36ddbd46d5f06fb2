import { endpointName } from '../../../../../client/cognigyAi/endpointAddress';
import { SessionLink } from '../../../../../client/cognigyAi/socket/sessionLink';
import type { SessionSocket } from '../../../../../client/cognigyAi/socket/transport';
import { FakeClock } from '../../../../support/fakeClock';

const token = 'feed'.repeat(16);
const address = { base: 'https://endpoint.example.com', token, name: endpointName(token), isTest: false };

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
