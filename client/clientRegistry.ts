import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

import { CognigyAiClient } from './cognigyAi/cognigyAiClient';
import { cognigyAiAccount, parseCognigyAiConfig } from './cognigyAi/config';
import { SocketIoTransport } from './cognigyAi/socket/socketIoTransport';
import { AxiosTransport } from './http/axiosTransport';
import type { EgressPolicy } from './net/egress';
import { accountKey } from './registry/accountKey';
import { openLoginSharing, openState } from './state';
import { systemClock } from './time/clock';
import type { CognigyClient } from './types';
import { parseV1Config } from './v1/config';
import { V1Client } from './v1/v1Client';
import { WsTransport } from './webSocket/wsTransport';

/** What a credential says; the backend is chosen by the type of the credential. */
export interface Credential {
	type: 'cognigyApi' | 'cognigyAiApi';
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
export function clientFor({ type, fields }: Credential, surroundings: Surroundings): CognigyClient {
	const { config, create } = backends[type](fields);
	const key = createHash('sha256')
		.update(JSON.stringify([type, config]))
		.digest('hex');
	let client = clients.get(key);
	if (!client) {
		client = create(surroundings);
		clients.set(key, client);
	}
	return client;
}

interface Backend {
	/** What the credential says, checked. */
	config: object;
	create: (surroundings: Surroundings) => CognigyClient;
}

const backends: Readonly<Record<Credential['type'], (fields: unknown) => Backend>> = {
	cognigyApi(fields) {
		const config = parseV1Config(fields);
		const { stateStore, redisUrl, requestsPerMinute } = config;
		const account = accountKey({ type: 'cognigyApi', ...config });
		const budget = { requestsPerWindow: requestsPerMinute, windowMs: 60_000 };
		return {
			config,
			create: ({ egress, stateFolder, onWarning }) =>
				new V1Client(config, {
					transport: new AxiosTransport(egress),
					webSocket: new WsTransport(egress),
					clock: systemClock,
					random: Math.random,
					...openState({ stateStore, redisUrl, account, budget }, stateFolder, onWarning),
					...openLoginSharing({ stateStore, redisUrl, account }, config),
				}),
		};
	},
	cognigyAiApi(fields) {
		const config = parseCognigyAiConfig(fields);
		const { stateStore, redisUrl, requestsPer5Minutes } = config;
		const account = cognigyAiAccount(config);
		const budget = { requestsPerWindow: requestsPer5Minutes, windowMs: 5 * 60_000 };
		return {
			config,
			create: ({ egress, stateFolder, onWarning }) =>
				new CognigyAiClient(config, {
					transport: new AxiosTransport(egress),
					sockets: new SocketIoTransport(egress),
					clock: systemClock,
					random: Math.random,
					...openState({ stateStore, redisUrl, account, budget }, stateFolder, onWarning),
				}),
		};
	},
};

/** Closes every client. For tests and orderly ends; a later `clientFor` starts afresh. */
export function closeAllClients(): void {
	for (const client of clients.values()) client.close();
	clients.clear();
}
