import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';

import { Taking } from '../../../client/cognigyAi/socket/taking';
import { engineServer, type EngineServerOptions } from '../engineServer';
import { allThatShows } from '../secrets';
import { rawServer } from '../servers';
import { until } from '../until';
import { addressAt, endpointOf, say, socketIoHarness, type Differs, type MakeTransport } from './harness';

const OPEN = '0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}';

export function describeConversations(makeTransport: MakeTransport, differs: Differs): void {
	const harness = socketIoHarness(makeTransport);
	const { dial, sandboxWith } = harness;

	/** Both ends of a connection to a service that says what a test wants. */
	async function connected(options?: EngineServerOptions) {
		const server = await engineServer(options);
		const socket = await dial(addressAt(server.url));
		const theirs = server.connections[0] as WebSocket;
		return { server, socket, theirs };
	}

	it('says what it is told to, and hears what is said', async () => {
		const sandbox = await sandboxWith();
		const address = endpointOf(sandbox);
		const socket = await dial(address);
		expect(say(socket, address, 'text')).toBe(true);
		await until(() => harness.heard.some((event) => event.startsWith('finalPing')));
		const events = harness.heard.map((event) => event.split(' ')[0]);
		expect(events).toEqual(['typingStatus', 'output', 'typingStatus', 'finalPing']);
		await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
		expect(sandbox.session('s/1', 'user 1')?.turns).toBe(1);
		expect(allThatShows(socket)).not.toContain(address.token);
	});

	it('hears what is said before it is told that it is connected', async () => {
		const { server } = await connected({
			welcome: ['421["output",{"text":"Early"}]', '40{"sid":"s"}', '42["endpoint-ready"]'],
		});
		await until(() => server.heard.includes('431[]'));

		expect(harness.heard).toEqual(['output {"text":"Early"}']);
	});

	it('tells when the connection ends by itself, and not when we end it', async () => {
		const sandbox = await sandboxWith();
		const address = endpointOf(sandbox);
		const socket = await dial(address);
		sandbox.dropSockets();
		await until(() => harness.isDropped);
		expect(say(socket, address, 'text')).toBe(false);

		harness.forgetDrop();
		const other = await dial(address);
		other.close();
		expect(say(other, address, 'text')).toBe(false);
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
		expect(harness.isDropped).toBe(false);
	});

	it('ends within half a second although the other side does not say goodbye', async () => {
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		harness.closing(() => {
			for (const webSocket of server.clients) webSocket.terminate();
			server.close();
		});
		await once(server, 'listening');
		server.on('connection', (webSocket) => {
			webSocket.send(OPEN);
			webSocket.once('message', () => {
				webSocket.send('40{"sid":"s"}');
				webSocket.send('42["endpoint-ready"]');
				// From now on it reads nothing, also no goodbye.
				webSocket.pause();
			});
		});
		// Whoever reads nothing does not notice the end, but who stands in between does.
		const between = await rawServer((client) => {
			const onward = connect((server.address() as AddressInfo).port, '127.0.0.1');
			client.on('data', (chunk: Buffer) => onward.write(chunk)).on('close', () => onward.destroy());
			onward.on('data', (chunk: Buffer) => client.write(chunk)).on('error', () => {});
		});
		const address = addressAt(between.url);
		const socket = await dial(address);
		socket.close();
		if (differs('cannot-cut')) {
			expect(say(socket, address, 'text')).toBe(false);
			expect(between.open).toBe(1);
		} else await until(() => between.open === 0);
	});

	it('says who it is, to Cognigy and to whoever stands in between', async () => {
		const { server, theirs } = await connected();
		theirs.send('427["handshake"]');
		await until(() => server.heard.length === 1);

		expect(server.headers[0]).toMatchObject({ 'user-agent': 'n8n-nodes-cognigy' });
		expect(server.heard).toEqual([
			`437[{"userId":"user 1","sessionId":"s/1","urlToken":"${'feed'.repeat(16)}","testMode":false,"emitWithAck":true}]`,
		]);
	});

	it('says goodbye when we end it', async () => {
		const { server, socket } = await connected();
		socket.close();
		await until(() => server.ends.length === 1);

		expect(server.heard[0]).toBe('41');
		expect(harness.isDropped).toBe(false);
	});

	it('hears of the end of the session', async () => {
		const { server, socket, theirs } = await connected();
		theirs.send('41');
		await until(() => harness.isDropped);

		expect(socket.send('processInput', {})).toBe(false);
		await until(() => server.ends.length === 1);
	});

	it('does not mind what is none of its business', async () => {
		const { theirs } = await connected();
		for (const packet of ['6', '3', '42/admin,["output",1]', '43["late"]', '42["unknown",1]', '42["output",2]']) {
			theirs.send(packet);
		}
		await until(() => harness.heard.length > 0);

		expect(harness.heard).toEqual(['output 2']);
		expect(harness.isDropped).toBe(false);
	});

	describe('acknowledgements', () => {
		it('answer what asks for one, and nothing else', async () => {
			const { server, theirs } = await connected();
			theirs.send('421["output",{"a":1}]');
			theirs.send('42["output",{"a":2}]');
			theirs.send('423["finalPing",{"type":"regular"}]');
			theirs.send('424["output"]');
			await until(() => server.heard.length === 3);

			expect(server.heard).toEqual(['431[]', '433[]', '434[]']);
			expect(harness.heard).toHaveLength(4);
			expect(harness.heard.at(-1)).toBe('output undefined');
		});

		it('are not given for what is not taken', async () => {
			harness.onEvent = () => false;
			const { server, theirs } = await connected();
			theirs.send('421["output",{"a":1}]');
			theirs.send('422["handshake"]');
			await until(() => server.heard.length === 1);

			expect(server.heard[0]).toMatch(/^432/);
		});

		it('wait until it is safe, and then come at once, and once', async () => {
			const taking = new Taking();
			harness.onEvent = () => taking;
			const { server, theirs } = await connected();
			theirs.send('421["output",{"a":1}]');
			await until(() => harness.heard.length === 1);
			theirs.send('422["handshake"]');
			await until(() => server.heard.length === 1);
			expect(server.heard[0]).toMatch(/^432/);
			taking.safe();
			taking.safe();
			await until(() => server.heard.length > 1);
			theirs.send('423["handshake"]');
			await until(() => server.heard.length > 2);

			expect(server.heard.map((packet) => packet.slice(0, 3))).toEqual(['432', '431', '433']);
		});

		it('are not given any more after the end', async () => {
			const taking = new Taking();
			harness.onEvent = () => taking;
			const { server, socket, theirs } = await connected();
			theirs.send('421["output",{"a":1}]');
			await until(() => harness.heard.length === 1);
			socket.close();
			taking.safe();
			await until(() => server.ends.length === 1);

			expect(server.heard.filter((packet) => packet.startsWith('43'))).toEqual([]);
		});
	});

	describe('the heartbeat', () => {
		it('of the service is answered', async () => {
			const { server, theirs } = await connected();
			theirs.send('2');
			await until(() => server.heard.length === 1);

			expect(server.heard).toEqual(['3']);
		});

		it('that stops ends the connection', async () => {
			const { server } = await connected({ open: { pingInterval: 30, pingTimeout: 20 } });
			await until(() => harness.isDropped);
			await until(() => server.ends.length === 1);
		});

		it('that goes on keeps it', async () => {
			const { theirs } = await connected({ open: { pingInterval: 100, pingTimeout: 200 } });
			const startedAt = performance.now();
			while (performance.now() - startedAt < 700) {
				theirs.send('2');
				await sleep(20);
			}

			expect(harness.isDropped).toBe(false);
			await until(() => harness.isDropped);
		});
	});

	it('ends when more comes than it takes', async () => {
		const { theirs } = await connected();
		theirs.send(`42["output","${'x'.repeat(2 * 1024 * 1024 + 1)}"]`);
		await until(() => harness.isDropped);

		expect(harness.heard).toEqual([]);
	});
}
