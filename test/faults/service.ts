import type { CognigyClient, HttpResponse } from '../../client';
import {
	createTlsMaterial,
	type CognigyAiFaultRequest,
	type CognigyAiSandbox,
	type FaultRequest,
	type Sandbox,
	type SandboxOptions,
	type TlsMaterial,
} from '../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../sandbox/cognigyAi/seed';
import { unrestrictedEgress } from '../../client/transport/egress';
import type { HttpTransport } from '../../client/transport/http';
import { NodeTransport } from '../../client/transport/node/nodeTransport';
import { cognigyAiSetup } from '../support/cognigyAi';
import { differs } from '../support/edition';
import { setEnvironment } from '../support/environment';
import { startProxy } from '../support/proxy';
import type { RedisFault, RedisProxy } from '../support/redisProxy';
import { closedPort } from '../support/servers';
import { closeAfterTest } from '../support/setups';
import { distrust, trust } from '../support/trust';
import { PATIENCE_MS } from '../support/until';
import { v1Setup } from '../support/v1';
import type { OtherCall } from './company';
import { JumpingClock } from './jumpingClock';
import {
	fileState,
	memoryState,
	noState,
	redisState,
	REDIS_PASSWORD,
	SHARE_OF_PAUSES,
	type RegistryFault,
	type State,
} from './state';

/** Longer than every pause that the matrix causes, `Retry-After` included; shorter than every time limit. In ms. */
const LONGEST_PAUSE_MS = 1_100;

/** What goes wrong with a call; the sandbox checks it. */
export interface FaultSpec {
	kind: string;
	[detail: string]: unknown;
}

/** What is wrong with the way to the service. */
export type Way = 'refused' | 'unknownHost' | 'proxyDown' | 'proxyRefuses' | 'proxyCloses';

export interface SubjectOptions {
	way?: Way | undefined;
	/** Whether the service is reached over TLS and HTTP/2. */
	isHttp2?: boolean | undefined;
	/** Whether the clock of the tests is also that of the connections. */
	hasTimedConnections?: boolean | undefined;
	registry?: RegistryFault | undefined;
	/** Whether sessions are recorded, in SQLite. */
	hasRegistry?: boolean | undefined;
	/** Where sessions, budget and token are kept instead. */
	redis?: RedisProxy | undefined;
	/** What happens there. */
	redisFault?: RedisFault | undefined;
	/** Whether the token is shared through Redis. */
	sharesLogin?: boolean | undefined;
}

/** A client and the service that it talks to, with time in our hand. */
export interface Subject {
	client: CognigyClient;
	clock: JumpingClock;
	v1?: Sandbox;
	ai?: CognigyAiSandbox;
	/** Plans a fault for calls to come. */
	inject(call: string, fault: FaultSpec): void;
	/** From now on the service has none. */
	clearFaults(): void;
	/** How often a call came to the service. */
	arrived(call: string): number;
	/** How often the service carried it out. */
	ran(call: string): number;
	when(isTrue: () => boolean): Promise<void>;
	/** Calls that have not ended, and connections that are open. */
	isBusy(): boolean;
	/** One to the same host that the row does not make. */
	otherCall(row: { call: string; endpoint?: string }): OtherCall;
	/** What the client sends with. */
	transport: HttpTransport;
	/** URL of an endpoint of Cognigy.AI, on the way that the client takes. */
	endpointUrl(name: string): string;
	/** What must show nowhere (guarantee 6). */
	secrets(): string[];
	/** Those of them that a service could repeat to the client. */
	sentSecrets(endpoint?: string): string[];
	state: State;
	redis?: RedisProxy;
}

/** Password of the sandbox's user. */
export const v1Password = 'demo-password';

const count = (entries: ReadonlyArray<{ operation: string; ran: boolean }>, call: string, onlyRan = false) =>
	entries.filter(({ operation, ran }) => operation === call && (ran || !onlyRan)).length;

const newClock = () => new JumpingClock({ skipsUpToMs: LONGEST_PAUSE_MS });

/** Where a registry may fail, time has to go by between two attempts. */
const randomFor =
	({ registry, redis }: SubjectOptions) =>
	() =>
		registry || redis ? SHARE_OF_PAUSES : 0;

/** Where the client looks for the service: undefined, if at its real address. */
async function wrongAddress(way: Way | undefined): Promise<string | undefined> {
	if (way === 'refused') return `http://127.0.0.1:${await closedPort()}`;
	return way === 'unknownHost' ? 'http://x.invalid' : undefined;
}

/** Sets the proxy that a way leads over; `withoutProxies` has to come before. */
async function setProxy(way: Way | undefined): Promise<void> {
	if (way === 'proxyDown') setEnvironment(proxyVariables(`http://127.0.0.1:${await closedPort()}`));
	if (way === 'proxyRefuses') setEnvironment(proxyVariables((await startProxy({ answer: { status: 407 } })).url));
	if (way === 'proxyCloses') setEnvironment(proxyVariables((await startProxy({ answer: 'close' })).url));
}

const proxyVariables = (url: string) => ({ http_proxy: url, https_proxy: url });

let identity: Promise<TlsMaterial> | undefined;

/** How the sandbox is reached: over TLS, it offers HTTP/2, and HTTP/1.1 for sockets. */
async function listening({ isHttp2 }: SubjectOptions): Promise<Pick<SandboxOptions, 'tls'>> {
	if (!isHttp2) return {};
	identity ??= createTlsMaterial();
	const tls = await identity;
	trust(tls.ca);
	closeAfterTest(async () => distrust());
	return { tls };
}

