import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { CognigyClient, HttpResponse } from '../../client';
import { lazyRegistry } from '../../client/registry/lazyRegistry';
import type { CognigyAiFaultRequest, CognigyAiSandbox, FaultRequest, Sandbox } from '../../sandbox';
import { demoWebhookKey } from '../../sandbox/cognigy-ai/seed';
import { cognigyAiSetup } from '../support/cognigyAi';
import { FakeClock } from '../support/fakeClock';
import { setEnvironment } from '../support/environment';
import { startProxy } from '../support/proxy';
import { openFile, sqliteStore } from '../support/registryFiles';
import { closedPort } from '../support/servers';
import { v1Setup } from '../support/v1';

/** Longer than every pause that the matrix causes, `Retry-After` included; shorter than every time limit. In ms. */
const LONGEST_PAUSE_MS = 1_100;

/** What goes wrong with a call; the sandbox checks it. */
export interface FaultSpec {
	kind: string;
	[detail: string]: unknown;
}

/** What is wrong with the way to the service. */
export type Way = 'refused' | 'unknownHost' | 'proxyDown' | 'proxyRefuses' | 'proxyCloses';

/** What is wrong with the file of the session registry. */
export type RegistryFault = 'corrupt' | 'folder' | 'locked';

export interface SubjectOptions {
	way?: Way | undefined;
	registry?: RegistryFault | undefined;
	/** Whether sessions are recorded, in SQLite. */
	hasRegistry?: boolean | undefined;
}

/** A client and the service that it talks to, with time in our hand. */
export interface Subject {
	client: CognigyClient;
	clock: FakeClock;
	v1?: Sandbox;
	ai?: CognigyAiSandbox;
	/** Plans a fault for calls to come. */
	inject(call: string, fault: FaultSpec): void;
	/** How often a call came to the service. */
	arrived(call: string): number;
	/** How often the service carried it out. */
	ran(call: string): number;
	when(isTrue: () => boolean): Promise<void>;
	/** Calls that have not ended, and connections that are open. */
	isBusy(): boolean;
	/** URL of an endpoint of Cognigy.AI, on the way that the client takes. */
	endpointUrl(name: string): string;
	/** What must show nowhere (guarantee 6). */
	secrets(): string[];
	/** Those of them that a service could repeat to the client. */
	sentSecrets(endpoint?: string): string[];
	removeRegistry(): Promise<void>;
}

/** Password of the sandbox's user. */
export const v1Password = 'demo-password';

const count = (entries: ReadonlyArray<{ operation: string; ran: boolean }>, call: string, onlyRan = false) =>
	entries.filter(({ operation, ran }) => operation === call && (ran || !onlyRan)).length;

const newClock = () => new FakeClock({ skipsUpToMs: LONGEST_PAUSE_MS });

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

/** A registry as clients have it, in a file that may have a fault. */
async function registryFor({ hasRegistry = false, registry: fault }: SubjectOptions, clock: FakeClock) {
	if (!hasRegistry && !fault) return { dependencies: {}, removeRegistry: async () => {} };
	const { place, remove } = await sqliteStore();
	const release = fault ? await spoil(place, fault) : () => {};
	const registry = lazyRegistry(async () => await openFile(place, clock), clock);
	return {
		dependencies: { registry },
		removeRegistry: async () => {
			await registry.close();
			release();
			await remove();
		},
	};
}

/** @returns ends what holds the file */
async function spoil(place: string, fault: RegistryFault): Promise<() => void> {
	await mkdir(fault === 'folder' ? place : dirname(place), { recursive: true });
	if (fault === 'corrupt') await writeFile(place, 'no database '.repeat(1_000));
	if (fault !== 'locked') return () => {};
	const other = new DatabaseSync(place);
	other.exec('BEGIN EXCLUSIVE');
	return () => other.close();
}

/** Tokens that logins brought. */
function tokensIn(responses: readonly HttpResponse[]): string[] {
	return responses.flatMap(({ body }) => /"token":"([^"]+)"/.exec(body)?.[1] ?? []);
}

export async function v1Subject(options: SubjectOptions): Promise<Subject> {
	const clock = newClock();
	const address = await wrongAddress(options.way);
	const { dependencies, removeRegistry } = await registryFor(options, clock);
	const { sandbox, client, transport } = await v1Setup({
		clock,
		dependencies,
		...(address ? { baseUrl: address } : {}),
		fields: { tenantId: 'demo-tenant', allowInsecure: true },
	});
	await setProxy(options.way);
	return {
		client,
		clock,
		v1: sandbox,
		inject: (operation, fault) => void sandbox.faults.inject({ operation, ...fault } as FaultRequest),
		arrived: (call) => count(sandbox.requests, call),
		ran: (call) => count(sandbox.requests, call, true),
		when: async (isTrue) => await sandbox.when(isTrue),
		isBusy: () => sandbox.stats().inFlight + sandbox.stats().connectionsOpen + sandbox.stats().channel.open > 0,
		endpointUrl: () => '',
		secrets: () => [...new Set([v1Password, ...transport.tokens, ...tokensIn(transport.responses)])],
		sentSecrets: () => [v1Password, ...tokensIn(transport.responses)],
		removeRegistry,
	};
}

export async function aiSubject(options: SubjectOptions): Promise<Subject> {
	const clock = newClock();
	const address = await wrongAddress(options.way);
	const { dependencies, removeRegistry } = await registryFor(options, clock);
	const { sandbox, client } = await cognigyAiSetup({
		clock,
		dependencies,
		fields: { allowInsecure: true, ...(address ? { apiBaseUrl: address } : {}) },
	});
	await setProxy(options.way);
	return {
		client,
		clock,
		ai: sandbox,
		inject: (operation, fault) => void sandbox.faults.inject({ operation, ...fault } as CognigyAiFaultRequest),
		arrived: (call) => count(sandbox.requests, call),
		ran: (call) => count(sandbox.requests, call, true),
		when: async (isTrue) => await sandbox.when(isTrue),
		isBusy: () => sandbox.stats().inFlight + sandbox.stats().connectionsOpen + sandbox.stats().sockets.open > 0,
		endpointUrl: (name) => {
			const { url } = sandbox.endpoint(name);
			return address ? url.replace(sandbox.endpointUrl, address) : url;
		},
		secrets: () => [
			...sandbox.apiKeys.map(({ key }) => key),
			...sandbox.endpoints.map(({ urlToken }) => urlToken),
			demoWebhookKey,
		],
		sentSecrets: (endpoint) => (endpoint ? [sandbox.endpoint(endpoint).urlToken] : [sandbox.apiKey]),
		removeRegistry,
	};
}
