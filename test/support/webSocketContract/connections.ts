import { once } from 'node:events';

import { transportFailureOf } from '../errors';
import { settle } from '../fakeClock';
import { allThatShows } from '../secrets';
import { until } from '../until';
import { handMadeWebSocketServer, rawFrame, upgradeAnswer } from '../webSocketServer';
import { bothEnds, FINAL_TEXT, MEBIBYTE } from './bothEnds';
import { TOKEN, webSocketHarness, type Differs, type MakeTransport } from './harness';

export function describeConnections(makeTransport: MakeTransport, differs: Differs): void {
	const harness = webSocketHarness(makeTransport);
	const { connected, connectedTo } = bothEnds(harness);

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

		if (differs('no-ping')) {
			it('cannot ping; it answers a ping, and says nothing of it', async () => {
				const { ours, theirs } = await connected();
				const answered = once(theirs, 'pong');
				theirs.ping('are you there?');
				const [data] = (await answered) as [Buffer];

				expect(String(data)).toBe('are you there?');
				expect(harness.listener.events).toEqual([]);
				expect(ours.ping).toBeUndefined();
			});
		} else {
			it('pings, and tells that the other side answered', async () => {
				const { ours, theirs } = await connected();
				const pinged = once(theirs, 'ping');
				ours.ping?.();
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

			it('a ping when the connection is gone does nothing', async () => {
				const { ours } = await connected();
				const closed = ours.close();
				ours.ping?.();
				await closed;
				ours.ping?.();

				expect(harness.listener.ends).toHaveLength(1);
			});
		}

		it('shows nothing of its address', async () => {
			const { ours } = await connected();
			await ours.send('{}');

			expect(allThatShows(ours)).not.toContain(TOKEN);
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
	});
}
