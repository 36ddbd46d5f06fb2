import type { z } from 'zod/v4';

import type { TokenProvider } from '../auth/tokenProvider';
import type { CallKind, RateBudget } from '../budget/rateBudget';
import type { CognigyError } from '../errors';
import type { HttpResponse, HttpTransport } from '../http/transport';
import { certainlyDidNotRun, isPassingFault } from '../retry/retry';
import type { Clock } from '../time/clock';
import { holdBudget, takeFromBudget } from './budget';
import { withAttempts, type CallContext } from './attempts';
import type { V1Config } from './config';
import { readAnswer, sendWithin } from './exchange';
import { newTokenRefused } from './newTokenRefused';
import { statusError, type CallDescription } from './statusErrors';

/** Time that one attempt of a safe call has at least, in ms; a hung request is to leave time for another one. */
const SAFE_ATTEMPT_MS = 10_000;

export interface RestCall<T> {
	method: 'GET' | 'POST';
	path: string;
	/** JSON text. */
	body?: string;
	answer: z.ZodType<T>;
	description: CallDescription;
	/** `safe` calls are repeated after any passing fault, a `start` only when it certainly did not run (guarantee 1). */
	kind: 'safe' | 'start';
	/** What an answer without content (204) means; without this field it is a fault. */
	noContent?: T;
	/** Time limit of one attempt, in ms; by default a fair share of the time that is left. */
	attemptMs?: number;
	/** Which share of the rate budget it takes. Default `call`. */
	budgetKind?: CallKind;
	/** Told when it has had its turn in the rate budget and is about to be sent; again when it is sent again. */
	onSent?: () => void;
	/** The call's own meaning of a status code, before the general one. */
	explain?: (response: HttpResponse) => CognigyError | undefined;
}

export interface RestDependencies {
	config: V1Config;
	transport: HttpTransport;
	clock: Clock;
	random: () => number;
	budget: RateBudget;
	tokens: TokenProvider;
}

/** Authenticated REST calls of the v1 API: token, attempts, status codes, answers (contract sections 1 to 3). */
export class V1Rest {
	readonly #deps: RestDependencies;

	constructor(dependencies: RestDependencies) {
		this.#deps = dependencies;
	}

	/** @throws {CognigyError} without an audit entry; the operation adds it */
	async call<T>(call: RestCall<T>, context: CallContext): Promise<T> {
		const isRepeatable = call.kind === 'safe' ? isPassingFault : certainlyDidNotRun;
		const { action } = call.description;
		return await withAttempts(this.#deps, context, { action, isRepeatable }, () => this.#attempt(call, context));
	}

	/** One attempt; a token that the service no longer accepts is renewed once (guarantee 4). */
	async #attempt<T>(call: RestCall<T>, context: CallContext): Promise<T> {
		const { deadline } = context;
		const { tokens } = this.#deps;
		let token = await tokens.get(deadline);
		let response = await this.#send(call, token, context);
		if (response.status === 401) {
			token = await tokens.renew(token, deadline);
			response = await this.#send(call, token, context);
			if (response.status === 401) tokens.hold(newTokenRefused);
		}
		const { description, kind } = call;
		if (response.status === 204 && call.noContent !== undefined) return call.noContent;
		if (response.status === 200 || response.status === 201) {
			return readAnswer(response, call.answer, description, kind === 'start');
		}
		const { clock, config } = this.#deps;
		const error =
			call.explain?.(response) ?? statusError(response, description, clock.wallTime(), [token, config.password]);
		// A server that failed, gave up waiting, or succeeded in words we do not know, may have started the flow before.
		const isUncertain = response.status < 300 || response.status >= 500 || response.status === 408;
		throw kind === 'start' && isUncertain ? error.with({ mayHaveRun: true }) : error;
	}

	async #send<T>(call: RestCall<T>, token: string, context: CallContext): Promise<HttpResponse> {
		const { transport, config, budget, clock } = this.#deps;
		const { deadline, retries, trace } = context;
		deadline.signal.throwIfAborted();
		await takeFromBudget(this.#deps, call, deadline);
		trace.attempts++;
		call.onSent?.();
		const safeAttemptMs = Math.max(SAFE_ATTEMPT_MS, deadline.remainingMs() / (retries + 1));
		const attemptMs = call.attemptMs ?? (call.kind === 'safe' ? safeAttemptMs : Infinity);
		const response = await sendWithin(deadline, attemptMs, {
			transport,
			baseUrl: config.baseUrl,
			action: call.description.action,
			isStart: call.kind === 'start',
			request: {
				method: call.method,
				url: config.baseUrl + call.path,
				headers: {
					Accept: 'application/json',
					Authorization: `Bearer ${token}`,
					...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
				},
				...(call.body === undefined ? {} : { body: call.body }),
			},
		});
		trace.httpStatus = response.status;
		holdBudget(budget, response, clock.wallTime());
		return response;
	}
}
