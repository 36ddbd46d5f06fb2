import { randomBytes } from 'node:crypto';
import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import { objectId } from '../ids';
import { bodyAs, id } from '../readBody';
import { invalid } from '../refusal';
import { projectOfEntrypoint } from '../resources';
import { jsonAnswer, NO_CONTENT } from '../serve';
import type { ApiCall } from './apiCall';
import { own, readEndpoint } from './resourceOperations';

const NO_SETTINGS = { webhookUrl: '', basicAuthUser: '', basicAuthPassword: '' };

const update = z
	.object({
		name: id,
		active: z.boolean(),
		entrypoint: id,
		flowId: z.string(),
		localeId: z.string(),
		settings: z
			.object({ webhookUrl: z.string(), basicAuthUser: z.string(), basicAuthPassword: z.string() })
			.partial()
			.strict(),
	})
	.partial()
	.strict();

/** Deploys an endpoint anew, or changes its settings. */
export function updateEndpoint(call: ApiCall): WireAnswer {
	const { resources, settings: how } = call.service;
	const endpoint = own(call, resources.endpoints);
	const { settings, ...changes } = bodyAs(update, call.body);
	const { entrypoint, flowId } = changes;
	if (entrypoint !== undefined && projectOfEntrypoint(resources, entrypoint) !== endpoint.projectId) {
		throw invalid("'entrypoint' is neither this project nor one of its snapshots.");
	}
	const isFlow = resources.flows.some(
		({ referenceId, projectId }) => referenceId === flowId && projectId === endpoint.projectId,
	);
	if (flowId !== undefined && !isFlow) throw invalid("'flowId' is not the reference id of a flow of this project.");

	Object.assign(endpoint, changes);
	if (settings) {
		endpoint.settings = { ...(how.settingsPatch === 'merge' ? endpoint.settings : NO_SETTINGS), ...settings };
	}
	endpoint.lastChanged = Math.floor(how.now() / 1000);
	return how.updateAnswer === 'empty' ? NO_CONTENT : readEndpoint(call);
}

/** Makes a key for `X-Webhook-Key`. From the first one on, the endpoint asks for it. */
export function createEndpointKey(call: ApiCall): WireAnswer {
	const endpoint = own(call, call.service.resources.endpoints);
	const { name } = bodyAs(z.object({ name: id }).strict(), call.body);
	if (endpoint.channel !== 'webhook') throw invalid('Only Webhook Endpoints have API keys.');
	const key = randomBytes(24).toString('hex');
	endpoint.webhookKeys = [...(endpoint.webhookKeys ?? []), key];
	return jsonAnswer(201, {
		_id: objectId(`key ${name} of ${endpoint._id}`),
		name,
		key,
		keyPreview: `${key.slice(0, 4)}…`,
		createdAt: Math.floor(call.service.settings.now() / 1000),
	});
}
