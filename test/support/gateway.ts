import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { passOn } from './passOn';

/** How a gateway gives up on a request: with a status, by closing or resetting its connection, or in the middle of an answer. */
export type Cut = number | 'close' | 'reset' | 'truncate';

/** A load balancer in front of a service, which gives up on requests when the test says so. */
export interface Gateway {
	url: string;
	/** Long polls that the service holds at the moment. */
	readonly held: number;
	/** Polls that have arrived so far. */
	readonly polls: number;
	/** Gives up on every poll that is held. */
	cut(how: Cut): void;
	/** From now on every poll is answered so at once; undefined: passed on again. */
	refusePolls(how: Cut | undefined): void;
	close(): Promise<void>;
}

/** @param target base URL of the service */
export async function startGateway(target: string): Promise<Gateway> {
	const held = new Map<ServerResponse, () => void>();
	let polls = 0;
	let refusal: Cut | undefined;
	const server = createServer((incoming, response) => {
		const isPoll = incoming.url?.includes('wait=true') ?? false;
		if (isPoll) polls++;
		if (isPoll && refusal !== undefined) return end(response, refusal);
		const onward = passOn(incoming, response, target);
		if (isPoll) held.set(response, () => onward.destroy());
		response.once('close', () => {
			onward.destroy();
			held.delete(response);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		get held() {
			return [...held.keys()].filter(({ headersSent }) => !headersSent).length;
		},
		get polls() {
			return polls;
		},
		cut(how) {
			for (const [response, leaveService] of [...held]) {
				held.delete(response);
				leaveService();
				end(response, how);
			}
		},
		refusePolls(how) {
			refusal = how;
		},
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

function end(response: ServerResponse, how: Cut): void {
	if (typeof how === 'number') {
		response.writeHead(how, { 'Content-Type': 'text/html' }).end('<h1>The upstream did not answer</h1>');
	} else if (how === 'truncate') {
		response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
		response.write('[', () => response.destroy());
	} else if (how === 'reset') {
		response.socket?.resetAndDestroy();
	} else {
		response.destroy();
	}
}
