import type { z } from 'zod/v4';

import { withAttempts, type AttemptDependencies, type CallContext } from '../calls/attempts';
import type { HttpResponse } from '../http/transport';
import { readAnswer } from '../rest/exchange';
import { sendOnce, type RequestDependencies } from '../rest/request';
import { isPassingFault } from '../retry/retry';
import type { CognigyAiConfig } from './config';
import { BUDGET_FIELD, managementService } from './service';
import { statusError, type CallDescription } from './statusErrors';

export interface ManagementDependencies extends RequestDependencies, AttemptDependencies {
	config: CognigyAiConfig;
}

export interface ManagementCall<T> {
	method: 'GET' | 'POST';
	path: string;
	query?: Readonly<Record<string, string>>;
	/** JSON text. Never with GET: the service refuses that (facts, section 1.4). */
	body?: string;
	answer: z.ZodType<T>;
	description: Omit<CallDescription, 'service'>;
}

/** Calls of the management API (facts, sections 1 to 3). All of them are safe to repeat. */
export class ManagementApi {
	readonly #deps: ManagementDependencies;

	constructor(dependencies: ManagementDependencies) {
		this.#deps = dependencies;
	}

	/** @throws {CognigyError} without an audit entry; the operation adds it */
	async call<T>(call: ManagementCall<T>, context: CallContext): Promise<T> {
		const { action } = call.description;
		return await withAttempts(this.#deps, context, { action, isRepeatable: isPassingFault }, async () => {
			const response = await this.#send(call, context);
			const { status } = response;
			if (status >= 200 && status < 300) {
				// Resets answer with what they like, also with nothing.
				const isEmpty = response.body.trim() === '' && call.method === 'POST';
				const body = isEmpty ? '{}' : response.body;
				return readAnswer({ ...response, body }, call.answer, { action, service: managementService }, false);
			}
			const { clock, config } = this.#deps;
			const description = { ...call.description, service: 'management' } as const;
			throw statusError(response, description, clock.wallTime(), [config.apiKey]);
		});
	}

	async #send<T>(
		{ method, path, query = {}, body, description }: ManagementCall<T>,
		context: CallContext,
	): Promise<HttpResponse> {
		const { apiBaseUrl, apiKey } = this.#deps.config;
		const search = new URLSearchParams(query).toString();
		const request = {
			method,
			url: apiBaseUrl + path + (search ? `?${search}` : ''),
			headers: {
				// Without it the service may answer in another format (facts, section 1.4).
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
