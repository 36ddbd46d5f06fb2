import type { Backend, BackendMessages, PreparedStart } from '../backend';
import { unlimitedBudget, type RateBudget } from '../budget/rateBudget';
import { withAttempts, type AttemptDependencies, type CallContext } from '../call/attempts';
import { CallGroup } from '../call/callGroup';
import { CognigyError, invalidInput } from '../errors';
import { accountKey } from '../registry/accountKey';
import { withCallbackUrl } from '../starts/callbackUrl';
import type { PlannedStart } from '../starts/starts';
import { longPolls } from '../streams/longPolls';
import { nameOf } from '../streams/messageStreams';
import type { Clock } from '../time/clock';
import type { TokenProvider, TokenState } from '../token/tokenProvider';
import type { HttpTransport } from '../transport/http';
import type { WebSocketTransport } from '../transport/webSocket';
import { checkInput } from '../validation/fields';
import { v1Login, type V1Config } from './config';
import { HeldPolls } from './heldPolls';
import {
	checkFollow,
	resetSessionSchema,
	streamMessagesSchema,
	triggerFlowSchema,
	validateVersionSchema,
	type V1Inputs,
	type V1ResetSessionInput,
} from './inputs';
import { pollMessages } from './pollMessages';
import { compileReset, resetSession } from './resetSession';
import { V1Rest } from './rest';
import { ChannelPool } from './runtime/channelPool';
import { RuntimeDialer } from './runtime/dialer';
import { v1Tokens, type ShareLogin } from './tokens';
import { actionOf, startBody, triggerFlow, ttlSecondsOf, type V1Start } from './triggerFlow';
import { validateVersion } from './validateVersion';

export interface V1Dependencies {
	transport: HttpTransport;
	webSocket: WebSocketTransport;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** How many requests may be sent; no limit by default. */
	budget?: RateBudget;
	/** Shares the token with other processes; by default each has its own. */
	shareLogin?: ShareLogin;
	/** What is known of logins to the account, for all who log in to it; by default only for this backend. */
	tokenState?: () => TokenState;
}

/** The v1 runtime API (login with user name and password). */
export class V1Backend implements Backend<V1Inputs> {
	readonly account: string;
	readonly messages: BackendMessages;
	readonly #config: V1Config;
	readonly #transport: HttpTransport;
	readonly #budget: RateBudget;
	readonly #tokens: TokenProvider;
	readonly #rest: V1Rest;
	readonly #dialer: RuntimeDialer;
	readonly #pools = new Set<ChannelPool>();
	readonly #attempts: AttemptDependencies;

	constructor(config: V1Config, dependencies: V1Dependencies) {
		const { transport, webSocket, clock, random, budget = unlimitedBudget, shareLogin, tokenState } = dependencies;
		this.account = accountKey({ type: 'cognigyApi', ...config });
		this.#config = config;
		this.#transport = transport;
		this.#budget = budget;
		this.#attempts = { clock, random };
		const tokens = v1Tokens({ config, transport, clock, random, budget }, shareLogin, tokenState);
		this.#tokens = tokens;
		this.#rest = new V1Rest({ config, transport, clock, random, tokens, budget });
		this.#dialer = new RuntimeDialer({ config, webSocket, tokens, clock });
		const polling = { rest: this.#rest, clock, heldPolls: new HeldPolls(clock) };
		const login = v1Login(config);
		this.messages = {
			source: (session) => longPolls((request) => pollMessages(polling, session, request), clock),
			prove: async (signal) => void (await tokens.get({ signal, end: undefined })),
			nameOf: (session) => JSON.stringify([login, nameOf(session)]),
		};
	}

	readonly validateVersion: Backend<V1Inputs>['validateVersion'] = {
		audited: ({ botId, flowId, targetEnvironment }) => ({
			subject: { botId, flowId },
			input: { targetEnvironment },
		}),
		prepare: (input) => {
			const checked = checkInput(validateVersionSchema, input);
			return async (context) => await validateVersion(this.#rest, checked, context);
		},
	};

	readonly triggerFlow: Backend<V1Inputs>['triggerFlow'] = {
		audited: ({ botId, flowId, userId, input, context }, sessionId) => ({
			subject: { botId, flowId, sessionId, userId },
			input,
			context,
		}),
		prepare: (input, newId) => {
			const request = checkInput(triggerFlowSchema, input);
			const checked = { ...request, sessionId: request.sessionId ?? newId };
			const body = toBody(checked);
			const prepared: PreparedStart = {
				plan: plannedStart(checked, request.sessionId),
				send: async (context, { streams, onWarning, createdAt }) => {
					const { botId, flowId, reply } = checked;
					// What comes after the start is its reply.
					const earlier = reply ? await streams.seenIds(checked, onWarning) : [];
					const result = await triggerFlow(this.#rest, checked, body, context, createdAt);
					if (!reply) return { result };
					const session = { botId, flowId, sessionId: result.sessionId };
					return {
						result,
						collectReply: async (signal) => await streams.reply(session, reply, earlier, signal, onWarning),
					};
				},
			};
			return async () => await Promise.resolve(prepared);
		},
	};

	readonly resetSession: Backend<V1Inputs>['resetSession'] = {
		audited: ({ botId, sessionId, ...what }) => ({ subject: { botId, sessionId }, input: what }),
		prepare: (input) => {
			const checked = checkInput(resetSessionSchema, input);
			if (this.#config.tenantId === '') throw tenantMissing;
			return async (context, group) => await this.#reset(checked, group, context);
		},
	};

	checkStream(input: unknown): ReturnType<Backend<V1Inputs>['checkStream']> {
		return { stream: checkInput(streamMessagesSchema, input), streamedAnswers: 'chunks' };
	}

	checkFollow(input: unknown): ReturnType<Backend<V1Inputs>['checkFollow']> {
		return checkFollow(input);
	}

	async signIn(context: CallContext): Promise<void> {
		const attempt = { action: 'The login to Cognigy', isRepeatable: () => false };
		await withAttempts(this.#attempts, context, attempt, async () => {
			await this.#tokens.get(context.deadline);
		});
	}

	close(): void {
		for (const pool of this.#pools) void pool.close();
		this.#transport.close();
		this.#budget.close();
	}

	async #reset(input: V1ResetSessionInput, given: CallGroup | undefined, context: CallContext) {
		const frame = compileReset(input, this.#attempts.clock.wallTime());
		const group = given ?? new CallGroup();
		try {
			const channels = group.shared(this, () => this.#openPool());
			return await resetSession({ ...this.#attempts, channels, dialer: this.#dialer }, input, frame, context);
		} finally {
			if (!given) await group.close();
		}
	}

	#openPool(): ChannelPool {
		const pool = new ChannelPool(() => this.#pools.delete(pool));
		this.#pools.add(pool);
		return pool;
	}
}

/** @param givenId of the session, unless one was made for it */
function plannedStart(start: V1Start, givenId: string | undefined): PlannedStart {
	const { botId, flowId, userId, sessionId, input, context, idempotencyKey, idempotencyHours } = start;
	return {
		action: actionOf(start),
		sessionId,
		session: { botId, flowId, userId, ttlSeconds: ttlSecondsOf(start), context },
		target: [botId, flowId],
		content: { userId, sessionId: givenId, input, context },
		idempotencyHours,
		...(idempotencyKey === undefined ? {} : { idempotencyKey }),
	};
}

function toBody(input: V1Start): string {
	const context = withCallbackUrl(input.context, input.callbackUrl, 'context');
	try {
		return startBody({ ...input, context });
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
