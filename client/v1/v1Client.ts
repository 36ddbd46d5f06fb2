import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import type { TokenProvider, TokenState } from '../token/tokenProvider';
import { CallGroup } from '../call/callGroup';
import { unlimitedBudget, type RateBudget } from '../budget/rateBudget';
import { CognigyError, invalidInput } from '../errors';
import { longPolls, type PollAnswer, type PollRequest } from '../streams/longPolls';
import {
	MessageStreams,
	fromRegistry,
	type MessageStreamsDependencies,
	type SessionPlace,
	type Way,
} from '../streams/messageStreams';
import type { FollowInput, FollowOptions } from '../streams/types';
import { accountKey } from '../registry/accountKey';
import { SessionRecorder } from '../registry/sessionRecorder';
import { RESET_LEASE_MS, type SessionRegistry } from '../registry/sessionRegistry';
import { checkInput } from '../validation/checkInput';
import type { HttpTransport } from '../transport/http';
import { Metrics, type Counters, type MetricsSnapshot } from '../metrics';
import type { AuditEntry } from '../audit';
import type { ObservedOperation } from '../call/observer';
import { callOptionsSchema } from '../call/callOptions';
import type { Clock } from '../time/clock';
import type {
	CallOptions,
	CognigyClient,
	EndpointEntry,
	ExpiredSession,
	ListEntry,
	ListPage,
	Message,
	ResetSessionInput,
	ResetSessionResult,
	StreamMessagesInput,
	StreamOptions,
	TriggerFlowInput,
	TriggerFlowResult,
	ValidateVersionInput,
	ValidateVersionResult,
} from '../types';
import type { WebSocketTransport } from '../transport/webSocket';
import { withAttempts, type CallContext } from '../call/attempts';
import { observedCall, withinTimeout, type CallDependencies } from '../call/observedCall';
import type { V1Config } from './config';
import {
	checkFollow,
	resetSessionSchema,
	streamMessagesSchema,
	triggerFlowSchema,
	validateVersionSchema,
} from './inputs';
import { HeldPolls } from './heldPolls';
import { pollMessages } from './pollMessages';
import { compileReset, resetSession } from './resetSession';
import { V1Rest } from './rest';
import { ChannelPool } from './runtime/channelPool';
import { RuntimeDialer } from './runtime/dialer';
import { v1Tokens, type ShareLogin } from './tokens';
import { startBody, triggerFlow } from './triggerFlow';
import { validateVersion } from './validateVersion';

export interface V1ClientDependencies {
	transport: HttpTransport;
	webSocket: WebSocketTransport;
	clock: Clock;
	/** How many requests may be sent; no limit by default. */
	budget?: RateBudget;
	/** Where sessions are recorded; nowhere by default. */
	registry?: SessionRegistry;
	/** Shares the token with other processes; by default each has its own. */
	shareLogin?: ShareLogin;
	/** What all clients of the account have in common; by default this one has its own. */
	shared?: {
		tokenState: () => TokenState;
		metrics: () => Counters;
	} & Required<Pick<MessageStreamsDependencies, 'followers' | 'nameOf'>>;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** The client on the v1 runtime API (login with user name and password). */
export class V1Client implements CognigyClient {
	readonly #config: V1Config;
	readonly #tokens: TokenProvider;
	readonly #rest: V1Rest;
	readonly #dialer: RuntimeDialer;
	readonly #pools = new Set<ChannelPool>();
	readonly #conversations: MessageStreams;
	readonly #poll: (session: SessionPlace, request: PollRequest) => Promise<PollAnswer>;
	readonly #budget: RateBudget;
	readonly #account: string;
	readonly #registry: SessionRegistry | undefined;
	readonly #recorder: SessionRecorder | undefined;
	readonly #metrics: () => Counters;
	readonly #transport: HttpTransport;
	readonly #clock: Clock;
	readonly #random: () => number;
	readonly #closing = new AbortController();

