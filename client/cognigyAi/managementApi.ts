import type { z } from 'zod/v4';

import { withAttempts, withOwnTrace, type AttemptDependencies, type CallContext } from '../call/attempts';
import type { HttpResponse } from '../transport/http';
import type { TransportFailure } from '../transport/transportFailure';
import { readAnswer } from '../call/answer';
import { isUncertain, sendOnce, type RequestDependencies } from '../call/request';
import { certainlyDidNotRun, isPassingFault } from '../call/retry';
import { CognigyError } from '../errors';
import type { CognigyAiConfig } from './config';
import type { CallDescription } from '../call/statusErrors';
import { isWebPage } from './serviceWords';
import { BUDGET_FIELD, managementService, statusError } from './statusErrors';

export interface ManagementDependencies extends RequestDependencies, AttemptDependencies {
	config: CognigyAiConfig;
}

export interface ManagementRequest {
	method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
	path: string;
	query?: Readonly<Record<string, string>>;
	/** JSON text. Never with GET: the service refuses that (docs/protocol-cognigy-ai.md#requests). */
	body?: string;
	/** The body holds secrets: errors leave out the words of the service, which could repeat them (guarantee 6). */
	isConfidential?: boolean;
	/** Time limit of one attempt, in ms; by default a fair share of the time that is left. */
	attemptMs?: number;
	/** Of a call that must not be made twice: it is sent again only when it certainly did not run. Missing: a safe call. */
	once?: OnceWords;
	/** Of a safe call: what is said should it fail although it may have been carried out. No full stop. */
	mayHave?: string;
	description: CallDescription;
}

/** What is said of a call that may have run although no usable answer came. */
export interface OnceWords {
	/** A sentence: `The snapshot may have been created`. */
	mayHave: string;
	/** How to find out, and what to do then. A sentence, with its full stop. */
	lookup: string;
}

export interface ManagementCall<T, Missing = T> extends ManagementRequest {
	answer: z.ZodType<T>;
	/** What a 404 of the service means, where that is an answer too. That of a website is none. */
	whenMissing?: Missing;
}

/** Calls of the management API (docs/protocol-cognigy-ai.md#management-api). */
export class ManagementApi {
	readonly #deps: ManagementDependencies;

	constructor(dependencies: ManagementDependencies) {
		this.#deps = dependencies;
	}

	/** @throws {CognigyError} without an audit entry; the operation adds it. With `mayHaveRun` only of a call with `once` or `mayHave` */
	async call<T, Missing = T>(call: ManagementCall<T, Missing>, context: CallContext): Promise<T | Missing> {
		const { action } = call.description;
		const mayBeMissing = call.whenMissing !== undefined;
		return await this.#attempts<T | Missing>({ ...call, mayBeMissing }, context, (response) => {
			if (call.whenMissing !== undefined && isMissing(response)) return call.whenMissing;
			// Changes are answered with whatever it likes, also with nothing.
			const isEmpty = response.body.trim() === '' && call.method !== 'GET';
			const body = isEmpty ? 'null' : response.body;
			const isOnce = call.once !== undefined;
			return readAnswer({ ...response, body }, call.answer, { action, service: managementService }, isOnce);
		});
	}

	/**
	 * As `call`, where whatever a success says is left alone.
	 * @param request `mayBeMissing`: a 404 of the service is a success, too
	 */
	async send(request: ManagementRequest & { mayBeMissing?: boolean }, context: CallContext): Promise<void> {
		await this.#attempts(request, context, () => {});
	}

	/** @param read the answer, if it is a success */
	async #attempts<T>(
		request: ManagementRequest & { mayBeMissing?: boolean },
		context: CallContext,
		read: (response: HttpResponse) => T,
	): Promise<T> {
		const { description, isConfidential, mayBeMissing = false, once, mayHave } = request;
		const { action } = description;
		const policy = { action, isRepeatable: once ? certainlyDidNotRun : isPassingFault };
		// Of any attempt: also when it is a later one that certainly did not run.
		let isLost = false;
		const onLost = () => {
			isLost = true;
		};
		const attempt = async (own: CallContext) => {
			const response = await this.#sendOnce(request, own, onLost);
			const { status } = response;
			if (isUncertain(status)) onLost();
			if ((status >= 200 && status < 300) || (mayBeMissing && isMissing(response))) return read(response);
			const { clock, config } = this.#deps;
			const shown = isConfidential ? { ...response, body: '' } : response;
			const error = statusError(shown, { ...description, service: 'management' }, clock.wallTime(), [config.apiKey]);
			throw once && isUncertain(status) ? error.with({ mayHaveRun: true }) : error;
		};
		const attempts = withOwnTrace(context, async (own) => {
			return await withAttempts(this.#deps, own, policy, async () => await attempt(own));
		});
		return await attempts.catch((error: unknown) => {
			if (mayHave !== undefined && isLost && error instanceof CognigyError) {
				throw error.with({ message: `${error.message}. ${mayHave}`, mayHaveRun: true });
			}
			throw once && error instanceof CognigyError && error.mayHaveRun ? saidToMaybeHaveRun(error, once) : error;
		});
	}

	/** @param onLost told when it was sent, and no complete answer came */
	async #sendOnce(
		{ method, path, query = {}, body, description, once, attemptMs }: ManagementRequest,
		context: CallContext,
		onLost: () => void,
	): Promise<HttpResponse> {
		const { apiBaseUrl, apiKey } = this.#deps.config;
		const search = new URLSearchParams(query).toString();
		const request = {
			method,
			url: apiBaseUrl + path + (search ? `?${search}` : ''),
			headers: {
				// Without it the service may answer in another format (docs/protocol-cognigy-ai.md#requests).
				Accept: 'application/json',
				'X-API-Key': apiKey,
				...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
			},
			...(body === undefined ? {} : { body }),
		};
		const { action } = description;
		const kind = once ? 'start' : 'safe';
		const explainFailure = ({ requestSent }: TransportFailure) => {
			if (requestSent) onLost();
			return undefined;
		};
		const budgetField = BUDGET_FIELD;
		const one = { service: managementService, action, kind, request, attemptMs, budgetField, explainFailure } as const;
		return await sendOnce(this.#deps, one, context);
	}
}

function isMissing(response: HttpResponse): boolean {
	return response.status === 404 && !isWebPage(response);
}

function saidToMaybeHaveRun(error: CognigyError, { mayHave, lookup }: OnceWords): CognigyError {
	return error.with({
		message: `${error.message}. ${mayHave}; it was not sent again`,
		advice: `${lookup} ${error.advice}`,
	});
}
