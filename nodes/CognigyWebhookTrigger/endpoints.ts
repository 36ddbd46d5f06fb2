import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, IHookFunctions, IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';

import type { CognigyError } from '../../client';
import type { ClientModule } from '../shared/loadClient';
import { surroundingsOf } from '../shared/surroundings';
import { isObject } from './readPosts';

/** An endpoint, as much of it as a webhook needs (facts, section 3.2). */
export interface Endpoint {
	id: string;
	/** For people. */
	name: string;
	channel: string;
	isActive: boolean;
	webhookUrl: string;
	/** Undefined: the API does not tell. */
	basicAuthUser: string | undefined;
	/** As the API tells them; they may hold a password. */
	settings: IDataObject;
}

/** Time for one request, in ms. */
const REQUEST_MS = 10_000;
/** How often a request is sent at most while there are passing faults. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;

/**
 * Reads and changes endpoints through the management API, with n8n's own request helper: it is used a few times in the
 * life of a workflow, and n8n's hooks have it.
 */
export class Endpoints {
	constructor(
		private readonly context: IHookFunctions,
		private readonly client: ClientModule,
	) {}

	/** @throws {CognigyError} */
	async read(id: string): Promise<Endpoint> {
		const body = await this.#call(id, { method: 'GET', action: `Reading endpoint "${id}"` });
		if (!isObject(body)) throw this.#error('protocol', `Reading endpoint "${id}" failed: the answer is not JSON`);
		const settings = isObject(body.settings) ? body.settings : {};
		const { webhookUrl, basicAuthUser } = settings;
		return {
			id,
			name: typeof body.name === 'string' ? body.name : id,
			channel: typeof body.channel === 'string' ? body.channel : '',
			isActive: body.active !== false,
			webhookUrl: typeof webhookUrl === 'string' ? webhookUrl : '',
			basicAuthUser: typeof basicAuthUser === 'string' ? basicAuthUser : undefined,
			settings: settings as IDataObject,
		};
	}

	/**
	 * Whether a PATCH leaves the settings alone that are not in it is not documented: so all go back as they are, but
	 * not those that the API only shows as asterisks.
	 * @throws {CognigyError}
	 */
	async setWebhookUrl({ id, name, settings }: Endpoint, url: string): Promise<void> {
		const action = `Setting the webhook URL of endpoint "${name}"`;
		const shown = Object.entries(settings).filter(([, value]) => !(typeof value === 'string' && /^[*•]+$/.test(value)));
		const body = { settings: { ...Object.fromEntries(shown), webhookUrl: url } };
		await this.#call(id, { method: 'PATCH', body, action });
		const { webhookUrl } = await this.read(id);
		if (webhookUrl !== url)
			throw this.#error('protocol', `${action} failed: Cognigy.AI took it, but did not change it`);
	}

	async #call(id: string, call: Call): Promise<unknown> {
		for (let attempt = 1; ; attempt++) {
			const outcome = await this.#attempt(id, call);
			if (!(outcome instanceof this.client.CognigyError)) return outcome.body;
			if (!outcome.isTransient || attempt === ATTEMPTS) throw outcome;
			await sleep(FIRST_PAUSE_MS * attempt);
		}
	}

	async #attempt(id: string, { method, body, action }: Call): Promise<{ body: unknown } | CognigyError> {
		const { apiBaseUrl } = await this.#checkedFields();
		const request: IHttpRequestOptions = {
			method,
			url: `${apiBaseUrl}/new/v2.0/endpoints/${encodeURIComponent(id)}`,
			headers: { Accept: 'application/json' },
			...(body === undefined ? {} : { body }),
			json: true,
			timeout: REQUEST_MS,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
		};
		let response: IN8nHttpFullResponse;
		try {
			const { httpRequestWithAuthentication } = this.context.helpers;
			const answer: unknown = await httpRequestWithAuthentication.call(this.context, 'cognigyAiApi', request);
			response = answer as IN8nHttpFullResponse;
		} catch (error) {
			// What n8n throws may hold the request, and with it the key.
			return this.#unreachable(error, action, apiBaseUrl);
		}
		const { statusCode } = response;
		return statusCode >= 200 && statusCode < 300
			? { body: response.body as unknown }
			: this.#refused(statusCode, id, action);
	}

	/** @throws {CognigyError} `invalidInput`, naming the field of the credential */
	async #checkedFields(): Promise<{ apiBaseUrl: string }> {
		const fields = await this.context.getCredentials('cognigyAiApi');
		this.client.clientFor({ type: 'cognigyAiApi', fields }, surroundingsOf(this.context, this.client));
		return { apiBaseUrl: apiAddress(String(fields.apiBaseUrl)) };
	}

	#unreachable(error: unknown, action: string, apiBaseUrl: string): CognigyError {
		const { kind, message } = this.client.toTransportFailure(error, true);
		return this.#error(kind === 'egress' ? 'permission' : 'network', `${action} failed: ${message}`, {
			advice: `Check API Base URL of the credential, and that n8n may connect to ${new URL(apiBaseUrl).host}.`,
			isTransient: kind !== 'egress' && kind !== 'tls',
		});
	}

	#refused(status: number, id: string, action: string): CognigyError {
		const fail = (
			category: CognigyError['category'],
			what: string,
			advice: string,
			isTransient = false,
		): CognigyError =>
			this.#error(category, `${action} failed: ${what} (${status})`, { advice, httpStatus: status, isTransient });
		switch (status) {
			case 401:
				return fail(
					'authentication',
					'Cognigy.AI did not accept the API key',
					'Put a valid API Key into the credential.',
				);
			case 402:
			case 403:
				return fail(
					'permission',
					'the user of the API key may not do that',
					'Ask your Cognigy administrator for a role that may edit endpoints of the project.',
				);
			case 404:
				return fail(
					'notFound',
					`Cognigy.AI has no endpoint "${id}"`,
					'Pick the endpoint from the list, and check API Base URL of the credential.',
				);
			case 429:
				return fail('rateLimit', 'Cognigy.AI got too many requests', 'Try again in some minutes.', true);
			default:
				break;
		}
		if (status >= 500 || status === 408) {
			return fail('server', 'Cognigy.AI could not process the request', 'Try again later.', true);
		}
		return fail(
			'protocol',
			'Cognigy.AI did not take the request',
			'Check API Base URL of the credential, or set the webhook URL by hand in Cognigy.AI.',
		);
	}

	#error(
		category: CognigyError['category'],
		message: string,
		more: Partial<CognigyError['details']> = {},
	): CognigyError {
		const advice = 'Check API Base URL of the credential: does it point to the management API of Cognigy.AI?';
		return new this.client.CognigyError({ category, message, advice, ...more });
	}
}

interface Call {
	method: 'GET' | 'PATCH';
	body?: IDataObject;
	/** What is being done, for errors. */
	action: string;
}

/** Without the path that people may have copied along. */
function apiAddress(address: string): string {
	return address
		.trim()
		.replace(/\/+$/, '')
		.replace(/\/+(new(\/v\d[\d.]*)?|v\d[\d.]*|openapi)$/, '');
}