	constructor(config: V1Config, dependencies: V1ClientDependencies) {
		const {
			transport,
			webSocket,
			clock,
			random,
			budget = unlimitedBudget,
			registry,
			shareLogin,
			shared,
		} = dependencies;
		this.#config = config;
		const tokens = v1Tokens({ config, transport, clock, random, budget }, shareLogin, shared?.tokenState);
		this.#tokens = tokens;
		this.#rest = new V1Rest({ config, transport, clock, random, tokens, budget });
		this.#dialer = new RuntimeDialer({ config, webSocket, tokens, clock });
		this.#transport = transport;
		this.#clock = clock;
		this.#random = random;
		this.#budget = budget;
		this.#account = accountKey({ type: 'cognigyApi', ...config });
		this.#registry = registry;
		this.#recorder = registry && new SessionRecorder(registry, this.#account);
		const polling = { rest: this.#rest, clock, heldPolls: new HeldPolls(clock) };
		const ownMetrics = new Metrics();
		this.#metrics = shared?.metrics ?? (() => ownMetrics);
		this.#poll = async (session, request) => await pollMessages(polling, session, request);
		this.#conversations = new MessageStreams({
			source: (session) => longPolls(async (request) => await this.#poll(session, request), clock),
			prove: async (signal) => await this.#prove(signal),
			...shared,
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
				checkInput(validateVersionSchema, input);
				break;
			case 'triggerFlow':
				toBody({ ...checkInput(triggerFlowSchema, input), sessionId: '' });
				break;
			case 'resetSession':
				this.#checkReset(input);
		}
		checkInput(callOptionsSchema, { options });
	}

	async validateVersion(input: ValidateVersionInput, options: CallOptions): Promise<ValidateVersionResult> {
		const { botId, flowId, targetEnvironment } = input;
		const observed = {
			operation: 'validateVersion',
			subject: { botId, flowId },
			input: { targetEnvironment },
		} as const;
		return await this.#observe(observed, options, async (context) => {
			return await validateVersion(this.#rest, checkInput(validateVersionSchema, input), context);
		});
	}

