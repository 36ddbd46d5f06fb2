import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

import type { WebSocketConnection } from '../../../client/transport/webSocket';
import { transportFailureOf } from '../errors';
import { settle } from '../fakeClock';
import { allThatShows } from '../secrets';
import { until } from '../until';
import { handMadeWebSocketServer, rawFrame, upgradeAnswer, webSocketServer } from '../webSocketServer';
import { TOKEN, webSocketHarness, type MakeTransport } from './harness';

const MEBIBYTE = 1024 * 1024;
const FINAL_TEXT = 0x81;

export function describeConnections(makeTransport: MakeTransport): void {
	const harness = webSocketHarness(makeTransport);

	/** Both ends of a connection. */
	async function connected(): Promise<{ ours: WebSocketConnection; theirs: WebSocket; open: () => number }> {
		const server = await webSocketServer();
		const ours = await harness.connect(server.url);
		const [theirs] = server.connections;
		if (!theirs) throw new Error('The server has no connection');
		return { ours, theirs, open: () => server.open };
	}

	/** A connection to something that opens it, and then does what `behave` does with the bare socket. */
	async function connectedTo(behave: (socket: Socket) => void) {
		const server = await handMadeWebSocketServer((socket, head) => {
			socket.write(upgradeAnswer(head));
			behave(socket);
		});
		return { ours: await harness.connect(server.url), server };
	}

	describe('a connection that stands', () => {
		it('carries texts both ways, in order', async () => {
			const { ours, theirs } = await connected();
			const texts = ['{"a":1}', '', 'Größe ✓ 日本語 🚀', 'x'.repeat(70_000), '\u0000'];
			const arrived: string[] = [];
			theirs.on('message', (data, isBinary) => {
				arrived.push(isBinary ? '<binary>' : String(data));
				theirs.send(String(data));
			});
			for (const text of texts) await ours.send(text);
			await until(() => harness.listener.events.length === texts.length);

			expect(arrived).toEqual(texts);
			expect(harness.listener.events).toEqual(texts);
		});

		it('tells what came together with the upgrade', async () => {
			const server = await handMadeWebSocketServer((socket, head) => {
				socket.write(Buffer.concat([Buffer.from(upgradeAnswer(head)), rawFrame(FINAL_TEXT, 'at once')]));
			});
			await harness.connect(server.url);
			await until(() => harness.listener.events.length > 0);

			expect(harness.listener.events).toEqual(['at once']);
		});

		it('tells a text that comes in fragments as one', async () => {
			await connectedTo((socket) => {
				socket.write(Buffer.concat([rawFrame(0x01, 'in '), rawFrame(0x00, 'three '), rawFrame(0x80, 'parts')]));
			});
			await until(() => harness.listener.events.length > 0);

			expect(harness.listener.events).toEqual(['in three parts']);
		});

		it('takes a text of a mebibyte', async () => {
			const { theirs } = await connected();
			theirs.send('x'.repeat(MEBIBYTE));
			await until(() => harness.listener.events.length > 0);

			expect(harness.listener.events[0]).toHaveLength(MEBIBYTE);
		});

		it('tells that something binary came, not what', async () => {
			const { theirs } = await connected();
			theirs.send(Buffer.from('binary'));
			theirs.send('text');
			await until(() => harness.listener.events.length === 2);

			expect(harness.listener.events).toEqual(['<binary>', 'text']);
		});

		it('pings, and tells that the other side answered', async () => {
			const { ours, theirs } = await connected();
			const pinged = once(theirs, 'ping');
			ours.ping();
			await pinged;
			await until(() => harness.listener.events.length > 0);

			expect(harness.listener.events).toEqual(['<heartbeat>']);
		});

		it('answers a ping, and tells of it', async () => {
			const { theirs } = await connected();
			const answered = once(theirs, 'pong');
			theirs.ping('are you there?');
			const [data] = (await answered) as [Buffer];

			expect(String(data)).toBe('are you there?');
			expect(harness.listener.events).toEqual(['<heartbeat>']);
		});

		it('shows nothing of its address', async () => {
			const { ours } = await connected();
			await ours.send('{}');

			expect(allThatShows(ours)).not.toContain(TOKEN);
		});
	});

	describe('an end by the other side', () => {
		it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4999])(
			'with code %d is told, with its reason',
			async (code) => {
				const { theirs, open } = await connected();
				theirs.close(code, 'Schluß ✓');

				expect(await harness.listener.closed).toEqual({ code, reason: 'Schluß ✓' });
				await until(() => open() === 0);
				expect(harness.listener.events).toEqual(['<closed>']);
			},
		);

		it('without a code is 1005', async () => {
			const { theirs } = await connected();
			theirs.close();

			expect(await harness.listener.closed).toEqual({ code: 1005, reason: '' });
		});

		it.each<[string, (socket: Socket) => void]>([
			['closing', (socket) => socket.end()],
			['resetting', (socket) => socket.resetAndDestroy()],
			['in the middle of a frame, closing', (socket) => socket.end(Buffer.of(FINAL_TEXT, 100, 120))],
		])('by %s the connection is 1006', async (_, end) => {
			const { ours, server } = await connectedTo((socket) => socket.once('data', () => end(socket)));
			await ours.send('{}');

			expect(await harness.listener.closed).toEqual({ code: 1006, reason: '' });
			await until(() => server.open === 0);
		});

		it.each([
			['a goodbye', rawFrame(0x88, Buffer.of(0x03, 0xf0)), { code: 1008 }],
			['a frame against the protocol', rawFrame(0x83, 'x'), { violation: 'malformed' }],
		])('that comes together with the upgrade is told: %s', async (_, frame, end) => {
			const server = await handMadeWebSocketServer((socket, head) => {
				socket.write(Buffer.concat([Buffer.from(upgradeAnswer(head)), frame]));
			});
			await harness.connect(server.url);

			expect(await harness.listener.closed).toMatchObject(end);
			expect(harness.listener.events).toEqual(['<closed>']);
			await until(() => server.open === 0);
		});

		it('is told after the texts that came before it', async () => {
			const { theirs } = await connected();
			theirs.send('last words');
			theirs.close(1011, 'over');
			await harness.listener.closed;

			expect(harness.listener.events).toEqual(['last words', '<closed>']);
		});

		it('is told also when the other side leaves the bare connection open', async () => {
			await connectedTo((socket) => socket.write(rawFrame(0x88, Buffer.from([0x03, 0xf0, 0x4e, 0x6f]))));

			expect(await harness.listener.closed).toEqual({ code: 1008, reason: 'No' });
		});
	});

	describe('what is against the protocol ends the connection', () => {
		it('a text over a mebibyte: too large', async () => {
			const { theirs, open } = await connected();
			theirs.send('x'.repeat(MEBIBYTE + 1));

			expect(await harness.listener.closed).toMatchObject({ violation: 'tooLarge' });
			expect(harness.listener.events).toEqual(['<closed>']);
			await until(() => open() === 0);
		});

		it('a text over a mebibyte in fragments: too large', async () => {
			const { theirs } = await connected();
			for (let part = 0; part < 3; part++) theirs.send('x'.repeat(MEBIBYTE / 2), { fin: false });

			expect(await harness.listener.closed).toMatchObject({ violation: 'tooLarge' });
		});

		it.each<[string, Buffer]>([
			['a reserved bit', rawFrame(0xc1, 'x')],
			['an unknown opcode', rawFrame(0x83, 'x')],
			['a masked frame', Buffer.of(FINAL_TEXT, 0x81, 1, 2, 3, 4, 5)],
			['text that is not UTF-8', rawFrame(FINAL_TEXT, Buffer.of(0xff, 0xfe))],
			['a continuation of nothing', rawFrame(0x80, 'x')],
			['a ping in fragments', rawFrame(0x09, 'x')],
			['a close code that may not be sent', rawFrame(0x88, Buffer.of(0x03, 0xed))],
			['half of a close code', rawFrame(0x88, Buffer.of(0x03))],
		])('%s: malformed', async (_, frame) => {
			const { server } = await connectedTo((socket) => {
				socket.write(Buffer.concat([rawFrame(FINAL_TEXT, 'before'), frame, rawFrame(FINAL_TEXT, 'after')]));
			});

			expect(await harness.listener.closed).toMatchObject({ violation: 'malformed' });
			expect(harness.listener.events.filter((event) => event !== 'before')).toEqual(['<closed>']);
			expect(allThatShows(harness.listener.ends)).not.toContain(TOKEN);
			await until(() => server.open === 0);
		});
	});

	describe('close', () => {
		it('says goodbye with 1000, and resolves when the connection is gone', async () => {
			const { ours, theirs, open } = await connected();
			const closed = once(theirs, 'close');
			await ours.close();

			expect(harness.listener.ends).toHaveLength(1);
			expect((await closed)[0]).toBe(1000);
			await until(() => open() === 0);
		});

		it('does not wait long for one who never says goodbye as well', async () => {
			const { ours, server } = await connectedTo(() => {});
			await ours.close();

			expect(harness.listener.ends).toHaveLength(1);
			await until(() => server.open === 0);
		});

		it('does not wait long for one who reads nothing any more', async () => {
			const { ours, server } = await connectedTo((socket) => socket.pause());
			const written = transportFailureOf(ours.send('x'.repeat(64 * MEBIBYTE)));
			await ours.close();
			await written;

			await until(() => harness.listener.ends.length === 1);
			await server.close();
		});

		it('may be called twice, and after the end', async () => {
			const { ours } = await connected();
			await Promise.all([ours.close(), ours.close()]);
			await ours.close();

			expect(harness.listener.ends).toHaveLength(1);
		});
	});

	describe('destroy', () => {
		it('cuts the connection, without a goodbye', async () => {
			const { ours, theirs, open } = await connected();
			const closed = once(theirs, 'close');
			ours.destroy();

			expect((await closed)[0]).toBe(1006);
			expect(await harness.listener.closed).toMatchObject({ code: 1006 });
			await until(() => open() === 0);
		});

		it('cuts also a connection that is just being closed, and one that is gone', async () => {
			const { ours } = await connectedTo(() => {});
			const closed = ours.close();
			ours.destroy();
			await closed;
			ours.destroy();

			expect(harness.listener.ends).toHaveLength(1);
		});
	});

	describe('sending', () => {
		it('fails when the connection is gone, without the text or the address', async () => {
			const { ours } = await connected();
			await ours.close();
			const failure = await transportFailureOf(ours.send('the text'));

			expect(allThatShows(failure)).not.toMatch(new RegExp(`${TOKEN}|the text`));
		});

		it('is not done while the other side takes nothing, and fails when the connection is cut', async () => {
			const { ours } = await connectedTo((socket) => socket.pause());
			let isOver = false;
			const outcome = transportFailureOf(ours.send('x'.repeat(64 * MEBIBYTE))).finally(() => (isOver = true));
			for (let turn = 0; turn < 50; turn++) await settle();
			expect(isOver).toBe(false);
			ours.destroy();

			expect(await outcome).toMatchObject({ requestSent: true });
		});

		it('a ping when the connection is gone does nothing', async () => {
			const { ours } = await connected();
			const closed = ours.close();
			ours.ping();
			await closed;
			ours.ping();

			expect(harness.listener.ends).toHaveLength(1);
		});
	});
}
