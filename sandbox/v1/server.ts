import { createApp } from './app';
import { createBots, type ScriptedBot } from './bots';
import { Changes } from '../journal/changes';
import { Upgrades } from './channel/upgrades';
import { Connections } from '../http/connections';
import type { MessageType, Permission, TranscriptMessage } from './contract';
import { Conversations } from './conversations';
import { Exchanges } from '../journal/exchanges';
import { parseFault, type Fault, type FaultRequest } from './faults/fault';
import { FaultPlan } from './faults/faultPlan';
import { RandomFaults, type RandomFaultsRequest } from './faults/randomFaults';
import { addressOf, tlsMaterial } from '../http/httpServer';
import { Journal, type JournalEntry } from '../journal/journal';
import type { EndStatus } from './mailbox';
import { Outcomes } from '../outcomes/outcomes';
import type { SandboxOptions } from './options';
import { RateLimit } from '../http/rateLimit';
import { addContractRoutes } from './routes/contractRoutes';
import { addControlRoutes } from './routes/controlRoutes';
import { RuntimeStates, type RuntimeState } from './runtimeStates';
import type { Service } from './service';
import { Sessions, type SandboxSession } from './sessions';
import { Stats, type SandboxStats } from './stats';
import { Tokens } from './tokens';
import { Users, type SandboxUser } from './users';

const JOURNAL_SIZE = 10_000;

/** Far more than anything on this machine takes, and less than a test may take. In ms. */
const DEFAULT_PATIENCE_MS = 60_000;

/** How often is looked whether sessions have expired, for the polls that wait in them, in ms. */
const EXPIRY_CHECK_MS = 25;

/** A running sandbox. */
export interface Sandbox {
	/** Where it listens, without a slash at the end: the client's base URL. */
	readonly url: string;
	readonly port: number;
	/** The base of the runtime channel's address: the client's WebSocket URL, to which it adds `/ws/v1?…`. */
	readonly webSocketUrl: string;
	readonly tenantId: string;
	/** With TLS: the PEM of the certificate authority that a client must trust. */
	readonly caCertificate?: string;
	readonly users: ReadonlyArray<Readonly<SandboxUser>>;
	readonly bots: readonly ScriptedBot[];
	/** The last 10,000 requests and frames, in the order of their arrival. */
	readonly requests: ReadonlyArray<Readonly<JournalEntry>>;
	/** The running sessions, oldest first. */
	readonly sessions: ReadonlyArray<Readonly<SandboxSession>>;
	/** What the engine keeps of a session; undefined when it was neither started nor reset. */
	runtimeState(sessionId: string): Readonly<RuntimeState> | undefined;
	/**
	 * Adds a message to a running session now. Throws when there is no such session. A bot may answer to what a user says.
	 *
	 * @param type default `bot`
	 */
	say(sessionId: string, text: string, type?: MessageType): TranscriptMessage;
	/**
	 * The messages of running sessions that were handed out, or are just being handed out, to somebody who has not asked on
	 * since. Who is killed may have had no time to write these down, and with the style `once` they are handed out no more.
	 */
	unconfirmed(): TranscriptMessage[];
	/**
	 * Ends a running session now. Throws when there is no such session.
	 *
	 * @param status how the session answers from now on, also the polls that wait in it. Default 410
	 */
	endSession(sessionId: string, status?: EndStatus): void;
	readonly faults: {
		/** Plans a fault for calls to come; throws an error that says what is wrong when it is none. */
		inject(fault: FaultRequest): Fault;
		/**
		 * Gives calls to come a fault by chance, until the faults are cleared; throws an error that says what is wrong when
		 * that cannot be.
		 */
		random(request: RandomFaultsRequest): void;
		/** Forgets the faults that have not happened yet, and ends the random ones. Returns how many. */
		clear(): number;
	};
	/** The outcomes that flows post, and their faults. */
	readonly outcomes: Pick<Outcomes, 'posts' | 'inject'>;
	stats(): SandboxStats;
	resetStats(): void;
	/** Makes every token issued so far invalid: 401. Returns how many there were. */
	expireTokens(): number;
	/** For logins to come; tokens that were issued before stay valid. Throws when there is no such user. */
	setPassword(username: string, password: string): void;
	/** Takes effect at once, also for tokens that were issued before. Throws when there is no such user. */
	setPermissions(username: string, permissions: readonly Permission[]): void;
	/**
	 * Resolves once it is true. Asked again whenever something happens: a call or a frame arrives, gets a fault, runs, is
	 * answered or ends; a connection ends; a channel opens, closes or is pinged; something is said or handed out; a poll
	 * begins or ends to wait; a session is ended.
	 *
	 * @param timeoutMs when to give up and reject, in ms. Default 20,000
	 */
	when(isTrue: () => boolean, timeoutMs?: number): Promise<void>;
	/** Stops it at once: open connections are cut, also those that wait for an answer or a message, and runtime channels. */
	close(): Promise<void>;
}

