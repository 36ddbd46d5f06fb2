import { Changes } from '../journal/changes';
import { Connections } from '../http/connections';
import { addressOf, pathOf, tlsMaterial } from '../http/httpServer';
import { Journal } from '../journal/journal';
import { RateLimit } from '../http/rateLimit';
import { problem } from './api/problem';
import { addDownloadRoute } from './api/downloadRoute';
import { addApiRoutes } from './api/routes';
import { ApiKeys, type ApiKey, type KeyState } from './apiKeys';
import { addControlRoutes } from './controlRoutes';
import type { SessionAddress } from './contract';
import { Controls, type EndpointChange, type EndpointInfo } from './controls';
import { Callbacks } from './endpoints/callbacks';
import { endpointError } from './endpoints/refusals';
import { addEndpointRoutes } from './endpoints/routes';
import { Exchanges } from './exchanges';
import type { CognigyAiFaultRequest, Fault } from './faults/fault';
import { FaultPlan } from './faults/faultPlan';
import type { ScriptedOutput } from './flows';
import { createApp } from './httpApp';
import type { CognigyAiJournalEntry } from './journalEntry';
import { Outcomes } from '../outcomes/outcomes';
import { settingsOf, type CognigyAiSandboxOptions } from './options';
import { Profiles, type Profile } from './profiles';
import { seed } from './seed';
import type { Service } from './service';
import { Packages } from './releases/packages';
import { Tasks, type TaskPlan } from './releases/tasks';
import { Sessions, type CognigyAiSession } from './sessions/sessions';
import { Turns } from './sessions/turns';
import { SocketLines } from './sockets/socketLines';
import { SocketServer, SOCKET_PATH } from './sockets/socketServer';
import { Stats, type CognigyAiStats } from './stats';

const JOURNAL_SIZE = 10_000;

/** Far more than anything on this machine takes, and less than a test may take. In ms. */
const DEFAULT_PATIENCE_MS = 60_000;

const RATE_WINDOW_MS = 5 * 60_000;

/** More than the management API takes: none is documented for the Endpoint service. */
const ENDPOINT_BODY_LIMIT = 1024 * 1024;

/** A running sandbox of Cognigy.AI. */
export interface CognigyAiSandbox {
	/** The base of the management API, without a slash at the end; clients add `/new/v2.0/…`. */
	readonly apiUrl: string;
	/** The base of the Endpoint service, without a slash at the end; Socket.IO clients connect to it. */
	readonly endpointUrl: string;
	readonly port: number;
	readonly endpointPort: number;
	/** With TLS: the PEM of the certificate authority that a client must trust. */
	readonly caCertificate?: string;
	/** A good key. */
	readonly apiKey: string;
	readonly apiKeys: ReadonlyArray<Readonly<ApiKey>>;
	/** The id of the project "Demo", in which all is that is not named otherwise. */
	readonly projectId: string;
	/** The endpoints as they are now. */
	readonly endpoints: readonly EndpointInfo[];
	/** The last 10,000 requests, socket events and callbacks, in the order of their beginning. */
	readonly requests: ReadonlyArray<Readonly<CognigyAiJournalEntry>>;
	/** The sessions that were used, the one that was used last at the end: context, state and all that was said. */
	readonly sessions: ReadonlyArray<Readonly<CognigyAiSession>>;
	/** The profiles of contacts in the project "Demo", the newest first. */
	readonly profiles: ReadonlyArray<Readonly<Profile>>;
	/** One endpoint. Throws when there is none with this name. */
	endpoint(name: string): EndpointInfo;
	/** The id of a snapshot of the project "Demo". Throws when there is none with this name. */
	snapshotId(name: string): string;
	/** The reference id of a flow of the project "Demo". Throws when there is none with this name. */
	flowReferenceId(name: string): string;
	/** The session with this id; undefined when nobody has used it. With `userId`: only of this user. */
	session(sessionId: string, userId?: string): Readonly<CognigyAiSession> | undefined;
	/** Changes an endpoint at once: switches it on or off, deploys it anew, sets its webhook. */
	changeEndpoint(name: string, change: EndpointChange): void;
	/** Makes the bot say something in a session now, without being asked. Throws when there is no such session. */
	say(session: SessionAddress, output: ScriptedOutput): void;
	/** Takes effect at once. Throws when there is no such key. */
	setKeyState(name: string, state: KeyState): void;
	/** What becomes of the task that is begun next. */
	planTask(plan: TaskPlan): void;
	/** The names of the snapshots of the project "Demo", as they are now. */
	readonly snapshots: readonly string[];
	/** Cuts all sockets. Returns how many there were. */
	dropSockets(): number;
	readonly faults: {
		/** Plans a fault for calls to come; throws an error that says what is wrong when it is none. */
		inject(fault: CognigyAiFaultRequest): Fault;
		/** Forgets the faults that have not happened yet. Returns how many. */
		clear(): number;
	};
	/** The outcomes that flows post, and their faults. */
	readonly outcomes: Pick<Outcomes, 'posts' | 'inject'>;
	stats(): CognigyAiStats;
	resetStats(): void;
	/**
	 * Resolves once it is true. Asked again whenever something happens: a call, an event or a callback begins, gets a
	 * fault, is answered or ends; something is said, sent, acknowledged or kept; a socket or a connection opens or closes.
	 *
	 * @param timeoutMs when to give up and reject, in ms. Default 20,000
	 */
	when(isTrue: () => boolean, timeoutMs?: number): Promise<void>;
	/** Stops it at once: open connections are cut, also those that wait for an answer, and sockets. */
	close(): Promise<void>;
}

