import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';

import { engineServer } from '../engineServer';
import { closedPort, rawServer } from '../servers';
import { until } from '../until';
import { addressAt, endpointOf, socketIoHarness, type Differs, type MakeTransport } from './harness';

export function describeDials(makeTransport: MakeTransport, differs: Differs): void {
	const harness = socketIoHarness(makeTransport);
	const { dial, failureOf, sandboxWith } = harness;

	it('reaches an endpoint below a path', async () => {
		const paths: string[] = [];
		const refusing = await rawServer((socket) => {
			socket.once('data', (head: Buffer) => {
				paths.push(head.toString('latin1').split('\r\n')[0] ?? '');
				socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
			});
		});
		const failure = await failureOf(addressAt(`${refusing.url}/cognigy/endpoints`));
		const asked = 'GET /cognigy/endpoints/socket.io/?handshake=true&EIO=4&transport=websocket HTTP/1.1';
		if (differs('unseen-refusals')) {
			expect(failure).toMatchObject({ kind: 'refused' });
			expect(paths).toEqual([asked, 'HEAD /cognigy/endpoints/socket.io/ HTTP/1.1']);
		} else {
			expect(failure).toMatchObject({ kind: 'status', details: { status: 404 } });
			expect(paths).toEqual([asked]);
		}
	});

	it('leaves no listener at who dials', async () => {
		const server = await engineServer();
		await dial(addressAt(server.url));
		expect(getEventListeners(harness.caller.signal, 'abort')).toHaveLength(0);
		harness.caller.abort();
		server.connections[0]?.send('42["output",1]');
		await until(() => harness.heard.length === 1);
	});

	describe('a dial that fails', () => {
		afterEach(() => expect(getEventListeners(harness.caller.signal, 'abort')).toHaveLength(0));

		it('tells why: nobody listens, nobody of that name, another protocol', async () => {
			expect(await failureOf(addressAt(`http://127.0.0.1:${await closedPort()}`))).toMatchObject({
				kind: 'unreachable',
			});
			expect(await failureOf(addressAt('http://nobody.invalid'))).toMatchObject({ kind: 'dns' });
			const mail = await rawServer((socket) => socket.end('220 mail.example.com\r\n'));
			expect(await failureOf(addressAt(mail.url))).toMatchObject({ kind: 'malformed' });
			const v2 = await sandboxWith({ socketProtocol: 'v2' });
			expect(await failureOf(endpointOf(v2))).toMatchObject({ kind: 'protocol' });
		});

		it.each([
			['an error before it is ready', ['40{"sid":"s"}', '42["exception",{"data":{"error":{"message":"No."}}}]']],
			['an output that is an error', ['40{"sid":"s"}', '42["output",{"type":"error","data":"No."}]']],
		])('tells what the endpoint says: %s', async (_what, welcome) => {
			const server = await engineServer({ welcome });
			const failure = await failureOf(addressAt(server.url));
			expect(failure).toMatchObject({ kind: 'error' });
			expect(JSON.stringify(failure)).toContain('No.');
			await until(() => server.ends.length === 1);
			expect(harness.heard).toEqual([]);
		});

		it('tells why the service does not take the connection, in its words', async () => {
			const server = await engineServer({ welcome: ['44{"message":"Not today."}'] });
			expect(await failureOf(addressAt(server.url))).toMatchObject({
				kind: 'error',
				details: { payload: { message: 'Not today.' } },
			});
			await until(() => server.ends.length === 1);
		});

		it('was connected, but the service ended the session', async () => {
			const server = await engineServer({ welcome: ['40{"sid":"s"}', '41'] });
			expect(await failureOf(addressAt(server.url))).toMatchObject({ kind: 'closed' });
			await until(() => server.ends.length === 1);
			expect(harness.isDropped).toBe(false);
		});

		it('ends at once when it is aborted, whatever it waits for', async () => {
			const silent = await rawServer((socket) => socket.resume());
			const waiting = failureOf(addressAt(silent.url));
			await until(() => silent.open === 1);
			harness.caller.abort();
			expect(await waiting).toMatchObject({ kind: 'aborted' });
			await until(() => silent.open === 0);
			expect(await failureOf(addressAt(silent.url))).toMatchObject({ kind: 'aborted' });
		});

		it(`${differs('unseen-refusals') ? 'does not tell' : 'tells'} how long the service asks to wait`, async () => {
			const busy = await rawServer((socket) => {
				socket.once('data', () => socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n'));
			});
			const failure = await failureOf(addressAt(busy.url));
			expect(failure).toMatchObject(
				differs('unseen-refusals')
					? { kind: 'refused', requestSent: false }
					: { kind: 'status', details: { status: 429, retryAfter: '7' } },
			);
			await until(() => busy.open === 0);
		});

		it.each([
			['was upgraded', []],
			['was opened', ['0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}']],
		])('%s, and leads nowhere: ends within half a second when it is aborted (guarantee 7)', async (_when, packets) => {
			let isUpgraded = false;
			// It reads no goodbye, as whoever stands in between never passes it on.
			const server = await rawServer((socket) => {
				socket.once('data', (head: Buffer) => {
					const key = /^sec-websocket-key: (.*)\r$/im.exec(head.toString('latin1'))?.[1] ?? '';
					socket.write(upgradeTo(key, packets));
					isUpgraded = true;
				});
			});
			const waiting = failureOf(addressAt(server.url));
			await until(() => isUpgraded);
			// The answer has to be there before the dial ends: or else it is only a request that is given up.
			await new Promise((resolve) => setTimeout(resolve, 50));
			harness.caller.abort();
			expect(await waiting).toMatchObject({ kind: 'aborted' });
			if (differs('cannot-cut')) expect(server.open).toBe(1);
			else await until(() => server.open === 0);
		});

		it('was connected, but not ready, when it is aborted', async () => {
			const sandbox = await sandboxWith({ endpointReady: false });
			const waiting = failureOf(endpointOf(sandbox));
			await sandbox.when(() => sandbox.stats().sockets.innerHandshakes === 1);
			await new Promise((resolve) => setTimeout(resolve, 50));
			harness.caller.abort();
			expect(await waiting).toMatchObject({ kind: 'notReady' });
			await sandbox.when(() => sandbox.stats().sockets.open === 0);
		});
	});
}

/** The answer of a server that takes WebSockets, and what it says first. */
function upgradeTo(key: string, packets: readonly string[]): Buffer {
	const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
	const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
	const frames = packets.map((text) => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
	return Buffer.concat([Buffer.from([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')), ...frames]);
}
