import { randomUUID } from 'node:crypto';

import type { AuditEntry } from './audit';
import type { Backend, BackendOperation, Inputs, Management, PreparedStart } from './backend';
import type { CallContext } from './call/attempts';
import { callOptionsSchema, observedCall, withinTimeout, type CallDependencies } from './call/observedCall';
import type { ObservedOperation } from './call/observedCall';
import { isReleaseOperation } from './cognigyAi/release/inputs';
import type { ReleaseResult } from './cognigyAi/release/types';
import { edition } from './edition';
import { CognigyError } from './errors';
import { Metrics, type Counters, type MetricsSnapshot } from './metrics';
import type { StateStore } from './openState';
import { SessionRecorder } from './registry/sessionRecorder';
import { RESET_LEASE_MS, type SessionRegistry } from './registry/sessionRegistry';
import { withoutCallbackUrl } from './starts/callbackUrl';
import { Starts, type MadeStart } from './starts/starts';
import type { SharedSessions } from './streams/feed/sharedSessions';
import { MessageStreams, fromRegistry, type MessageStreamsDependencies, type Way } from './streams/messageStreams';
import type { FollowOptions } from './streams/types';
import type { Clock } from './time/clock';
import type {
	CallOptions,
	CheckedOperation,
	CognigyClient,
	ConversationsResult,
	DeletedProfileResult,
	EndpointDetails,
	EndpointEntry,
	ExpiredSession,
	InjectContextResult,
	ListEntry,
	ListPage,
	ListQuery,
	Message,
	ProfileResult,
	ResetSessionResult,
	StartOptions,
	StreamOptions,
	TranscriptResult,
	TriggerFlowResult,
	ValidateVersionResult,
	WebhookUrlChange,
} from './types';
import { checkInput } from './validation/fields';

export interface ClientDependencies {
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** Where sessions are recorded; nowhere by default. */
	registry?: SessionRegistry;
	/** What the credential says about that. */
	store: StateStore;
	/** What all clients of the account have in common; by default this one has its own. */
	shared?: { metrics: () => Counters } & Required<Pick<MessageStreamsDependencies, 'followers'>>;
	/** Shares sessions with other processes; by default each asks for them by itself. */
	sharedSessions?: SharedSessions | undefined;
}

/** What every platform needs, once: audit, session record, warnings, streams, claims, closing. */
export class Client<I extends Inputs> implements CognigyClient<I> {
	readonly #backend: Backend<I>;
	readonly #clock: Clock;
	readonly #store: StateStore;
	readonly #registry: SessionRegistry | undefined;
	readonly #recorder: SessionRecorder | undefined;
	readonly #starts: Starts;
	readonly #streams: MessageStreams;
	readonly #metrics: () => Counters;
	readonly #closing = new AbortController();

	constructor(backend: Backend<I>, dependencies: ClientDependencies) {
		const { clock, random, registry, store, shared, sharedSessions } = dependencies;
		const { account, messages } = backend;
		this.#backend = backend;
		this.#clock = clock;
		this.#store = store;
		this.#registry = registry;
		this.#recorder = registry && new SessionRecorder(registry, account);
		const ownMetrics = new Metrics();
		this.#metrics = shared?.metrics ?? (() => ownMetrics);
		const kept = registry && this.#recorder ? { registry, recorder: this.#recorder } : undefined;
		this.#starts = new Starts({ kept, account, clock, random });
		this.#streams = new MessageStreams({
			...messages,
			...(shared ? { followers: shared.followers } : {}),
			...(sharedSessions ? { shared: sharedSessions } : {}),
			registry,
			account,
			metrics: { record: (...call) => this.#metrics().record(...call) },
			clock,
			random,
			closing: this.#closing.signal,
		});
		edition.host.allowManyListeners(this.#closing.signal);
	}