	async triggerFlow(input: TriggerFlowInput, options: CallOptions): Promise<TriggerFlowResult> {
		const { botId, flowId, userId } = input;
		const subject = { botId, flowId, sessionId: input.sessionId || randomUUID(), userId };
		const warnings: string[] = [];
		let earlier: string[] = [];
		const onWarning = (message: string) => {
			warnings.push(message);
			options.onWarning?.(message);
		};
		const observed = {
			operation: 'triggerFlow',
			subject,
			input: input.input,
			context: input.context,
		} as const;
		const { audit, ...started } = await this.#observe(observed, options, async (context) => {
			const checked = { ...checkInput(triggerFlowSchema, input), sessionId: subject.sessionId };
			const body = toBody(checked);
			earlier = this.#conversations.seenIds(checked);
			const result = await triggerFlow(this.#rest, this.#clock, checked, body, context, {
				starting: async (session) => await this.#recorder?.starting(session, onWarning),
				started: async (sessionId) => await this.#recorder?.started(sessionId, onWarning),
				notStarted: async (sessionId) => await this.#recorder?.notStarted(sessionId, onWarning),
			});
			// The service may have chosen an id of its own.
			subject.sessionId = result.sessionId;
			return result;
		});
		const { signal = neverAborted } = options;
		const { sessionId } = started;
		const reply =
			input.reply &&
			(await this.#conversations.reply({ botId, flowId, sessionId }, input.reply, earlier, signal, onWarning));
		return { ...started, ...reply, ...(warnings.length > 0 ? { warnings } : {}), audit };
	}

	async resetSession(input: ResetSessionInput, options: CallOptions): Promise<ResetSessionResult> {
		// The audit shows nothing that only the other backend reads.
		const {
			botId,
			sessionId,
			userId: _user,
			resetMode: _mode,
			endpoint: _endpoint,
			newSessionId: _id,
			...what
		} = input;
		const { onWarning = () => {} } = options;
		const observed = { operation: 'resetSession', subject: { botId, sessionId }, input: what } as const;
		const { audit, ...reset } = await this.#observe(observed, options, async (context) => {
			const checked = this.#checkReset(input);
			const frame = compileReset(checked, this.#clock.wallTime());
			return await this.#reset(checked, frame, options, context);
		});
		await this.#recorder?.reset(sessionId, this.#clock.wallTime(), onWarning);
		return { ...reset, latencyMs: audit.latencyMs, audit };
	}

	async *streamMessages(
		input: StreamMessagesInput,
		options: StreamOptions,
	): AsyncGenerator<Message[], void, undefined> {
		const checked = checkInput(streamMessagesSchema, input);
		yield* this.#conversations.told(checked, options);
	}

	checkFollow(input: FollowInput): void {
		checkFollow(input);
	}

	async follow(input: FollowInput, options: FollowOptions): Promise<void> {
		const now = () => {
			const client = options.clientNow?.();
			return client instanceof V1Client ? client : this;
		};
		const way: Way = {
			source: (session) => longPolls(async (request) => await now().#poll(session, request), this.#clock),
			prove: async (signal) => await now().#prove(signal),
		};
		await this.#conversations.follow(checkFollow(input), options, way);
	}

	async claimExpiredSessions({ botId, limit }: { botId?: string; limit: number }): Promise<ExpiredSession[]> {
		const query = {
			account: this.#account,
			botId: botId || undefined,
			now: this.#clock.wallTime(),
			leaseMs: RESET_LEASE_MS,
			limit,
		};
		return await fromRegistry(this.#registry, async (registry) => await registry.claimExpired(query));
	}

	async releaseExpiredSession(sessionId: string): Promise<void> {
		await this.#recorder?.notReset(sessionId, () => {});
	}

	async logIn(signal: AbortSignal): Promise<void> {
		const attempts = { clock: this.#clock, random: this.#random };
		const attempt = { action: 'The login to Cognigy', isRepeatable: () => false };
		await withinTimeout(this.#calls, { ...LOGIN, signal }, { attempts: 0 }, async (context) => {
			await withAttempts(attempts, context, attempt, async () => {
				await this.#tokens.get(context.deadline);
			});
		});
	}

	async listEndpoints(): Promise<ListPage<EndpointEntry>> {
		return { items: [] };
	}

	async listSnapshots(): Promise<ListPage<ListEntry>> {
		return { items: [] };
	}

	async readEndpoint(): Promise<never> {
		throw noEndpoints;
	}

	async setWebhookUrl(): Promise<never> {
		throw noEndpoints;
	}

	sharesSessionsWith(other: CognigyClient): boolean {
		if (!(other instanceof V1Client)) return false;
		const { stateStore, redisUrl } = this.#config;
		const isSameStore = stateStore === other.#config.stateStore && redisUrl === other.#config.redisUrl;
		return isSameStore && this.#account === other.#account;
	}

	async takeOver(other: CognigyClient, consumer: string): Promise<void> {
		if (!(other instanceof V1Client) || other.#account !== this.#account) return;
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
		for (const pool of this.#pools) void pool.close();
		this.#transport.close();
		this.#budget.close();
	}

	/** @throws {CognigyError} why the service does not let this client in */
	async #prove(signal: AbortSignal): Promise<void> {
		await this.#tokens.get({ signal, end: undefined });
	}

	#checkReset(input: unknown): ResetSessionInput {
		const checked = checkInput(resetSessionSchema, input);
		if (this.#config.tenantId === '') throw tenantMissing;
		return checked;
	}

	async #reset(input: ResetSessionInput, frame: string, options: CallOptions, context: CallContext) {
		const group = options.group ?? new CallGroup();
		try {
			const channels = group.shared(this, () => this.#openPool());
			return await resetSession(
				{ channels, dialer: this.#dialer, clock: this.#clock, random: this.#random },
				input,
				frame,
				context,
			);
		} finally {
			if (!options.group) await group.close();
		}
	}

	#openPool(): ChannelPool {
		const pool = new ChannelPool(() => this.#pools.delete(pool));
		this.#pools.add(pool);
		return pool;
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

/** Of a login that somebody waits for. */
const LOGIN = { timeoutSeconds: 10, retries: 0 };

const neverAborted = new AbortController().signal;

function toBody(input: TriggerFlowInput & { sessionId: string }): string {
	try {
		return startBody(input);
	} catch {
		throw invalidInput('context', 'cannot be written as JSON', 'Use only text, numbers, lists and objects in it.');
	}
}

const tenantMissing = new CognigyError({
	category: 'invalidInput',
	message: 'Tenant ID in the credential is empty; the runtime channel needs it',
	advice: 'Put your tenant into the credential "Cognigy v1 API". Nothing was sent.',
	parameter: 'tenantId',
});

const noEndpoints = new CognigyError({
	category: 'invalidInput',
	message: 'The Cognigy v1 API has no endpoints',
	advice: 'Use a credential of the type "Cognigy.AI API".',
});
