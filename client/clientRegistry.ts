import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

import { AxiosTransport } from './http/axiosTransport';
import type { EgressPolicy } from './net/egress';
import { openState } from './state';
import { systemClock } from './time/clock';
import type { CognigyClient } from './types';
import { parseV1Config } from './v1/config';
import { V1Client } from './v1/v1Client';
import { WsTransport } from './webSocket/wsTransport';

/** What a credential says; the backend is chosen by the type of the credential. */
export interface Credential {
	type: 'cognigyApi';
	fields: unknown;
}

/** What is the same for the whole process; that of the first caller stays. */
export interface Surroundings {
	/** n8n's network policy. */
	egress: EgressPolicy;
	/** n8n's folder, for what must outlive it. */
	stateFolder: string;
	/** Told of what is wrong with what all calls share, for n8n's log. */
	onWarning: (message: string) => void;
}

/** Credentials whose client (token, connections, metrics) is kept at the same time. The least used one goes first. */
const MAX_CLIENTS = 200;

/** Running calls of a client that falls out go on; its unused connections close by themselves. */
const clients = new LRUCache<string, CognigyClient>({ max: MAX_CLIENTS });

/**
 * The client of a credential: every node and execution of this process shares it, and with it one token, one connection
 * pool and one set of metrics (guarantee 4). A changed credential gets a client of its own.
 * @throws {CognigyError} `invalidInput`, naming the field of the credential
 */
export function clientFor(
	{ type, fields }: Credential,
	{ egress, stateFolder, onWarning }: Surroundings,
): CognigyClient {
	const config = parseV1Config(fields);
	const key = createHash('sha256')
		.update(JSON.stringify([type, config]))
		.digest('hex');
	let client = clients.get(key);
	if (!client) {
		client = new V1Client(config, {
			transport: new AxiosTransport(egress),
			webSocket: new WsTransport(egress),
			clock: systemClock,
			random: Math.random,
			...openState(config, stateFolder, onWarning),
		});
		clients.set(key, client);
	}
	return client;
}

/** Closes every client. For tests and orderly ends; a later `clientFor` starts afresh. */
export function closeAllClients(): void {
	for (const client of clients.values()) client.close();
	clients.clear();
}
