import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux, macOS and Windows hand out, above the ones that browsers refuse. */
const [LOWEST, END] = [11_000, 20_000];

/**
 * A TCP port on 127.0.0.1 that nobody listens on: the preferred one where it is free, else any of those that no system
 * hands out to servers that take any port. So whoever stops listening on it for a while finds it free again.
 */
export async function freePort(preferred?: number): Promise<number> {
	if (preferred !== undefined && (await canListen(preferred))) return preferred;
	for (let attempt = 0; attempt < 100; attempt++) {
		const port = randomInt(LOWEST, END);
		if (await canListen(port)) return port;
	}
	throw new Error(`No free TCP port on 127.0.0.1 between ${LOWEST} and ${END}.`);
}

async function canListen(port: number): Promise<boolean> {
	const probe = createServer();
	try {
		probe.listen(port, '127.0.0.1');
		await once(probe, 'listening');
	} catch {
		return false;
	}
	probe.close();
	await once(probe, 'close');
	return true;
}
