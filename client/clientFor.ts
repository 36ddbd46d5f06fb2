import { createHash } from 'node:crypto';
import { lru } from 'tiny-lru';

import { budgetOf, metricsOf, tokenStateOf, type AccountOptions } from './account/accounts';
import { endProcessState, processState } from './account/processState';
import { sharedSockets } from './account/sockets';
import type { Backend, Inputs } from './backend';
import { Client } from './client';
import { CognigyAiBackend } from './cognigyAi/backend';
import { cognigyAiKey, parseCognigyAiConfig } from './cognigyAi/config';
import { edition } from './edition';
import type { StateStore } from './openState';
import type { SharedSessions } from './streams/feed/sharedSessions';
import type { EgressPolicy } from './transport/egress';
import type { CognigyClient, PlatformInputs } from './types';
import { V1Backend } from './v1/backend';
import { parseV1Config, v1Login, type V1Config } from './v1/config';
import type { ShareLogin } from './v1/tokens';

/** What a credential says; the backend is chosen by the type of the credential. */
export interface Credential<Type extends keyof PlatformInputs = keyof PlatformInputs> {
	type: Type;
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
const clients = lru<CognigyClient>(MAX_CLIENTS);

/**
 * The client of a credential: every node and execution of this process shares it, and with it one connection pool. A
 * changed credential gets a client of its own. What must exist once for an account (token, budget, followers, sockets,
 * metrics; guarantee 4) is shared by all clients of the account, see `account/`.
 * @throws {CognigyError} `invalidInput`, naming the field of the credential
 */
export function clientFor<Type extends keyof PlatformInputs>(
	{ type, fields }: Credential<Type>,
	environment: HostEnvironment,
): CognigyClient<PlatformInputs[Type]> {
	const { config, create } = openers[type](fields);
	const key = createHash('sha256')
		.update(JSON.stringify([type, config]))
		.digest('hex');
	let client = clients.get(key);
	if (!client) {
		client = create(environment);
		clients.set(key, client);
	}
	// The type is part of the key.
	return client;
}

interface Opener<I extends Inputs> {
	/** What the credential says, checked. */
	config: object;
	create: (environment: HostEnvironment) => CognigyClient<I>;
}

const openers: { readonly [Type in keyof PlatformInputs]: (fields: unknown) => Opener<PlatformInputs[Type]> } = {
	cognigyApi(fields) {
		const said = parseV1Config(fields);
		const config = servedHere(said);
		const { password, requestsPerMinute: requestsPerWindow } = config;
		return {
			config: said,
			create: ({ egress, stateFolder, onWarning }) => {
				const account = { account: v1Login(config), windowMs: 60_000, ...sharing(onWarning) };
				const backend = new V1Backend(config, {
					transport: edition.httpTransport(egress),
					webSocket: edition.webSocketTransport(egress),
					clock: edition.clock,
					random: Math.random,
					budget: budgetOf(account, { requestsPerWindow, redisUrl: redisUrlOf(config) }),
					...loginSharing(config, account.account),
					tokenState: tokenStateOf(account, password),
				});
				return open(backend, said, stateFolder, onWarning);
			},
		};
	},
	cognigyAiApi(fields) {
		const said = parseCognigyAiConfig(fields);
		const config = servedHere(said);
		const { apiKey, requestsPer5Minutes: requestsPerWindow } = config;
		return {
			config: said,
			create: ({ egress, stateFolder, onWarning }) => {
				const account = { account: cognigyAiKey(config), windowMs: 5 * 60_000, ...sharing(onWarning) };
				const sockets = edition.socketTransport(egress);
				const { links, pushed, secrets } = sharedSockets(() => ({ sockets, clock: edition.clock }));
				if (!secrets.includes(apiKey)) secrets.push(apiKey);
				const backend = new CognigyAiBackend(config, {
					transport: edition.httpTransport(egress),
					sockets,
					clock: edition.clock,
					random: Math.random,
					budget: budgetOf(account, { requestsPerWindow, redisUrl: redisUrlOf(config) }),
					shared: { links, pushed },
				});
				return open(backend, said, stateFolder, onWarning);
			},
		};
	},
};

function open<I extends Inputs>(
	backend: Backend<I>,
	said: StateStore,
	stateFolder: string,
	onWarning: (message: string) => void,
): Client<I> {
	return new Client(backend, {
		clock: edition.clock,
		random: Math.random,
		registry: edition.openRegistry(said, stateFolder, onWarning),
		store: servedHere(said),
		sharedSessions: sessionSharing(servedHere(said), backend.account),
		shared: { metrics: () => metricsOf(backend.account), followers: () => processState().followers },
	});
}

/** A credential may come from an edition that shares state; here, it is as if it said Local. */
function servedHere<Config extends StateStore>(said: Config): Config {
	return edition.sharedState ? said : { ...said, stateStore: 'local', redisUrl: '' };
}

/** How the budget of an account is counted, and who shares it. */
function sharing(onWarning: (message: string) => void): Pick<AccountOptions, 'clock' | 'openShared' | 'onWarning'> {
	return { clock: edition.clock, openShared: edition.sharedState?.openBudget, onWarning };
}

/**
 * Shares the token of a login with the other processes that use the same place; nothing with a local store.
 * @param account who is logged in; holds no secret
 */
function loginSharing(config: V1Config, account: string): { shareLogin?: ShareLogin } {
	const { sharedState } = edition;
	if (config.stateStore === 'local' || !sharedState) return {};
	return { shareLogin: sharedState.shareLogin(config.redisUrl, account, config) };
}

/** Shares the sessions of an account with the other processes that use the same place; nothing with a local store. */
function sessionSharing({ stateStore, redisUrl }: StateStore, account: string): SharedSessions | undefined {
	return stateStore === 'redis' ? edition.sharedState?.shareSessions(redisUrl, account) : undefined;
}

function redisUrlOf({ stateStore, redisUrl }: StateStore): string {
	return stateStore === 'redis' ? redisUrl : '';
}

/** Closes every client, and what they share. For tests and orderly ends; a later `clientFor` starts afresh. */
export function closeAllClients(): void {
	for (const client of clients.values()) client?.close();
	clients.clear();
	endProcessState();
}
