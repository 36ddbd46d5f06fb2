import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import { unlimitedBudget, type RateBudget } from '../budget/rateBudget';
import type { CallContext } from '../call/attempts';
import { callOptionsSchema } from '../call/callOptions';
import { observedCall, withinTimeout, type CallDependencies } from '../call/observedCall';
import {
	MessageStreams,
	fromRegistry,
	type MessageStreamsDependencies,
	type SessionPlace,
} from '../streams/messageStreams';
import type { FollowInput, FollowOptions } from '../streams/types';
import type { MessageSource } from '../streams/messageSource';
import type { HttpTransport } from '../transport/http';
import { checkInput } from '../validation/checkInput';
import type { AuditEntry } from '../audit';
import { Metrics, type Counters, type MetricsSnapshot } from '../metrics';
import type { ObservedOperation } from '../call/observer';
import { SessionRecorder } from '../registry/sessionRecorder';
import { RESET_LEASE_MS, type SessionRegistry } from '../registry/sessionRegistry';
import type { Clock } from '../time/clock';
import type {
	CallOptions,
	CognigyClient,
	EndpointDetails,
	EndpointEntry,
	ExpiredSession,
	ListEntry,
	ListPage,
	ListQuery,
	Message,
	ResetSessionInput,
	ResetSessionResult,
	StreamMessagesInput,
	StreamOptions,
	TriggerFlowInput,
	TriggerFlowResult,
	ValidateVersionInput,
	ValidateVersionResult,
	WebhookUrlChange,
} from '../types';
import { checkApiKey } from './checkApiKey';
import { joinChunks } from './chunks';
import { cognigyAiAccount, type CognigyAiConfig } from './config';
import { parseEndpointReference, parseEndpointUrl, type EndpointUrl } from './endpointAddress';
import { EndpointApi } from './endpointApi';
import { KnownEndpoints } from './knownEndpoints';
import {
	followSchema,
	resetSessionSchema,
	streamMessagesSchema,
	triggerFlowSchema,
	validateVersionSchema,
} from './inputs';
import { listEndpoints, listSnapshots, ProjectLists } from './lists';
import { ManagementApi } from './managementApi';
import { resetSession, type CheckedReset } from './resetSession';
import { PushedSessions } from './socket/pushedMessages';
import { SessionLinks } from './socket/sessionLinks';
import { SocketTurns } from './socket/socketTurn';
import type { SocketTransport } from './socket/transport';
import { checkedTurn, triggerFlow, type CheckedTurn } from './triggerFlow';
import { validateVersion, type DeploymentQuestion } from './validateVersion';
import { readWebhookEndpoint, setWebhookUrl } from './webhookEndpoint';

export interface CognigyAiClientDependencies {
	transport: HttpTransport;
	sockets: SocketTransport;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** How many requests may be sent; no limit by default. Sockets are not counted. */
	budget?: RateBudget;
	/** Where sessions are recorded; nowhere by default. */
	registry?: SessionRegistry;
	/** What clients of the same account and users of the same endpoints have in common; by default this one has its own. */
	shared?: {
		metrics: () => Counters;
		links: Pick<SessionLinks, 'use'>;
		pushed: Pick<PushedSessions, 'source' | 'note'>;
	} & Required<Pick<MessageStreamsDependencies, 'followers'>>;
}

/**
 * The client on the Cognigy.AI platform: the management API with an API key, and endpoints. In results, audits and the
 * registry, `botId` is the project and `flowId` a name of the endpoint that does not tell its token, but in
 * `validateVersion`, where it is the flow's referenceId.
 */
