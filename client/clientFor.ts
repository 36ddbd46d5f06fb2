import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

import { budgetOf, metricsOf, tokenStateOf } from './account/accounts';
import { endProcessState, processState } from './account/processState';
import { sharedSockets } from './account/sockets';
import { CognigyAiClient } from './cognigyAi/cognigyAiClient';
import { cognigyAiAccount, cognigyAiKey, parseCognigyAiConfig } from './cognigyAi/config';
import { SocketIoTransport } from './cognigyAi/socket/socketIoTransport';
import { nameOf } from './streams/messageStreams';
import { AxiosTransport } from './transport/node/axiosTransport';
import type { EgressPolicy } from './transport/egress';
import { accountKey } from './registry/accountKey';
import { openLoginSharing, openRegistry, type StateStore } from './openState';
import { systemClock } from './time/clock';
import type { CognigyClient } from './types';
import { parseV1Config, v1Login } from './v1/config';
import { V1Client } from './v1/v1Client';
import { WsTransport } from './transport/node/wsTransport';

/** What a credential says; the backend is chosen by the type of the credential. */
export interface Credential {
	type: 'cognigyApi' | 'cognigyAiApi';
	fields: unknown;
}

/** What is the same for the whole process; that of the first caller stays. */
export interface HostEnvironment {
	/** n8n's network policy. */
	egress: EgressPolicy;
	/** n8n's folder, for what must outlive it. */
	stateFolder: string;
	/** Told of what is wrong with what all calls share, for n8n's log. */
	onWarning: (message: string) => void;
}

/** Credentials whose client is kept at the same time. The least used one goes first; what its account shares stays. */
const MAX_CLIENTS = 200;

/** Running calls of a client that falls out go on; its unused connections close by themselves. */
const clients = new LRUCache<string, CognigyClient>({ max: MAX_CLIENTS });

/**
 * The client of a credential: every node and execution of this process shares it, and with it one connection pool. A
 * changed credential gets a client of its own. What must exist once for an account (token, budget, followers, sockets,
 * metrics; guarantee 4) is shared by all clients of the account, see `account/`.
 * @throws {CognigyError} `invalidInput`, naming the field of the credential
 */
export function clientFor({ type, fields }: Credential, environment: HostEnvironment): CognigyClient {
	const { config, create } = backends[type](fields);
	const key = createHash('sha256')
		.update(JSON.stringify([type, config]))
		.digest('hex');
	let client = clients.get(key);
	if (!client) {
		client = create(environment);
		clients.set(key, client);
	}
	return client;
}

interface Backend {
	/** What the credential says, checked. */
	config: object;
	create: (environment: HostEnvironment) => CognigyClient;
}

const followers = () => processState().followers;

const backends: Readonly<Record<Credential['type'], (fields: unknown) => Backend>> = {
	cognigyApi(fields) {
		const config = parseV1Config(fields);
		const { password, requestsPerMinute: requestsPerWindow } = config;
		return {
			config,
			create: ({ egress, stateFolder, onWarning }) => {
				const account = { account: v1Login(config), windowMs: 60_000, clock: systemClock, onWarning };
				const name = accountKey({ type: 'cognigyApi', ...config });
				return new V1Client(config, {
					transport: new AxiosTransport(egress),
					webSocket: new WsTransport(egress),
					clock: systemClock,
					random: Math.random,
					registry: openRegistry(config, stateFolder, onWarning),
					budget: budgetOf(account, { requestsPerWindow, redisUrl: redisUrlOf(config) }),
					...openLoginSharing(config, account.account, config),
					shared: {
						tokenState: tokenStateOf(account, password),
						metrics: () => metricsOf(name),
						followers,
						nameOf: (session) => JSON.stringify([account.account, nameOf(session)]),
					},
				});
			},
		};
	},
	cognigyAiApi(fields) {
		const config = parseCognigyAiConfig(fields);
		const { apiKey, requestsPer5Minutes: requestsPerWindow } = config;
		return {
			config,
			create: ({ egress, stateFolder, onWarning }) => {
				const account = { account: cognigyAiKey(config), windowMs: 5 * 60_000, clock: systemClock, onWarning };
				const name = cognigyAiAccount(config);
				const sockets = new SocketIoTransport(egress);
				const { links, pushed, secrets } = sharedSockets(() => ({ sockets, clock: systemClock }));
				if (!secrets.includes(apiKey)) secrets.push(apiKey);
				return new CognigyAiClient(config, {
					transport: new AxiosTransport(egress),
					sockets,
					clock: systemClock,
					random: Math.random,
					registry: openRegistry(config, stateFolder, onWarning),
					budget: budgetOf(account, { requestsPerWindow, redisUrl: redisUrlOf(config) }),
					shared: { metrics: () => metricsOf(name), links, pushed, followers },
				});
			},
		};
	},
};

function redisUrlOf({ stateStore, redisUrl }: StateStore): string {
	return stateStore === 'redis' ? redisUrl : '';
}

/** Closes every client, and what they share. For tests and orderly ends; a later `clientFor` starts afresh. */
export function closeAllClients(): void {
	for (const client of clients.values()) client.close();
	clients.clear();
	endProcessState();
}