const connectionsFor = ({ hasTimedConnections }: SubjectOptions, clock: JumpingClock) =>
	hasTimedConnections ? { transport: new NodeTransport(unrestrictedEgress, clock) } : {};

/** What a client keeps, and where. */
async function stateFor(options: SubjectOptions, clock: JumpingClock): Promise<State> {
	const { redis, redisFault, registry, hasRegistry, sharesLogin = false } = options;
	if (redis) return redisState(redis, redisFault, { account: 'matrix', sharesLogin, clock });
	if (registry) return await fileState(registry, clock);
	if (!hasRegistry) return noState;
	return differs('ends-with-process') ? memoryState(clock) : await fileState(undefined, clock);
}

/** Where idle connections stay, so many do at most, as many as calls are made at once: they are used again. */
const MOST_IDLE = 4;

function isBusy(open: { inFlight: number; connectionsOpen: number; socketsOpen: number }): boolean {
	const { inFlight, connectionsOpen, socketsOpen } = open;
	const mayStay = differs('idle-connections-stay') ? MOST_IDLE : 0;
	return inFlight + socketsOpen > 0 || connectionsOpen > mayStay;
}

/** Tokens that logins brought. */
function tokensIn(responses: readonly HttpResponse[]): string[] {
	return responses.flatMap(({ body }) => /"token":"([^"]+)"/.exec(body)?.[1] ?? []);
}

export async function v1Subject(options: SubjectOptions): Promise<Subject> {
	const clock = newClock();
	const address = await wrongAddress(options.way);
	const state = await stateFor(options, clock);
	const { sandbox, client, transport } = await v1Setup({
		clock,
		random: randomFor(options),
		...connectionsFor(options, clock),
		sandbox: await listening(options),
		dependencies: state.dependencies,
		...(address ? { baseUrl: address } : {}),
		fields: { tenantId: 'demo-tenant', allowInsecure: true },
	});
	await setProxy(options.way);
	return {
		client,
		clock,
		v1: sandbox,
		inject: (operation, fault) => void sandbox.faults.inject({ operation, ...fault } as FaultRequest),
		clearFaults: () => void sandbox.faults.clear(),
		arrived: (call) => count(sandbox.requests, call),
		ran: (call) => count(sandbox.requests, call, true),
		when: async (isTrue) => await sandbox.when(isTrue, PATIENCE_MS),
		isBusy: () => isBusy({ ...sandbox.stats(), socketsOpen: sandbox.stats().channel.open }),
		otherCall: ({ call }) => {
			const bot = `${sandbox.url}/api/v1/bots/order-status`;
			return call === 'versions'
				? { call: 'messages', request: { method: 'GET', url: `${bot}/flows/main/sessions/other/messages` } }
				: { call: 'versions', request: { method: 'GET', url: `${bot}/versions` } };
		},
		transport,
		endpointUrl: () => '',
		secrets: () => [...new Set([v1Password, REDIS_PASSWORD, ...transport.tokens, ...tokensIn(transport.responses)])],
		sentSecrets: () => [v1Password, ...tokensIn(transport.responses)],
		state,
		...(options.redis ? { redis: options.redis } : {}),
	};
}

export async function aiSubject(options: SubjectOptions): Promise<Subject> {
	const clock = newClock();
	const address = await wrongAddress(options.way);
	const state = await stateFor(options, clock);
	const { sandbox, client, transport } = await cognigyAiSetup({
		clock,
		// A task is over with the first look: later ones come after pauses that nobody skips.
		sandbox: { taskStates: ['queued'], ...(await listening(options)) },
		random: randomFor(options),
		...connectionsFor(options, clock),
		dependencies: state.dependencies,
		fields: { allowInsecure: true, ...(address ? { apiBaseUrl: address } : {}) },
	});
	await setProxy(options.way);
	return {
		client,
		clock,
		ai: sandbox,
		inject: (operation, fault) => void sandbox.faults.inject({ operation, ...fault } as CognigyAiFaultRequest),
		clearFaults: () => void sandbox.faults.clear(),
		arrived: (call) => count(sandbox.requests, call),
		ran: (call) => count(sandbox.requests, call, true),
		when: async (isTrue) => await sandbox.when(isTrue, PATIENCE_MS),
		isBusy: () => isBusy({ ...sandbox.stats(), socketsOpen: sandbox.stats().sockets.open }),
		otherCall: ({ call, endpoint }) => {
			if (endpoint === undefined) {
				const other = call === 'listConversations' ? 'profiles' : 'conversations';
				const url = `${sandbox.apiUrl}/new/v2.0/${other}`;
				return { call: other === 'profiles' ? 'listProfiles' : 'listConversations', request: { method: 'GET', url } };
			}
			const other = call === 'notify' ? 'inject' : 'notify';
			const url = `${sandbox.endpointUrl}/${other}/${sandbox.endpoint(endpoint).urlToken}`;
			return { call: other, request: { method: 'POST', url } };
		},
		transport,
		endpointUrl: (name) => {
			const { url } = sandbox.endpoint(name);
			return address ? url.replace(sandbox.endpointUrl, address) : url;
		},
		secrets: () => [
			...sandbox.apiKeys.map(({ key }) => key),
			...sandbox.endpoints.map(({ urlToken }) => urlToken),
			DEMO_WEBHOOK_KEY,
			REDIS_PASSWORD,
		],
		sentSecrets: (endpoint) => (endpoint ? [sandbox.endpoint(endpoint).urlToken] : [sandbox.apiKey]),
		state,
		...(options.redis ? { redis: options.redis } : {}),
	};
}