export class CognigyAiClient implements CognigyClient {
	readonly #config: CognigyAiConfig;
	readonly #transport: HttpTransport;
	readonly #clock: Clock;
	readonly #budget: RateBudget;
	readonly #registry: SessionRegistry | undefined;
	readonly #account: string;
	readonly #recorder: SessionRecorder | undefined;
	readonly #api: ManagementApi;
	readonly #lists: ProjectLists;
	readonly #endpoints: EndpointApi;
	readonly #known = new KnownEndpoints();
	/** Only those that nobody else uses. */
	readonly #ownLinks: SessionLinks;
	readonly #turns: SocketTurns;
	readonly #pushed: Pick<PushedSessions, 'source' | 'note'>;
	readonly #conversations: MessageStreams;
	readonly #metrics: () => Counters;
	readonly #closing = new AbortController();

	constructor(config: CognigyAiConfig, dependencies: CognigyAiClientDependencies) {
		const { transport, sockets, clock, random, budget = unlimitedBudget, registry, shared } = dependencies;
		this.#config = config;
		this.#transport = transport;
		this.#clock = clock;
		this.#budget = budget;
		this.#registry = registry;
		this.#account = cognigyAiAccount(config);
		this.#recorder = registry && new SessionRecorder(registry, this.#account);
		const calls = { config, transport, clock, random, budget };
		this.#api = new ManagementApi(calls);
		this.#lists = new ProjectLists(this.#api);
		this.#endpoints = new EndpointApi(calls);
		const ownLinks = new SessionLinks({ sockets, clock, secrets: [config.apiKey] });
		this.#ownLinks = ownLinks;
		const links = shared?.links ?? ownLinks;
		const isSharedWithOthers = config.stateStore === 'redis';
		this.#turns = new SocketTurns({
			links,
			endpoints: this.#endpoints,
			clock,
			random,
			isSharedWithOthers,
			note: (linked, message) => {
				const { address, ...session } = linked;
				this.#conversations.note({ botId: config.projectId, flowId: address.name, ...session }, [message]);
				// Shared with others, what nobody waits for comes again, and would come twice.
				if (!isSharedWithOthers) this.#pushed.note(linked, message);
			},
		});
		this.#pushed = shared?.pushed ?? new PushedSessions(links, clock);
		const ownMetrics = new Metrics();
		this.#metrics = shared?.metrics ?? (() => ownMetrics);
		this.#conversations = new MessageStreams({
			source: (session) => this.#source(session),
			join: joinChunks,
			...(shared ? { followers: shared.followers, nameOf: (session) => this.#followedAs(session) } : {}),
			registry,
			account: this.#account,
			metrics: { record: (...call) => this.#metrics().record(...call) },
			clock,
			random,
			closing: this.#closing.signal,
		});
		// One listener per running operation is no leak.
		setMaxListeners(0, this.#closing.signal);
	}

	check(operation: 'validateVersion' | 'triggerFlow' | 'resetSession', input: unknown, options: CallOptions): void {
		switch (operation) {
			case 'validateVersion':
				this.#question(input);
				break;
			case 'triggerFlow':
				this.#turn(input, randomUUID());
				break;
			case 'resetSession':
				this.#resetRequest(input);
		}
		checkInput(callOptionsSchema, { options });
	}

	async validateVersion(input: ValidateVersionInput, options: CallOptions): Promise<ValidateVersionResult> {
		const { expectedChannel, deployment } = input;
		const operation = {
			operation: 'validateVersion',
			subject: { botId: this.#config.projectId },
			input: { expectedChannel, deployment },
		} as const;
		return await this.#observe(operation, options, async (context) => {
			return await validateVersion(this.#deployments, this.#question(input), context);
		});
	}

	async triggerFlow(input: TriggerFlowInput, options: CallOptions): Promise<TriggerFlowResult> {
		const { userId, text = '', data = {} } = input;
		const sessionId = input.sessionId || randomUUID();
		const flowId = this.#nameOf(input.endpoint);
		const subject = { botId: this.#config.projectId, ...(flowId ? { flowId } : {}), sessionId, userId };
		const warnings: string[] = [];
		const onWarning = (message: string) => {
			warnings.push(message);
			options.onWarning?.(message);
		};
		const operation = { operation: 'triggerFlow', subject, input: text, context: data } as const;
		const { audit, ...result } = await this.#observe(operation, options, async (context) => {
			const dependencies = {
				endpoints: this.#endpoints,
				sockets: this.#turns,
				deployments: this.#deployments,
				clock: this.#clock,
				record: {
					starting: async (session: Parameters<SessionRecorder['starting']>[0]) =>
						await this.#recorder?.starting(session, onWarning),
					started: async (id: string) => await this.#recorder?.started(id, onWarning),
					notStarted: async (id: string) => await this.#recorder?.notStarted(id, onWarning),
				},
				onWarning,
			};
			return await triggerFlow(dependencies, this.#turn(input, sessionId), context);
		});
		return { ...result, ...(warnings.length > 0 ? { warnings } : {}), audit };
	}

	async resetSession(input: ResetSessionInput, options: CallOptions): Promise<ResetSessionResult> {
		const { sessionId, userId, resetMode, newSessionId, verify } = input;
		const { onWarning = () => {} } = options;
		const operation = {
			operation: 'resetSession',
			subject: { botId: this.#config.projectId, sessionId, ...(userId ? { userId } : {}) },
			input: { resetMode, newSessionId, verify },
		} as const;
		const { audit, ...reset } = await this.#observe(operation, options, async (context) => {
			return await resetSession(this.#deployments, this.#resetRequest(input), context);
		});
		await this.#recorder?.reset(sessionId, this.#clock.wallTime(), onWarning);
		return { ...reset, latencyMs: audit.latencyMs, audit };
	}

	async *streamMessages(
		input: StreamMessagesInput,
		options: StreamOptions,
	): AsyncGenerator<Message[], void, undefined> {
		const { endpoint, knownIds, sessionId, userId, testMode, typingStatus, streamedAnswers } = checkInput(
			streamMessagesSchema,
			input,
		);
		const { name, isTest } = this.#address(endpoint);
		const what = { botId: this.#config.projectId, flowId: name, sessionId, userId, testMode: testMode || isTest };
		const areWhole = streamedAnswers === 'whole';
		yield* this.#conversations.told({ ...what, knownIds, typingStatus }, options, areWhole);
	}

	checkFollow(input: FollowInput): void {
		this.#address(checkInput(followSchema, input).endpoint);
	}

	async follow(input: FollowInput, options: FollowOptions): Promise<void> {
		const { endpoint, sessionId, userId, testMode, messageTypes, streamedAnswers } = checkInput(followSchema, input);
		const { name, isTest } = this.#address(endpoint);
		const what = { botId: this.#config.projectId, flowId: name, sessionId, testMode: testMode || isTest };
		const how = { messageTypes, streamedAnswers };
		await this.#conversations.follow({ ...what, ...how, ...(userId ? { userId } : {}) }, options);
	}

	async claimExpiredSessions({ limit }: { botId?: string; limit: number }): Promise<ExpiredSession[]> {
		// The account is that of the project already.
		const query = { account: this.#account, now: this.#clock.wallTime(), leaseMs: RESET_LEASE_MS, limit };
		return await fromRegistry(this.#registry, async (registry) => await registry.claimExpired(query));
	}

	async releaseExpiredSession(sessionId: string): Promise<void> {
		await this.#recorder?.notReset(sessionId, () => {});
	}

	async logIn(signal: AbortSignal): Promise<void> {
		await checkApiKey(this.#api, this.#calls, signal);
	}

	async listEndpoints(query: ListQuery, options: CallOptions): Promise<ListPage<EndpointEntry>> {
		return await withinTimeout(this.#calls, options, { attempts: 0 }, async (context) => {
			return await listEndpoints(this.#lists, this.#config.projectId, query, context);
		});
	}

	async listSnapshots(query: ListQuery, options: CallOptions): Promise<ListPage<ListEntry>> {
		return await withinTimeout(this.#calls, options, { attempts: 0 }, async (context) => {
			return await listSnapshots(this.#lists, this.#config.projectId, query, context);
		});
	}

	async readEndpoint(endpointId: string, options: CallOptions): Promise<EndpointDetails> {
		return await withinTimeout(this.#calls, options, { attempts: 0 }, async (context) => {
			return await readWebhookEndpoint(this.#deployments, endpointId, context);
		});
	}

	async setWebhookUrl(change: WebhookUrlChange, options: CallOptions): Promise<void> {
		await withinTimeout(this.#calls, options, { attempts: 0 }, async (context) => {
			await setWebhookUrl(this.#api, change, context);
		});
	}

	sharesSessionsWith(other: CognigyClient): boolean {
		if (!(other instanceof CognigyAiClient)) return false;
		const { stateStore, redisUrl } = this.#config;
		const isSameStore = stateStore === other.#config.stateStore && redisUrl === other.#config.redisUrl;
		return isSameStore && this.#account === other.#account;
	}

	async takeOver(other: CognigyClient, consumer: string): Promise<void> {
		if (!(other instanceof CognigyAiClient) || other.#account !== this.#account) return;
		await this.#conversations.carryOver(other.#registry, consumer);
	}

	holdFollowed(): () => void {
		return this.#conversations.hold();
	}

	metrics(): MetricsSnapshot {
		return this.#metrics().snapshot();
	}

	close(): void {
		this.#closing.abort();
		this.#ownLinks.close();
		this.#transport.close();
		this.#budget.close();
	}

	get #deployments() {
		return { api: this.#api, lists: this.#lists, projectId: this.#config.projectId };
	}

	#question(input: unknown): DeploymentQuestion {
		const { endpoint, ...question } = checkInput(validateVersionSchema, input);
		return { ...question, endpoint: parseEndpointReference(endpoint, this.#config.allowInsecure) };
	}

	/** @param newId for a session that has no id yet */
	#turn(input: unknown, newId: string): CheckedTurn {
		const request = checkInput(triggerFlowSchema, input);
		return checkedTurn(request, this.#address(request.endpoint), request.sessionId ?? newId);
	}

	#resetRequest(input: unknown): CheckedReset {
		const { endpoint, ...request } = checkInput(resetSessionSchema, input);
		if (request.resetMode === 'state') return request;
		return { ...request, endpoint: parseEndpointReference(endpoint, this.#config.allowInsecure) };
	}

	/** @throws {CognigyError} `invalidInput` */
	#address(endpoint: string): EndpointUrl {
		const url = parseEndpointUrl(endpoint, this.#config.allowInsecure);
		this.#known.add(url);
		return url;
	}

	/** Name of an endpoint for audits; empty while nobody knows whether its URL is one. */
	#nameOf(endpoint: string | undefined): string {
		try {
			return endpoint === undefined ? '' : this.#address(endpoint).name;
		} catch {
			return '';
		}
	}

	/** Whoever knows an endpoint may follow its sessions: they are its own, and not those of a credential. */
	#followedAs({ flowId, sessionId }: SessionPlace): string {
		const { base, token } = this.#known.get(flowId);
		return JSON.stringify(['endpoint', base, token, sessionId]);
	}

	#source({ flowId, sessionId, userId = '', testMode = false }: SessionPlace): MessageSource {
		return this.#pushed.source({ address: this.#known.get(flowId), sessionId, userId, testMode });
	}

	/** Runs an operation within its time limit, with an audit entry and a place in the metrics. */
	async #observe<T>(
		what: Pick<ObservedOperation, 'operation' | 'subject' | 'input' | 'context'>,
		options: CallOptions,
		run: (context: CallContext) => Promise<T>,
	): Promise<T & { audit: AuditEntry }> {
		return await observedCall(this.#calls, what, options, run);
	}

	get #calls(): CallDependencies {
		return { clock: this.#clock, metrics: this.#metrics(), closing: this.#closing.signal };
	}
}
