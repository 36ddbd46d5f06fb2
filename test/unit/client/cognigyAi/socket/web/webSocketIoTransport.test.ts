import { SocketRefusal, type SocketListener } from '../../../../../../client/cognigyAi/socket/transport';
import { WebSocketIoTransport } from '../../../../../../client/cognigyAi/socket/web/webSocketIoTransport';
import { unrestrictedEgress } from '../../../../../../client/transport/egress';
import { closeEngineServers, engineServer, type EngineServerOptions } from '../../../../../support/engineServer';
import { transportFailureOf } from '../../../../../support/errors';
import { FakeClock } from '../../../../../support/fakeClock';
import { until } from '../../../../../support/until';

let clock: FakeClock;
let heard: unknown[];
let drops: number;

beforeEach(() => {
	clock = new FakeClock();
	heard = [];
	drops = 0;
});
afterEach(closeEngineServers);

const listener: SocketListener = {
	onEvent: (event, payload) => heard.push([event, payload]) > 0,
	onDropped: () => drops++,
};

function dial(url: string, signal = new AbortController().signal) {
	const address = { base: url, token: 'feed'.repeat(16), name: 'endpoint-feed' };
	const request = { address, userId: 'user-1', sessionId: 's-1', testMode: false, signal };
	return new WebSocketIoTransport(unrestrictedEgress, clock).dial(request, listener);
}

async function connected(options?: EngineServerOptions) {
	const server = await engineServer(options);
	const socket = await dial(server.url);
	const [theirs] = server.connections;
	if (!theirs) throw new Error('Nobody is connected');
	return { server, socket, theirs };
}

describe('the heartbeat', () => {
	it('may be missing as long as the service says, and no longer, counted from the last beat', async () => {
		const { server, theirs } = await connected();
		await clock.advance(44_999);
		expect(drops).toBe(0);
		theirs.send('2');
		await until(() => server.heard.length === 1);
		await clock.advance(44_999);
		expect(drops).toBe(0);
		await clock.advance(1);

		expect(drops).toBe(1);
		expect(clock.pendingTimers).toBe(0);
	});

	it('is watched also before the endpoint is ready', async () => {
		const server = await engineServer({ welcome: [] });
		const failure = transportFailureOf(dial(server.url));
		await until(() => clock.isWaiting(45_000));
		await clock.advance(45_000);

		expect(await failure).toMatchObject({ kind: 'dropped', requestSent: false });
	});

	it('is expected within an hour, whatever the service says', async () => {
		await connected({ open: { pingInterval: 1e300, pingTimeout: 1e300 } });
		await clock.advance(60 * 60_000);

		expect(drops).toBe(1);
	});
});

describe('a connection that is not of Socket.IO 4 fails as malformed', () => {
	it.each<[string, EngineServerOptions]>([
		['it opens without an id', { open: { sid: undefined } }],
		['it opens without a heartbeat', { open: { pingInterval: 0 } }],
		['it opens twice', { welcome: ['0{"sid":"e","pingInterval":1,"pingTimeout":1}'] }],
		['it is of another protocol', { welcome: ['9'] }],
		['an empty frame', { welcome: [''] }],
		['a handshake before it is connected', { welcome: ['42["endpoint-ready"]'] }],
		['binary attachments', { welcome: ['40{"sid":"s"}', '451-["output",{"_placeholder":true,"num":0}]'] }],
	])('%s', async (_what, options) => {
		const server = await engineServer(options);

		expect(await transportFailureOf(dial(server.url))).toMatchObject({ kind: 'malformed', requestSent: false });
		await until(() => server.ends.length === 1);
		expect([heard, drops, clock.pendingTimers]).toEqual([[], 0, 0]);
	});

	it('something binary, in words', async () => {
		const server = await engineServer({ welcome: [] });
		const failure = transportFailureOf(dial(server.url));
		await until(() => server.connections.length === 1);
		server.connections[0]?.send(Buffer.from('x'));

		expect((await failure).message).toBe('the endpoint sent something binary, which is not supported');
	});

	it('what is too large, in words', async () => {
		const server = await engineServer({ welcome: [`42["${'x'.repeat(2 * 1024 * 1024)}"]`] });

		expect(await transportFailureOf(dial(server.url))).toMatchObject({ kind: 'tooLarge' });
	});
});

describe('the end', () => {
	it('of the connection, by the service', async () => {
		const { server, socket, theirs } = await connected();
		theirs.send('1');
		await until(() => drops === 1);

		expect(socket.send('processInput', {})).toBe(false);
		await until(() => server.ends.length === 1);
		expect(clock.pendingTimers).toBe(0);
	});

	it('of the connection, by the service, before it is ready', async () => {
		const server = await engineServer({ welcome: ['1'] });
		const error: unknown = await dial(server.url).catch((reason: unknown) => reason);

		expect(error).toBeInstanceOf(SocketRefusal);
		expect(error).toMatchObject({ kind: 'closed' });
	});

	it('by us says goodbye to the session, to the connection and to the WebSocket', async () => {
		const { server, socket, theirs } = await connected();
		socket.close();
		theirs.send('42["output",1]');
		await until(() => server.ends.length === 1);

		expect(server.heard).toEqual(['41', '1']);
		expect(server.ends).toEqual([1000]);
		expect([heard, drops]).toEqual([[], 0]);
		socket.close();
		await until(() => clock.pendingTimers === 0);
	});

	it('of a dial that stands still, by its caller', async () => {
		const caller = new AbortController();
		const server = await engineServer({ welcome: ['40{"sid":"s"}', '427["handshake"]'] });
		const outcome = dial(server.url, caller.signal).catch((reason: unknown) => reason);
		await until(() => server.heard.length === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ kind: 'notReady' });
		await until(() => server.ends.length === 1);
	});
});

it('sends nothing that is larger than the service takes', async () => {
	const { server, socket } = await connected({ open: { maxPayload: 100 } });

	expect(socket.send('processInput', { text: 'x'.repeat(100) })).toBe(false);
	expect(socket.send('processInput', { text: 'x' })).toBe(true);
	await until(() => server.heard.length === 1);
	expect(server.heard).toEqual(['42["processInput",{"text":"x"}]']);
	expect(drops).toBe(0);
});
