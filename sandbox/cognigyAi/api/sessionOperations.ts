import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import { anyObject, bodyAs, id, parseBody } from '../readBody';
import { invalid, notFound } from '../refusal';
import { projectOfEntrypoint } from '../resources';
import { jsonAnswer } from '../serve';
import type { CognigyAiSession } from '../sessions/sessions';
import { requireProject, type ApiCall } from './apiCall';

/** What resets and injects the context and the state of a session (docs/protocol-cognigy-ai.md#session-calls). */

const contextReset = z.object({ userId: id, flowReferenceId: z.string().uuid(), entrypoint: id }).strict();

/** Puts back the default context of the flow that is named. */
export function resetContext(call: ApiCall): WireAnswer {
	const { resources, sessions } = call.service;
	const { userId, flowReferenceId, entrypoint } = bodyAs(contextReset, withOneSpelling(call));
	const projectId = projectOfEntrypoint(resources, entrypoint);
	if (projectId === undefined) throw notFound('The entrypoint is neither a project nor a snapshot.');
	requireProject(call, projectId);
	if (sessions.flowOf(flowReferenceId)?.projectId !== projectId) throw notFound('There is no such flow there.');

	const session = sessionOf(call, userId);
	if (session) session.context = sessions.defaultContext(flowReferenceId);
	call.service.changes.changed();
	return jsonAnswer(200, session?.context ?? {});
}

export function injectContext(call: ApiCall): WireAnswer {
	const { userId, context } = bodyAs(z.object({ userId: id, context: anyObject }).strict(), call.body);
	const session = sessionOf(call, userId);
	if (!session) return jsonAnswer(200, context);
	session.context = call.service.settings.contextInject === 'merge' ? { ...session.context, ...context } : context;
	call.service.changes.changed();
	return jsonAnswer(200, session.context);
}

/** Not a restart: a state is a list of intents that are recognised or not. */
export function resetState(call: ApiCall): WireAnswer {
	const { userId } = bodyAs(z.object({ userId: id }).strict(), call.body);
	const session = sessionOf(call, userId);
	if (session) session.state = 'default';
	call.service.changes.changed();
	return jsonAnswer(200, {});
}

export function injectState(call: ApiCall): WireAnswer {
	const { userId, state } = bodyAs(z.object({ userId: id, state: id }).strict(), call.body);
	const session = sessionOf(call, userId);
	if (session) session.state = state;
	call.service.changes.changed();
	return jsonAnswer(200, { state });
}

function sessionOf({ id: sessionId, service }: ApiCall, userId: string): CognigyAiSession | undefined {
	const session = service.sessions.find({ userId, sessionId });
	if (!session && service.settings.unknownSession === 'notFound') throw notFound('There is no such session.');
	return session;
}

/** The body with the spelling `entrypoint`. Sources differ about it, so the settings say which ones are taken. */
function withOneSpelling({ body, service }: ApiCall): string {
	const json = parseBody(body)?.json;
	if (typeof json !== 'object' || json === null) return body;
	const { entrypointSpelling } = service.settings;
	for (const spelling of ['entrypoint', 'entryPoint'] as const) {
		const isTaken = entrypointSpelling === 'both' || entrypointSpelling === spelling;
		if (spelling in json && !isTaken) throw invalid(`Field '${spelling}' is not allowed`);
	}
	if (!('entryPoint' in json)) return body;
	const { entryPoint, ...rest } = json;
	return JSON.stringify({ ...rest, entrypoint: entryPoint });
}
