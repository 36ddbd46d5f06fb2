import { once } from 'node:events';
import type { Socket } from 'node:net';

import { transportFailureOf } from '../errors';
import { settle } from '../fakeClock';
import { allThatShows } from '../secrets';
import { until } from '../until';
import { handMadeWebSocketServer, rawFrame, upgradeAnswer } from '../webSocketServer';
import { bothEnds, FINAL_TEXT, MEBIBYTE } from './bothEnds';
import { TOKEN, webSocketHarness, type Differs, type MakeTransport } from './harness';

export function describeEnds(makeTransport: MakeTransport, differs: Differs): void {
	const harness = webSocketHarness(makeTransport);
	const { connected, connectedTo } = bothEnds(harness);
	/** How what is against the protocol is told. */
	const [violation, end] = differs('violations-look-cut')
		? ['cut', expect.objectContaining({ code: 1006, reason: '' })]
		: ['malformed', expect.objectContaining({ violation: 'malformed' })];
	/** With the code 1008 and a reason. */
	const goodbye = rawFrame(0x88, Buffer.from([0x03, 0xf0, 0x4e, 0x6f]));

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

		it('is told after the texts that came before it', async () => {
			const { theirs } = await connected();
			theirs.send('last words');
			theirs.close(1011, 'over');
			await harness.listener.closed;

			expect(harness.listener.events).toEqual(['last words', '<closed>']);
		});

		it('that comes together with the upgrade is told: a frame against the protocol', async () => {
			const server = await handMadeWebSocketServer((socket, head) => {
				socket.write(Buffer.concat([Buffer.from(upgradeAnswer(head)), rawFrame(0x83, 'x')]));
			});
			await harness.connect(server.url);

			expect(await harness.listener.closed).toEqual(end);
			expect(harness.listener.events).toEqual(['<closed>']);
			await until(() => server.open === 0);
		});

		if (differs('late-goodbyes')) {
			it('is told when the bare connection ends, also if it came together with the upgrade', async () => {
				let end = () => {};
				const server = await handMadeWebSocketServer((socket, head) => {
					socket.write(Buffer.concat([Buffer.from(upgradeAnswer(head)), goodbye]));
					end = () => socket.end();
				});
				await harness.connect(server.url);
				for (let turn = 0; turn < 50; turn++) await settle();
				expect(harness.listener.events).toEqual([]);
				end();

				expect(await harness.listener.closed).toEqual({ code: 1008, reason: 'No' });
				expect(harness.listener.events).toEqual(['<closed>']);
			});

			it('is noticed at the latest by who has something to send', async () => {
				const { ours, server } = await connectedTo((socket) => socket.once('data', () => socket.write(goodbye)));
				await ours.send('first');
				let outcome = '';
				while (outcome === '') {
					await settle();
					await ours.send('more').catch((error: unknown) => (outcome = String(error)));
				}

				expect(outcome).toMatch(/^TransportFailure: the connection is closed$/);
				expect(harness.listener.ends).toEqual([{ code: 1006, reason: '' }]);
				await server.close();
			});
		} else {
			it('that comes together with the upgrade is told: a goodbye', async () => {
				const server = await handMadeWebSocketServer((socket, head) => {
					socket.write(Buffer.concat([Buffer.from(upgradeAnswer(head)), rawFrame(0x88, Buffer.of(0x03, 0xf0))]));
				});
				await harness.connect(server.url);

				expect(await harness.listener.closed).toMatchObject({ code: 1008 });
				expect(harness.listener.events).toEqual(['<closed>']);
				await until(() => server.open === 0);
			});

			it('is told also when the other side leaves the bare connection open', async () => {
				await connectedTo((socket) => socket.write(goodbye));

				expect(await harness.listener.closed).toEqual({ code: 1008, reason: 'No' });
			});
		}
	});

	describe('what is against the protocol ends the connection', () => {
		it('a text over a mebibyte: too large', async () => {
			const { theirs, open } = await connected();
			theirs.send('x'.repeat(MEBIBYTE + 1));

			expect(await harness.listener.closed).toMatchObject({ violation: 'tooLarge' });
			expect(harness.listener.events).toEqual(['<closed>']);
			await until(() => open() === 0);
		});

		it('a text of fewer characters, but over a mebibyte: too large', async () => {
			const { theirs } = await connected();
			theirs.send('ü'.repeat(MEBIBYTE / 2));
			await until(() => harness.listener.events.length === 1);
			theirs.send('ü'.repeat(MEBIBYTE / 2 + 1));

			expect(await harness.listener.closed).toMatchObject({ violation: 'tooLarge' });
			expect(harness.listener.events).toHaveLength(2);
		});

		if (differs('large-frames-fill-memory')) {
			it('a text over a mebibyte in fragments: too large, once it is whole', async () => {
				const { theirs, open } = await connected();
				for (let part = 0; part < 3; part++) theirs.send('x'.repeat(MEBIBYTE / 2), { fin: false });
				theirs.send('', { fin: true });

				expect(await harness.listener.closed).toMatchObject({ violation: 'tooLarge' });
				expect(harness.listener.events).toEqual(['<closed>']);
				await until(() => open() === 0);
			});

			it('a text that says it has more than 128 MiB, before anything of it came: cut', async () => {
				const header = Buffer.alloc(10);
				header.writeUInt16BE(0x817f);
				header.writeBigUInt64BE(BigInt(128 * MEBIBYTE + 1), 2);
				const { server } = await connectedTo((socket) => socket.write(header));

				expect(await harness.listener.closed).toEqual({ code: 1006, reason: '' });
				await until(() => server.open === 0);
			});
		} else {
			it('a text over a mebibyte in fragments: too large', async () => {
				const { theirs } = await connected();
				for (let part = 0; part < 3; part++) theirs.send('x'.repeat(MEBIBYTE / 2), { fin: false });

				expect(await harness.listener.closed).toMatchObject({ violation: 'tooLarge' });
			});
		}

		it.each<[string, Buffer]>([
			['a reserved bit', rawFrame(0xc1, 'x')],
			['an unknown opcode', rawFrame(0x83, 'x')],
			['a masked frame', Buffer.of(FINAL_TEXT, 0x81, 1, 2, 3, 4, 5)],
			['text that is not UTF-8', rawFrame(FINAL_TEXT, Buffer.of(0xff, 0xfe))],
			['a continuation of nothing', rawFrame(0x80, 'x')],
			['a ping in fragments', rawFrame(0x09, 'x')],
			['a close code that may not be sent', rawFrame(0x88, Buffer.of(0x03, 0xed))],
			['half of a close code', rawFrame(0x88, Buffer.of(0x03))],
		])(`%s: ${violation}`, async (_, frame) => {
			const { server } = await connectedTo((socket) => {
				socket.write(Buffer.concat([rawFrame(FINAL_TEXT, 'before'), frame, rawFrame(FINAL_TEXT, 'after')]));
			});

			expect(await harness.listener.closed).toEqual(end);
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
			if (differs('cannot-cut')) expect(server.open).toBe(1);
			else await until(() => server.open === 0);
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
		if (differs('cannot-cut')) {
			it('says goodbye, and hears nothing of the connection any more', async () => {
				const { ours, theirs, open } = await connected();
				const closed = once(theirs, 'close');
				ours.destroy();
				expect(harness.listener.ends).toEqual([{ code: 1006, reason: '' }]);
				theirs.send('late');

				expect((await closed)[0]).toBe(1005);
				await until(() => open() === 0);
				expect(harness.listener.events).toEqual(['<closed>']);
			});

			it('leaves the bare connection to the other side', async () => {
				const { ours, server } = await connectedTo(() => {});
				ours.destroy();
				for (let turn = 0; turn < 50; turn++) await settle();

				expect(harness.listener.ends).toHaveLength(1);
				expect(server.open).toBe(1);
				await server.close();
			});
		} else {
			it('cuts the connection, without a goodbye', async () => {
				const { ours, theirs, open } = await connected();
				const closed = once(theirs, 'close');
				ours.destroy();

				expect((await closed)[0]).toBe(1006);
				expect(await harness.listener.closed).toMatchObject({ code: 1006 });
				await until(() => open() === 0);
			});
		}

		it('cuts also a connection that is just being closed, and one that is gone', async () => {
			const { ours } = await connectedTo(() => {});
			const closed = ours.close();
			ours.destroy();
			await closed;
			ours.destroy();

			expect(harness.listener.ends).toHaveLength(1);
		});
	});
}