	check<Name extends CheckedOperation>(operation: Name, input: I[Name], options: CallOptions): void {
		const name: CheckedOperation = operation;
		if (name === 'triggerFlow') this.#backend.triggerFlow.prepare(input, randomUUID());
		else {
			const operation = isReleaseOperation(name) ? this.#backend.releases?.[name] : this.#backend[name];
			offered(name, operation).prepare(input);
		}
		checkInput(callOptionsSchema, { options });
	}

	async validateVersion(input: I['validateVersion'], options: CallOptions): Promise<ValidateVersionResult> {
		return await this.#carryOut('validateVersion', this.#backend.validateVersion, input, options);
	}

	async triggerFlow(input: I['triggerFlow'], options: StartOptions): Promise<TriggerFlowResult> {
		const { triggerFlow } = this.#backend;
		const newId = input.sessionId || randomUUID();
		const observed = { operation: 'triggerFlow', ...triggerFlow.audited(input, newId) } as const;
		const warnings: string[] = [];
		const onWarning = (message: string) => {
			warnings.push(message);
			options.onWarning?.(message);
		};
		const { origin = '', signal = neverAborted } = options;
		const made = await this.#observe(observed, options, async (context) => {
			const checked = triggerFlow.prepare(input, newId);
			const onRepeated = (sessionId: string) => {
				observed.subject.sessionId = sessionId;
				context.trace.repeated = true;
			};
			const caller = { origin, context, onWarning, warnings, onRepeated };
			const make = async ({ plan, send, subject, again }: PreparedStart): Promise<MadeStart> => {
				Object.assign(observed.subject, subject);
				try {
					return await this.#starts.make(plan, caller, async (createdAt) => {
						const aside = { streams: this.#streams, onWarning, createdAt };
						const started = await withoutCallbackUrl(input, async () => await send(context, aside));
						if (!started.collectReply) options.onAnswered?.();
						return started;
					});
				} catch (error) {
					const mayBeMadeAgain = error instanceof CognigyError && !error.mayHaveRun;
					const anew = mayBeMadeAgain ? await again?.(error, context) : undefined;
					if (!anew) throw error;
					return await make(anew);
				}
			};
			const start = await make(await checked(context));
			// The service may have chosen an id of its own.
			observed.subject.sessionId = start.result.sessionId;
			return start;
		});
		const { audit, result, isRepeated, collectReply, complete } = made;
		let reply: Pick<TriggerFlowResult, 'messages' | 'reply'> | undefined;
		try {
			reply = await collectReply?.(signal);
		} finally {
			await complete(reply);
		}
		const allWarnings = [...(result.warnings ?? []), ...warnings];
		return {
			...{ ...result, ...reply },
			...(isRepeated ? { repeated: true } : {}),
			...(allWarnings.length > 0 ? { warnings: allWarnings } : {}),
			audit,
		};
	}

	async resetSession(input: I['resetSession'], options: CallOptions): Promise<ResetSessionResult> {
		const { resetSession } = this.#backend;
		const { onWarning = () => {}, group } = options;
		const observed = { operation: 'resetSession', ...resetSession.audited(input) } as const;
		const { audit, ...reset } = await this.#observe(observed, options, async (context) => {
			return await resetSession.prepare(input)(context, group);
		});
		await this.#recorder?.reset(input.sessionId, this.#clock.wallTime(), onWarning);
		return { ...reset, latencyMs: audit.latencyMs, audit };
	}

	async getTranscript(input: I['getTranscript'], options: CallOptions): Promise<TranscriptResult> {
		return await this.#carryOut('getTranscript', this.#backend.getTranscript, input, options);
	}

	async listConversations(input: I['listConversations'], options: CallOptions): Promise<ConversationsResult> {
		return await this.#carryOut('listConversations', this.#backend.listConversations, input, options);
	}

	async getProfile(input: I['getProfile'], options: CallOptions): Promise<ProfileResult> {
		return await this.#carryOut('getProfile', this.#backend.getProfile, input, options);
	}

	async createProfile(input: I['createProfile'], options: CallOptions): Promise<ProfileResult> {
		return await this.#carryOut('createProfile', this.#backend.createProfile, input, options);
	}

	async updateProfile(input: I['updateProfile'], options: CallOptions): Promise<ProfileResult> {
		return await this.#carryOut('updateProfile', this.#backend.updateProfile, input, options);
	}

	async deleteProfile(input: I['deleteProfile'], options: CallOptions): Promise<DeletedProfileResult> {
		return await this.#carryOut('deleteProfile', this.#backend.deleteProfile, input, options);
	}

	async injectContext(input: I['injectContext'], options: CallOptions): Promise<InjectContextResult> {
		return await this.#carryOut('injectContext', this.#backend.injectContext, input, options);
	}

	async createSnapshot(input: I['createSnapshot'], options: CallOptions): Promise<ReleaseResult<'createSnapshot'>> {
		return await this.#carryOut('createSnapshot', this.#backend.releases?.createSnapshot, input, options);
	}

	async deploySnapshot(input: I['deploySnapshot'], options: CallOptions): Promise<ReleaseResult<'deploySnapshot'>> {
		return await this.#carryOut('deploySnapshot', this.#backend.releases?.deploySnapshot, input, options);
	}

	async rollBack(input: I['rollBack'], options: CallOptions): Promise<ReleaseResult<'rollBack'>> {
		return await this.#carryOut('rollBack', this.#backend.releases?.rollBack, input, options);
	}

	async getReleaseStatus(
		input: I['getReleaseStatus'],
		options: CallOptions,
	): Promise<ReleaseResult<'getReleaseStatus'>> {
		return await this.#carryOut('getReleaseStatus', this.#backend.releases?.getReleaseStatus, input, options);
	}

	async deleteSnapshot(input: I['deleteSnapshot'], options: CallOptions): Promise<ReleaseResult<'deleteSnapshot'>> {
		return await this.#carryOut('deleteSnapshot', this.#backend.releases?.deleteSnapshot, input, options);
	}

	async exportPackage(input: I['exportPackage'], options: CallOptions): Promise<ReleaseResult<'exportPackage'>> {
		return await this.#carryOut('exportPackage', this.#backend.releases?.exportPackage, input, options);
	}

	async *streamMessages(
		input: I['streamMessages'],
		options: StreamOptions,
	): AsyncGenerator<Message[], void, undefined> {
		const { stream, streamedAnswers } = this.#backend.checkStream(input);
		yield* this.#streams.told(stream, options, streamedAnswers === 'whole');
	}

	checkFollow(input: I['follow']): void {
		this.#backend.checkFollow(input);
	}

	async follow(input: I['follow'], options: FollowOptions): Promise<void> {
		const { messages } = this.#backend;
		const now = () => {
			const client = options.clientNow?.();
			return client instanceof Client ? client.#backend.messages : messages;
		};
		const way: Way = {
			source: (session) => {
				const source = messages.source(session);
				const { poll } = source;
				// The credential may be another one with each poll.
				return poll ? { ...source, poll: (request) => (now().source(session).poll ?? poll)(request) } : source;
			},
			prove: async (signal) => await now().prove?.(signal),
		};
		// Only where it matters whose credential asks.
		await this.#streams.follow(this.#backend.checkFollow(input), options, messages.prove && way);
	}

	async claimExpiredSessions({ botId, limit }: { botId?: string; limit: number }): Promise<ExpiredSession[]> {
		const query = {
			account: this.#backend.account,
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
		await this.#withinTimeout({ ...LOGIN, signal }, async (context) => await this.#backend.signIn(context));
	}

	async listEndpoints(query: ListQuery, options: CallOptions): Promise<ListPage<EndpointEntry>> {
		const { management } = this.#backend;
		if (!management) return { items: [] };
		return await this.#withinTimeout(options, async (context) => await management.listEndpoints(query, context));
	}

	async listSnapshots(query: ListQuery, options: CallOptions): Promise<ListPage<ListEntry>> {
		const { management } = this.#backend;
		if (!management) return { items: [] };
		return await this.#withinTimeout(options, async (context) => await management.listSnapshots(query, context));
	}

	async readEndpoint(endpointId: string, options: CallOptions): Promise<EndpointDetails> {
		const management = this.#management;
		return await this.#withinTimeout(options, async (context) => await management.readEndpoint(endpointId, context));
	}

	async setWebhookUrl(change: WebhookUrlChange, options: CallOptions): Promise<void> {
		const management = this.#management;
		await this.#withinTimeout(options, async (context) => await management.setWebhookUrl(change, context));
	}

	sharesSessionsWith(other: CognigyClient): boolean {
		if (!(other instanceof Client)) return false;
		const { stateStore, redisUrl } = this.#store;
		const isSameStore = stateStore === other.#store.stateStore && redisUrl === other.#store.redisUrl;
		return isSameStore && this.#backend.account === other.#backend.account;
	}

	async takeOver(other: CognigyClient, consumer: string): Promise<void> {
		if (!(other instanceof Client) || other.#backend.account !== this.#backend.account) return;
		await this.#streams.carryOver(other.#registry, consumer);
	}

	holdFollowed(): () => void {
		return this.#streams.hold();
	}

	metrics(): MetricsSnapshot {
		return this.#metrics().snapshot();
	}

	close(): void {
		this.#closing.abort();
		this.#backend.close();
	}

	/** @throws {CognigyError} `invalidInput` where the platform has none */
	get #management(): Management {
		const { management } = this.#backend;
		if (!management) throw noEndpoints;
		return management;
	}

	/** Runs an operation within its time limit, with an audit entry and a place in the metrics. */
	async #observe<T>(
		what: Pick<ObservedOperation, 'operation' | 'subject' | 'input' | 'context'>,
		options: CallOptions,
		run: (context: CallContext) => Promise<T>,
	): Promise<T & { audit: AuditEntry }> {
		return await observedCall(this.#calls, what, options, run);
	}

	/** An operation that needs nothing of the client. @param work missing: the platform does not have it */
	async #carryOut<Input, Result>(
		operation: ObservedOperation['operation'],
		work: BackendOperation<Input, Result> | undefined,
		input: Input,
		options: CallOptions,
	): Promise<Result & { audit: AuditEntry }> {
		const { audited, prepare } = offered(operation, work);
		return await this.#observe({ operation, ...audited(input) }, options, async (context) => {
			return await prepare(input)(context, undefined);
		});
	}

	/** Runs what is no operation of its own. */
	async #withinTimeout<T>(
		options: Pick<CallOptions, 'timeoutSeconds' | 'retries' | 'signal'>,
		run: (context: CallContext) => Promise<T>,
	): Promise<T> {
		return await withinTimeout(this.#calls, options, { attempts: 0 }, run);
	}

	get #calls(): CallDependencies {
		return { clock: this.#clock, metrics: this.#metrics(), closing: this.#closing.signal };
	}
}

/** Of a login that somebody waits for. */
const LOGIN = { timeoutSeconds: 10, retries: 0 };

const neverAborted = new AbortController().signal;

/** @throws {CognigyError} `invalidInput` for what the platform does not have */
function offered<T>(name: string, operation: T | undefined): T {
	if (operation === undefined) throw isReleaseOperation(name) ? noReleases : noConversations;
	return operation;
}

const noReleases = new CognigyError({
	category: 'invalidInput',
	message: 'The Cognigy v1 API has no releases that can be worked on',
	advice: 'Use a credential of the type "Cognigy.AI API".',
});

const noConversations = new CognigyError({
	category: 'invalidInput',
	message: 'The Cognigy v1 API has no conversations and profiles',
	advice: 'Use a credential of the type "Cognigy.AI API".',
});

const noEndpoints = new CognigyError({
	category: 'invalidInput',
	message: 'The Cognigy v1 API has no endpoints',
	advice: 'Use a credential of the type "Cognigy.AI API".',
});