/** Starts a stand-in for Cognigy.AI on this machine: the management API and the Endpoint service, two servers. */
export async function startCognigyAiSandbox(options: CognigyAiSandboxOptions = {}): Promise<CognigyAiSandbox> {
	const { host = '127.0.0.1', port = 0, endpointPort = 0 } = options;
	const settings = settingsOf(options);
	const { now } = settings;
	const tls = await tlsMaterial(options.tls);
	const changes = new Changes();
	const stats = new Stats(changes);
	const journal = new Journal<CognigyAiJournalEntry>(JOURNAL_SIZE);
	const exchanges = new Exchanges(journal, now, { stats, changes, log: options.log });
	const faults = new FaultPlan();
	const resources = seed(options.fillers ?? 0, options.webhookUrl ?? '');
	const sessions = new Sessions(resources, now);
	const profiles = new Profiles(resources, sessions, settings);
	const outcomes = new Outcomes(changes, tls?.ca);
	const service: Service = {
		settings,
		apiKeys: new ApiKeys(),
		resources,
		tasks: new Tasks(settings),
		packages: new Packages(settings),
		rateLimit: new RateLimit(options.requestsPer5Minutes ?? 1000, now, RATE_WINDOW_MS),
		sessions,
		profiles,
		turns: new Turns({ sessions, settings, stats, changes, outcomes }),
		callbacks: new Callbacks({ exchanges, faults, tls }),
		socketLines: new SocketLines({ settings, faults, stats }),
		exchanges,
		faults,
		connections: new Connections(),
		stats,
		changes,
		outcomes,
	};

	const { http, maxConcurrentStreams } = options;
	const api = createApp(service, {
		via: 'api',
		tls,
		http,
		maxConcurrentStreams,
		bodyLimit: settings.maxBodyBytes,
		shouldUpgradeCallback: () => false,
		refuse: (refusal, { raw }) => problem(refusal, pathOf(raw)),
		shownPath: pathOf,
	});
	addApiRoutes(api, service);
	addDownloadRoute(api, service, 'api');
	const endpoints = createApp(service, {
		via: 'endpoint',
		tls,
		http,
		maxConcurrentStreams,
		bodyLimit: ENDPOINT_BODY_LIMIT,
		shouldUpgradeCallback: (request) => pathOf(request).startsWith(SOCKET_PATH),
		refuse: (refusal) => endpointError(refusal, settings.endpointErrors),
		// Any part of it may be a token.
		shownPath: () => '(unknown path)',
	});
	addEndpointRoutes(endpoints, service);
	addDownloadRoute(endpoints, service, 'endpoint');
	const socketServer = new SocketServer(service);
	socketServer.watch(endpoints.server);
	endpoints.all(`${SOCKET_PATH}*`, (request, reply) => {
		reply.hijack();
		socketServer.request(request.raw, reply.raw);
	});
	await endpoints.listen({ host, port: endpointPort });
	const endpointAddress = addressOf(endpoints.server, host);
	const scheme = tls ? 'https' : 'http';
	const endpointUrl = `${scheme}://${endpointAddress.authority}`;
	const controls = new Controls(service, socketServer, endpointUrl);
	addControlRoutes(api, service, controls);
	try {
		await api.listen({ host, port });
	} catch (error) {
		await Promise.all([socketServer.close(), endpoints.close()]);
		throw error;
	}
	const apiAddress = addressOf(api.server, host);
	service.packages.hosts = { api: `${scheme}://${apiAddress.authority}`, other: endpointUrl };
	const demoKey = service.apiKeys.all()[0]?.key ?? '';

	return {
		apiUrl: `${scheme}://${apiAddress.authority}`,
		endpointUrl,
		port: apiAddress.port,
		endpointPort: endpointAddress.port,
		caCertificate: tls?.ca,
		apiKey: demoKey,
		apiKeys: service.apiKeys.all(),
		projectId: controls.projectId,
		get endpoints() {
			return controls.endpoints();
		},
		get requests() {
			return journal.entries();
		},
		get sessions() {
			return sessions.all();
		},
		get profiles() {
			return profiles.all([controls.projectId]);
		},
		endpoint: (name) => controls.endpoint(name),
		snapshotId: (name) => controls.snapshotId(name),
		flowReferenceId: (name) => controls.flowReferenceId(name),
		session: (sessionId, userId) => controls.session(sessionId, userId),
		changeEndpoint: (name, change) => controls.changeEndpoint(name, change),
		say: (session, output) => controls.say(session, output),
		setKeyState: (name, state) => service.apiKeys.setState(name, state),
		planTask: (plan) => service.tasks.plan(plan),
		get snapshots() {
			return controls.snapshots();
		},
		dropSockets: () => socketServer.cutAll(),
		faults: {
			inject: (request) => faults.inject(request),
			clear: () => faults.clear() + outcomes.clearFaults(),
		},
		outcomes,
		stats: () => stats.snapshot(),
		resetStats: () => stats.reset(),
		when: (isTrue, timeoutMs = DEFAULT_PATIENCE_MS) => changes.when(isTrue, timeoutMs),
		close: async () => {
			service.callbacks.close();
			outcomes.close();
			service.connections.close();
			await Promise.all([socketServer.close(), api.close(), endpoints.close()]);
		},
	};
}
