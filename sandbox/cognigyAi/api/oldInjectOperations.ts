import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import { inject, INJECT_ANSWER, injectFields, notify, NOTIFY_ANSWER } from '../endpoints/injectNotify';
import { activeEndpoint } from '../endpoints/lookup';
import { bodyAs, id } from '../readBody';
import { notFound } from '../refusal';
import { jsonAnswer } from '../serve';
import { requireProject, type ApiCall } from './apiCall';

/** The routes of the management API that were deprecated in 2026.6 (docs/protocol-cognigy-ai.md#inject-and-notify). */

const injectBody = z.object({ ...injectFields, URLToken: id }).strict();
const notifyBody = z.object({ ...injectFields, URLToken: id, attachments: z.array(z.unknown()).optional() }).strict();

export function oldInject(call: ApiCall): WireAnswer {
	requireRoute(call);
	const { URLToken, ...request } = bodyAs(injectBody, call.body);
	inject(call.service, ownEndpoint(call, URLToken), request);
	return jsonAnswer(200, INJECT_ANSWER);
}

export function oldNotify(call: ApiCall): WireAnswer {
	requireRoute(call);
	const { URLToken, attachments: _attachments, ...request } = bodyAs(notifyBody, call.body);
	notify(call.service, ownEndpoint(call, URLToken), request);
	return jsonAnswer(200, NOTIFY_ANSWER);
}

function ownEndpoint(call: ApiCall, urlToken: string) {
	const endpoint = activeEndpoint(call.service, urlToken);
	requireProject(call, endpoint.projectId);
	return endpoint;
}

function requireRoute({ service }: ApiCall): void {
	if (!service.settings.oldInjectRoutes) throw notFound('There is no such route.');
}
