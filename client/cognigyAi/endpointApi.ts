import { withAttempts, type AttemptDependencies, type CallContext } from '../call/attempts';
import type { HttpResponse } from '../transport/http';
import { sendOnce, type RequestDependencies } from '../call/request';
import { certainlyDidNotRun } from '../call/retry';
import { jsonBody } from './bodySize';
import type { CognigyAiConfig } from './config';
import type { EndpointAddress } from './endpointAddress';
import { BUDGET_FIELD, endpointService, statusError } from './statusErrors';
import { mayHaveRunAfterAll } from './uncertainStatus';

export interface EndpointDependencies extends RequestDependencies, AttemptDependencies {
	config: CognigyAiConfig;
}

/** What is said to a flow, by whom and in which session. */
export interface EndpointMessage {
	userId: string;
	sessionId: string;
	text: string;
	data: Record<string, unknown>;
}

/**
 * How it gets there: as the user's input, or by one of the other routes
 * (docs/protocol-cognigy-ai.md#inject-and-notify).
 */
export type Route = 'message' | 'test' | 'inject' | 'notify';

export interface EndpointPost<T> {
	address: EndpointAddress;
	route: Route;
	/** JSON text, as `endpointBody` makes it. */
	body: string;
	/** Key of a Webhook endpoint; empty: none. A secret. */
	webhookKey: string;
	/** What must not show should the service repeat it, besides the token and the keys. */
	secrets: readonly string[];
	/**
	 * Reads a success. Missing: whatever it says is left alone.
	 * @param secrets what must not show should the service repeat it
	 * @throws {CognigyError} with `mayHaveRun`
	 */
	read?: (response: HttpResponse, action: string, secrets: readonly string[]) => T;
	/** What is being done, for errors. */
	action: string;
}

/** The body of a message. @throws {CognigyError} `invalidInput` when it is too large, or no JSON */
export function endpointBody({ userId, sessionId, text, data }: EndpointMessage): string {
	const content = {
		userId,
		sessionId,
		...(text === '' ? {} : { text }),
		...(Object.keys(data).length > 0 ? { data } : {}),
	};
	return jsonBody(content, 'Text and data');
}

/**
 * Sends messages to endpoints over HTTP (docs/protocol-cognigy-ai.md#endpoint-service). A message that may have run is
 * never sent again.
 */
export class EndpointApi {
	readonly #deps: EndpointDependencies;

	constructor(dependencies: EndpointDependencies) {
		this.#deps = dependencies;
	}

	/**
	 * @returns undefined when nobody asked for the answer
	 * @throws {CognigyError} without an audit entry; with `mayHaveRun` when no usable answer came
	 */
	async post<T>(post: EndpointPost<T>, context: CallContext): Promise<T | undefined> {
		const { action } = post;
		return await withAttempts(this.#deps, context, { action, isRepeatable: certainlyDidNotRun }, async () => {
			return await this.postOnce(post, context);
		});
	}

	/** As `post`, without ever repeating it. */
	async postOnce<T>(post: EndpointPost<T>, context: CallContext): Promise<T | undefined> {
		const { address, route, body, webhookKey, read, action } = post;
		const { base, token, name } = address;
		const request = {
			method: 'POST',
			url: [base, ...(route === 'message' ? [] : [route]), encodeURIComponent(token)].join('/'),
			headers: {
				Accept: 'application/json',
				'Content-Type': 'application/json',
				...(webhookKey === '' ? {} : { 'X-Webhook-Key': webhookKey }),
			},
			body,
		} as const;
		const one = { service: endpointService, action, kind: 'start', request, budgetField: BUDGET_FIELD } as const;
		const response = await sendOnce(this.#deps, one, context);
		const { status } = response;
		const secrets = secretsOf(address, webhookKey, this.#deps.config.apiKey, ...post.secrets);
		if (status >= 200 && status < 300) return read?.(response, action, secrets);
		const error = statusError(
			response,
			{ subject: subjectOf(route, name), action, inputs: 'Text, Data, User ID and Session ID', service: 'endpoint' },
			this.#deps.clock.wallTime(),
			secrets,
		);
		throw mayHaveRunAfterAll(response) ? error.with({ mayHaveRun: true }) : error;
	}
}

/** What may not be there: only a session that is open already can be injected into or notified. */
function subjectOf(route: Route, name: string): string {
	const needsSession = route === 'inject' || route === 'notify';
	return needsSession ? `endpoint "${name}", or no such open session on it` : `endpoint "${name}"`;
}

/** What a service must not make us show, also as it stands in the URL. */
export function secretsOf({ token }: EndpointAddress, ...others: string[]): string[] {
	return [token, encodeURIComponent(token), ...others];
}
