import { randomUUID } from 'node:crypto';

import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { ResetSessionResult } from '../types';
import { jsonBody } from './bodySize';
import type { EndpointReference } from './endpointAddress';
import { findEndpoint } from './findEndpoint';
import type { ResetSessionRequest } from './inputs';
import type { ProjectLists } from './lists';
import type { ManagementApi } from './managementApi';
import { paths, sessionAnswerSchema, type Endpoint } from './wire';

export interface ResetDependencies {
	api: ManagementApi;
	lists: ProjectLists;
	projectId: string;
}

/** What is to be reset, checked. */
export interface CheckedReset extends Omit<ResetSessionRequest, 'endpoint'> {
	/** Whose flow the context goes back to; missing: only the state is to be reset. */
	endpoint?: EndpointReference;
}

/** Sources differ in how the field is spelled; the first is tried first (docs/protocol-cognigy-ai.md#session-calls). */
const SPELLINGS = ['entrypoint', 'entryPoint'] as const;

type Answer = Record<string, unknown> | undefined;

/**
 * Resets what the flow remembers (context), the flow state, or both. Resetting twice does no harm. None of the two
 * starts the conversation again: only a new session id does.
 *
 * `verified` is true where the service showed the context after its reset, and only the context was to be reset: the
 * API has no way to look at a state.
 */
export async function resetSession(
	deps: ResetDependencies,
	input: CheckedReset,
	context: CallContext,
): Promise<Omit<ResetSessionResult, 'latencyMs' | 'audit'>> {
	const { sessionId, resetMode, endpoint, newSessionId, verify } = input;
	const contextAfter = endpoint && (await resetContext(deps, input, endpoint, context));
	const stateAfter = resetMode === 'context' ? undefined : await resetState(deps, input, context);
	const state = stateAfter?.state;
	const isShown = verify && contextAfter !== undefined;
	return {
		sessionId,
		status: 'RESET_COMPLETE',
		verified: isShown && resetMode === 'context',
		flowState: typeof state === 'string' ? state : null,
		remainingVariables: isShown ? Object.keys(contextAfter).length : null,
		...(newSessionId ? { newSessionId: randomUUID() } : {}),
	};
}

async function resetContext(
	deps: ResetDependencies,
	{ sessionId, userId }: CheckedReset,
	reference: EndpointReference,
	context: CallContext,
): Promise<Answer> {
	const found = await findEndpoint(deps, deps.projectId, reference, context);
	const { flowId, entrypoint, name } = found;
	if (runsAgent(found)) throw onlyFlows(name);
	if (flowId === '' || entrypoint === '') throw nothingToResetTo(name);
	const reset = async (spelling: (typeof SPELLINGS)[number]) => {
		const body = { userId, flowReferenceId: flowId, [spelling]: entrypoint };
		return await call(deps, { sessionId, what: 'context', path: paths.resetContext(sessionId), body }, context);
	};
	const [first, second] = SPELLINGS;
	try {
		return await reset(first);
	} catch (error) {
		if (!isAboutSpelling(error)) throw error;
		return await reset(second);
	}
}

async function resetState(
	deps: ResetDependencies,
	{ sessionId, userId }: CheckedReset,
	context: CallContext,
): Promise<Answer> {
	return await call(deps, { sessionId, what: 'state', path: paths.resetState(sessionId), body: { userId } }, context);
}

async function call(
	{ api }: ResetDependencies,
	{ sessionId, what, path, body }: { sessionId: string; what: string; path: string; body: object },
	context: CallContext,
): Promise<Answer> {
	return await api.call(
		{
			method: 'POST',
			path,
			body: jsonBody(body, 'User ID and Session ID'),
			answer: sessionAnswerSchema,
			description: {
				subject: `session "${sessionId}"`,
				action: `Resetting the ${what} of session "${sessionId}"`,
				inputs: 'Session ID, User ID and Endpoint',
			},
		},
		context,
	);
}

function isAboutSpelling(error: unknown): boolean {
	return error instanceof CognigyError && error.httpStatus === 400 && /entrypoint/i.test(error.message);
}

/** Endpoints of an agent have no flow, but may have kept the one that they had before. */
function runsAgent({ targetType, agentId, flowId }: Endpoint): boolean {
	return targetType === '' ? agentId !== '' && flowId === '' : targetType === 'agent';
}

function onlyFlows(name: string): CognigyError {
	return new CognigyError({
		category: 'notFound',
		message: `Endpoint "${name}" runs an AI agent, and only the context of a flow can be reset`,
		advice:
			'Begin a new session in its place: send the next message with another Session ID, or with none. A new session is all that makes an agent begin again.',
	});
}

function nothingToResetTo(name: string): CognigyError {
	return new CognigyError({
		category: 'notFound',
		message: `Endpoint "${name}" runs no flow, so there is no context to go back to`,
		advice: 'Give the endpoint a flow in Cognigy.AI, or reset only the state.',
	});
}
