import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A TCP port on 127.0.0.1 that nobody listens on: the preferred one where it is free, else any. */
export async function freePort(preferred?: number): Promise<number> {
	if (preferred !== undefined && (await canListen(preferred)) !== undefined) return preferred;
	const port = await canListen(0);
	if (port === undefined) throw new Error('No free TCP port on 127.0.0.1.');
	return port;
}

async function canListen(port: number): Promise<number | undefined> {
	const probe = createServer();
	try {
		probe.listen(port, '127.0.0.1');
		await once(probe, 'listening');
	} catch {
		return undefined;
	}
	const { port: found } = probe.address() as AddressInfo; // a TCP server that listens always has one
	probe.close();
	await once(probe, 'close');
	return found;
}
