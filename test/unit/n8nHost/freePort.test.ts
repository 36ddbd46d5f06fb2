import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { freePort } from '../../../n8n-host/freePort';

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

async function listen(port: number): Promise<number> {
	const server = createServer().listen(port, '127.0.0.1');
	servers.push(server);
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}

it('is the preferred one where it is free', async () => {
	const preferred = await freePort();
	expect(await freePort(preferred)).toBe(preferred);
});

it('is another one, which can be listened on, where the preferred one is taken', async () => {
	const taken = await listen(0);
	const port = await freePort(taken);
	expect(port).not.toBe(taken);
	expect(await listen(port)).toBe(port);
});

it('is none that a system hands out to others', async () => {
	for (let count = 0; count < 20; count++) expect(await freePort()).toBeLessThan(32_768);
});
