import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { openGate, type Gate } from '../../soak/gate';

let server: Server;
let gate: Gate;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const agent = new Agent({ keepAlive: true });

beforeEach(async () => {
	serve = (_request, response) => response.end('fine');
	server = createServer((request, response) => serve(request, response)).listen(0, '127.0.0.1');
	await once(server, 'listening');
	gate = await openGate((server.address() as AddressInfo).port);
});
afterEach(() => {
	gate.close();
	server.close();
	server.closeAllConnections();
});
afterAll(() => agent.destroy());

async function ask(): Promise<string> {
	const request = get({ port: gate.port, host: '127.0.0.1', agent });
	const [response] = (await once(request, 'response')) as [IncomingMessage];
	return await text(response);
}

it('lets through what comes and what is answered', async () => {
	expect(await ask()).toBe('fine');
	expect(await ask()).toBe('fine');
});

it('refuses everybody while it is shut, and is open again at the same port', async () => {
	await ask();
	const { port } = gate;
	gate.shut();
	await expect(ask()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
	await expect(ask()).rejects.toThrow('ECONNREFUSED');
	await gate.open();
	expect(gate.port).toBe(port);
	expect(await ask()).toBe('fine');
});

it('ends those who wait for an answer, on both sides', async () => {
	const gone = new Promise<void>((resolve) => {
		serve = (_request, response) => {
			response.once('close', resolve);
			gate.shut();
		};
	});
	await expect(ask()).rejects.toThrow(/ECONNRESET|hang up/);
	await gone;
});

it('loses nothing that the service has answered already', async () => {
	const answer = 'x'.repeat(300_000);
	serve = (_request, response) => {
		response.end(answer);
		gate.shut();
	};
	expect(await ask()).toBe(answer);
});

it('passes a reset on', async () => {
	serve = (request) => request.socket.resetAndDestroy();
	await expect(ask()).rejects.toThrow(/ECONNRESET|hang up/);
});
