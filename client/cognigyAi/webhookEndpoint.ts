import type { CallContext } from '../call/attempts';
import { canonicalJson } from '../canonicalJson';
import { CognigyError, invalidInput } from '../errors';
import type { EndpointDetails, WebhookUrlChange } from '../types';
import { endpointName } from './endpointAddress';
import { readEndpointById } from './findEndpoint';
import type { ManagementApi } from './managementApi';
import { canBe, hasMasks, isMasked, withoutMasked } from './masks';
import { endpointWithSettingsSchema, paths, type EndpointWithSettings } from './wire';

/**
 * What Cognigy.AI is to do with an endpoint that it calls out from (docs/protocol-cognigy-ai.md#endpoints and
 * #webhook-endpoints).
 */

/** @throws {CognigyError} `invalidInput` for what is no id of an endpoint, before anything is sent */
export async function readWebhookEndpoint(
	{ api, projectId }: { api: ManagementApi; projectId: string },
	endpointId: string,
	context: CallContext,
): Promise<EndpointDetails> {
	const id = checkedId(endpointId);
	const endpoint = await read(api, id, context);
	const { name, channel, active, settings, URLToken } = endpoint;
	const { basicAuthUser } = settings;
	return {
		id,
		name: name || id,
		channel,
		isActive: active,
		webhookUrl: webhookUrlOf(endpoint),
		...(typeof basicAuthUser === 'string' ? { basicAuthUser } : {}),
		botId: projectId,
		flowId: URLToken && endpointName(URLToken),
	};
}

/**
 * Whether a PATCH leaves the settings alone that are not in it is not documented: so all go back as they are, but not
 * those that the service shows as asterisks or bullets. Nor is it what it answers: so the endpoint is read once more, and told
 * of when it is not as it was but for the URL.
 */
export async function setWebhookUrl(
	api: ManagementApi,
	{ endpointId, url, instead }: WebhookUrlChange,
	context: CallContext,
): Promise<void> {
	const id = checkedId(endpointId);
	if (isMasked(url)) {
		const advice = 'Set it by hand in Cognigy.AI.';
		throw invalidInput(
			'',
			`The webhook URL for endpoint "${id}" is known only in part, as Cognigy.AI hides it`,
			advice,
		);
	}
	const endpoint = await read(api, id, context);
	const current = webhookUrlOf(endpoint);
	if (current === url || (instead !== undefined && !canBe(current, instead))) return;
	const shown = Object.entries(endpoint.settings).filter(([, value]) => !hasMasks(value));
	const action = `Setting the webhook URL of endpoint "${endpoint.name || id}"`;
	const change = {
		method: 'PATCH',
		path: paths.endpoint(id),
		body: JSON.stringify({ settings: { ...Object.fromEntries(shown), webhookUrl: url } }),
		isConfidential: true,
		description: { subject: `endpoint "${id}"`, action, inputs: 'the settings of the endpoint in Cognigy.AI' },
	} as const;
	await api.send(change, context).catch((error: unknown) => {
		throw error instanceof CognigyError && error.httpStatus ? withWayOut(error) : error;
	});
	const changed = await read(api, id, context);
	if (!canBe(webhookUrlOf(changed), url)) {
		throw withWayOut(
			new CognigyError({
				category: 'protocol',
				message: `${action} failed: Cognigy.AI took it, but did not change it`,
				advice: 'Look at the settings of the endpoint in Cognigy.AI.',
			}),
		);
	}
	const others = otherChanges(endpoint, changed);
	if (others.length === 0) return;
	throw new CognigyError({
		category: 'protocol',
		message: `${action} changed other settings of the endpoint (${others.join(', ')})`,
		advice: 'Enter them again in Cognigy.AI, and from now on set the webhook URL there by hand.',
	});
}

/** Names of the settings that are not what they were. Their values may be secrets. */
function otherChanges({ settings: before }: EndpointWithSettings, { settings: after }: EndpointWithSettings): string[] {
	const names = new Set([...Object.keys(before), ...Object.keys(after)]);
	names.delete('webhookUrl');
	return [...names].filter((name) => !isSameSetting(before[name], after[name]));
}

function isSameSetting(before: unknown, after: unknown): boolean {
	return canonicalJson(withoutMasked(before ?? '')) === canonicalJson(withoutMasked(after ?? ''));
}

async function read(api: ManagementApi, id: string, context: CallContext): Promise<EndpointWithSettings> {
	return await readEndpointById(api, id, endpointWithSettingsSchema, context);
}

function checkedId(endpointId: string): string {
	const id = endpointId.trim();
	if (/^[\w-]+$/.test(id)) return id;
	const problem = id === '' ? 'is empty' : 'is not the ID of an endpoint';
	throw invalidInput('endpoint', problem, 'Pick an endpoint from the list.');
}

function webhookUrlOf({ settings: { webhookUrl } }: EndpointWithSettings): string {
	return typeof webhookUrl === 'string' ? webhookUrl : '';
}

/** Where the service does not take the change, a person can make it. */
function withWayOut(error: CognigyError): CognigyError {
	return error.isTransient
		? error
		: error.with({ advice: `${error.advice} Or set the webhook URL by hand in Cognigy.AI.` });
}
