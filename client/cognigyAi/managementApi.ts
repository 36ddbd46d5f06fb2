import type { z } from 'zod/v4';

import { withAttempts, type AttemptDependencies, type CallContext, type CallTrace } from '../call/attempts';
import type { HttpResponse } from '../transport/http';
import { readAnswer } from '../call/answer';
import { sendOnce, type RequestDependencies } from '../call/request';
import { isPassingFault } from '../call/retry';
import type { CognigyAiConfig } from './config';
import type { CallDescription } from '../call/statusErrors';
import { isWebPage } from './serviceWords';
import { BUDGET_FIELD, managementService, statusError } from './statusErrors';

export interface ManagementDependencies extends RequestDependencies, AttemptDependencies {
	config: CognigyAiConfig;
}

export interface ManagementRequest {
	method: 'GET' | 'POST' | 'PATCH';
	path: string;
	query?: Readonly<Record<string, string>>;
	/** JSON text. Never with GET: the service refuses that (docs/protocol-cognigy-ai.md#requests). */
	body?: string;
	/** The body holds secrets: errors leave out the words of the service, which could repeat them (guarantee 6). */
	isConfidential?: boolean;
	description: CallDescription;
}

export interface ManagementCall<T, Missing = T> extends ManagementRequest {
	answer: z.ZodType<T>;
	/** What a 404 of the service means, where that is an answer too. That of a website is none. */
	whenMissing?: Missing;
}

/** Calls of the management API (docs/protocol-cognigy-ai.md#management-api). All of them are safe to repeat. */
export class ManagementApi {
	readonly #deps: ManagementDependencies;

	constructor(dependencies: ManagementDependencies) {
		this.#deps = dependencies;
	}

	/** @throws {CognigyError} without an audit entry; the operation adds it */
	async call<T, Missing = T>(call: ManagementCall<T, Missing>, context: CallContext): Promise<T | Missing> {
		const { action } = call.description;
		const mayBeMissing = call.whenMissing !== undefined;
		return await this.#attempts<T | Missing>({ ...call, mayBeMissing }, context, (response) => {
			if (call.whenMissing !== undefined && isMissing(response)) return call.whenMissing;
			// Resets answer with what they like, also with nothing.
			const isEmpty = response.body.trim() === '' && call.method === 'POST';
			const body = isEmpty ? 'null' : response.body;
			return readAnswer({ ...response, body }, call.answer, { action, service: managementService }, false);
		});
	}

	/** As `call`, where whatever a success says is left alone. */
	async send(request: ManagementRequest, context: CallContext): Promise<void> {
		await this.#attempts(request, context, () => {});
	}

	/**
	 * An operation takes several of these calls; its audit tells the most attempts that one of them took.
	 * @param read the answer, if it is a success
	 */
	async #attempts<T>(
		request: ManagementRequest & { mayBeMissing?: boolean },
		context: CallContext,
		read: (response: HttpResponse) => T,
	): Promise<T> {
		const { description, isConfidential, mayBeMissing = false } = request;
		const { action } = description;
		const trace: CallTrace = { attempts: 0 };
		return await withAttempts(this.#deps, context, { action, isRepeatable: isPassingFault }, async () => {
			const response = await this.#sendOnce(request, { ...context, trace }).finally(() => {
				Object.assign(context.trace, { ...trace, attempts: Math.max(context.trace.attempts, trace.attempts) });
			});
			const { status } = response;
			if ((status >= 200 && status < 300) || (mayBeMissing && isMissing(response))) return read(response);
			const { clock, config } = this.#deps;
			const shown = isConfidential ? { ...response, body: '' } : response;
			throw statusError(shown, { ...description, service: 'management' }, clock.wallTime(), [config.apiKey]);
		});
	}

	async #sendOnce(
		{ method, path, query = {}, body, description }: ManagementRequest,
		context: CallContext,
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
		const one = { service: managementService, action, kind: 'safe', request, budgetField: BUDGET_FIELD } as const;
		return await sendOnce(this.#deps, one, context);
	}
}

function isMissing(response: HttpResponse): boolean {
	return response.status === 404 && !isWebPage(response);
}
