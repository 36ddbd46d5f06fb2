import type { z } from 'zod/v4';

import type { TokenProvider } from '../token/tokenProvider';
import type { CallKind, RateBudget } from '../budget/rateBudget';
import type { CognigyError } from '../errors';
import type { HttpResponse, HttpTransport } from '../transport/http';
import type { TransportFailure } from '../transport/transportFailure';
import { certainlyDidNotRun, isPassingFault } from '../call/retry';
import type { Clock } from '../time/clock';
import { withAttempts, type CallContext } from '../call/attempts';
import type { V1Config } from './config';
import { readAnswer } from '../call/answer';
import { isUncertain, sendOnce, type Repeatability } from '../call/request';
import { statusError, v1Service, type V1CallDescription } from './statusErrors';
import { newTokenRefused } from './tokens';

export interface RestCall<T> {
	method: 'GET' | 'POST';
	path: string;
	/** JSON text. */
	body?: string;
	answer: z.ZodType<T>;
	description: V1CallDescription;
	/** `safe` calls are repeated after any passing fault, a `start` only when it certainly did not run (guarantee 1). */
	kind: Repeatability;
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
	/** The same for an exchange without an answer. */
	explainFailure?: (failure: TransportFailure) => CognigyError | undefined;
	/** What must not show should the service repeat it, besides what is of the credential. */
	secrets?: readonly string[];
}

export interface RestDependencies {
	config: V1Config;
	transport: HttpTransport;
	clock: Clock;
	random: () => number;
	budget: RateBudget;
	tokens: TokenProvider;
}

/** Authenticated REST calls of the v1 API: token, attempts, status codes, answers (docs/protocol-v1.md). */
export class V1Rest {
	readonly #deps: RestDependencies;
	/** The same text for all who wait for an answer: tokens are long. */
	#authorization = { token: '', header: '' };

	constructor(dependencies: RestDependencies) {
		this.#deps = dependencies;
	}

	/** @throws {CognigyError} without an audit entry; the operation adds it */
	call<T>(call: RestCall<T>, context: CallContext): Promise<T> {
		const isRepeatable = call.kind === 'safe' ? isPassingFault : certainlyDidNotRun;
		const { action } = call.description;
		return withAttempts(this.#deps, context, { action, isRepeatable }, () => this.#attempt(call, context));
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
			return readAnswer(response, call.answer, { action: description.action, service: v1Service }, kind === 'start');
		}
		const { clock, config } = this.#deps;
		const secrets = [token, config.password, ...(call.secrets ?? [])];
		const error = call.explain?.(response) ?? statusError(response, description, clock.wallTime(), secrets);
		throw kind === 'start' && isUncertain(response.status) ? error.with({ mayHaveRun: true }) : error;
	}

	#send<T>(call: RestCall<T>, token: string, context: CallContext): Promise<HttpResponse> {
		const { method, path, body, kind, attemptMs, budgetKind, onSent, explainFailure, description } = call;
		const request = {
			method,
			url: this.#deps.config.baseUrl + path,
			headers: {
				Accept: 'application/json',
				Authorization: this.#authorizationWith(token),
				...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
			},
			...(body === undefined ? {} : { body }),
		};
		const { action } = description;
		const one = { service: v1Service, action, kind, request, attemptMs, budgetKind, onSent, explainFailure };
		return sendOnce(this.#deps, one, context);
	}

	#authorizationWith(token: string): string {
		if (this.#authorization.token !== token) this.#authorization = { token, header: `Bearer ${token}` };
		return this.#authorization.header;
	}
}