/** Starts a stand-in for the Cognigy v1 service (docs/protocol-v1.md) on this machine. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const { host = '127.0.0.1', port = 0, latencyMs = 0, now = Date.now } = options;
	const tls = await tlsMaterial(options.tls);
	const changes = new Changes();
	const stats = new Stats(changes);
	const sessionTtlMs = (options.sessionTtlMinutes ?? 30) * 60_000;
	const sessions = new Sessions({ ttlMs: sessionTtlMs, replay: options.replay ?? 'once', observer: stats, now });
	const runtimeStates = new RuntimeStates(sessionTtlMs, now);
	const outcomes = new Outcomes(changes, tls?.ca);
	const bots = createBots(options.slowStartMs ?? 2000);
	const botDelayMs = options.botDelayMs ?? 0;
	const service: Service = {
		tenantId: options.tenantId ?? 'demo-tenant',
		users: new Users(),
		tokens: new Tokens(options.tokenTtlMinutes ?? 30, now),
		bots,
		sessions,
		conversations: new Conversations({ sessions, runtimeStates, changes, botDelayMs, bots, outcomes }),
		runtimeStates,
		rateLimit: new RateLimit(options.requestsPerMinute ?? 0, now),
		retryAfter: options.retryAfter ?? 'seconds',
		pollWaitMs: options.pollWaitMs ?? 20_000,
		stats,
		now,
	};
	const faults = new FaultPlan();
	const journal = new Journal(JOURNAL_SIZE);
	const exchanges = new Exchanges(journal, now, { stats, changes, log: options.log });
	const connections = new Connections();

	const app = createApp({
		tls,
		http: options.http,
		maxConcurrentStreams: options.maxConcurrentStreams,
		keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? 65_000,
		connections,
		exchanges,
	});
	addContractRoutes(app, { service, exchanges, faults, connections, latencyMs });
	addControlRoutes(app, { service, faults, outcomes });
	new Upgrades({ service, exchanges, faults, connections, latencyMs }).watch(app.server);
	await app.listen({ host, port });
	const expiryCheck = setInterval(() => sessions.endExpired(), EXPIRY_CHECK_MS).unref();
	const { authority, port: actualPort } = addressOf(app.server, host);

	return {
		url: `${tls ? 'https' : 'http'}://${authority}`,
		port: actualPort,
		webSocketUrl: `${tls ? 'wss' : 'ws'}://${authority}`,
		tenantId: service.tenantId,
		caCertificate: tls?.ca,
		users: service.users.all(),
		bots: service.bots,
		get requests() {
			return journal.entries();
		},
		get sessions() {
			return sessions.all();
		},
		runtimeState: (sessionId) => runtimeStates.get(sessionId),
		say: (sessionId, text, type = 'bot') =>
			type === 'user' ? service.conversations.hear(sessionId, text) : service.conversations.say(sessionId, type, text),
		unconfirmed: () => sessions.unconfirmed(),
		endSession: (sessionId, status = 410) => service.conversations.end(sessionId, status),
		faults: {
			inject: (request) => {
				const fault = parseFault(request);
				faults.add(fault);
				return fault;
			},
			random: (request) => faults.addRandom(new RandomFaults(request)),
			clear: () => faults.clear() + outcomes.clearFaults(),
		},
		outcomes,
		stats: () => stats.snapshot(),
		resetStats: () => stats.reset(),
		expireTokens: () => service.tokens.expireAll(),
		setPassword: (username, password) => service.users.setPassword(username, password),
		setPermissions: (username, permissions) => service.users.setPermissions(username, permissions),
		when: (isTrue, timeoutMs = DEFAULT_PATIENCE_MS) => changes.when(isTrue, timeoutMs),
		close: async () => {
			clearInterval(expiryCheck);
			outcomes.close();
			connections.close();
			await app.close();
		},
	};
}
