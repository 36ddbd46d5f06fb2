import type { z } from 'zod/v4';

import { CognigyError, cancelled } from '../errors';
import { isPassingFault } from '../call/retry';
import { sleep } from '../time/clock';
import type { ResetSessionResult } from '../types';
import { withAttempts, type AttemptDependencies, type CallContext } from '../call/attempts';
import { readRuntimeAnswer } from './runtime/answer';
import type { ChannelPool } from './runtime/channelPool';
import type { RuntimeDialer } from './runtime/dialer';
import { ANSWER_MS } from './runtime/limits';
import {
	resetAnswerSchema,
	resetFrameSchema,
	stateCheckAnswerSchema,
	stateCheckFrame,
	type StateClearMatrix,
} from './runtime/wire';
import { shortLine } from '../call/serviceText';
import type { V1ResetSessionInput } from './inputs';

/** Pause before the second check, in ms; it doubles with every further one. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** What a reset does to the states of a session, unless the user says otherwise (docs/protocol-v1.md#reset). */
const DEFAULT_STATE_CLEAR_MATRIX: StateClearMatrix = {
	flowState: 'RESET',
	dialogState: 'COLD',
	engineState: 'INITIALIZED',
};

export interface ResetDependencies extends AttemptDependencies {
	dialer: RuntimeDialer;
	channels: ChannelPool;
}

/**
 * The frame of a reset, checked (docs/protocol-v1.md#reset).
 * @param wallTimeMs now, in ms since 1970
 */
export function compileReset(input: V1ResetSessionInput, wallTimeMs: number): string {
	const frame = resetFrameSchema.parse({
		type: 'SEND',
		sessionId: input.sessionId,
		stateClearMatrix: matrixOf(input),
		contextWipeDirective: {
			clearVariables: input.clearVariables,
			clearHistory: input.clearHistory,
			clearNLUContext: input.clearNluContext,
		},
		maxDurationSec: input.maxDurationSec,
		timestamp: new Date(wallTimeMs).toISOString(),
	});
	return JSON.stringify(frame);
}

/**
 * Resets a session and checks that it is clean (docs/protocol-v1.md#reset). A reset does no harm when it is made twice,
 * so it is repeated after every passing fault.
 */
export async function resetSession(
	deps: ResetDependencies,
	input: V1ResetSessionInput,
	frame: string,
	context: CallContext,
): Promise<Omit<ResetSessionResult, 'latencyMs' | 'audit'>> {
	const { sessionId } = input;
	const action = `Resetting session "${sessionId}"`;
	const { answer, redact } = await withAttempts(deps, context, { action, isRepeatable: isPassingFault }, async () => {
		context.deadline.signal.throwIfAborted();
		context.trace.attempts++;
		return await exchange(deps, input, { action, kind: 'reset', frame, answer: resetAnswerSchema }, context);
	});
	const { status } = answer;
	if (status !== 'RESET_COMPLETE') throw notReset(action, redact(status));
	const reset = { sessionId, status } as const;
	if (!input.verify) return { ...reset, verified: false, flowState: null, remainingVariables: null };
	const { flowState, remainingVariables } = await untilClean(deps, input, context);
	return { ...reset, verified: true, flowState, remainingVariables };
}

interface SessionState {
	flowState: string | null;
	remainingVariables: number;
}

/** Asks for the state with growing pauses: a flow in a blocking action needs a moment. */
async function untilClean(
	deps: ResetDependencies,
	input: V1ResetSessionInput,
	context: CallContext,
): Promise<SessionState> {
	const { deadline } = context;
	const { verifyTimeoutSeconds = Infinity } = input;
	const verification = deadline.attempt(verifyTimeoutSeconds * 1000);
	let state: SessionState | undefined;
	try {
		for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
			state = await checkState(deps, input, { ...context, deadline: verification });
			if (isClean(state, input)) return state;
			if (pauseMs >= verification.remainingMs()) throw notClean(input.sessionId, state);
			await sleep(deps.clock, pauseMs, verification.signal);
		}
	} catch (error) {
		if (verification.end === 'cancelled') throw cancelled(`Checking session "${input.sessionId}"`);
		// Out of time while asking once more: what was seen last says more than that.
		throw state && verification.end === 'timeout' ? notClean(input.sessionId, state) : error;
	} finally {
		verification.dispose();
	}
}

/** One check; like the reset, it is repeated after every passing fault. */
async function checkState(
	deps: ResetDependencies,
	input: V1ResetSessionInput,
	context: CallContext,
): Promise<SessionState> {
	const action = `Checking session "${input.sessionId}" after its reset`;
	const frame = stateCheckFrame(input.sessionId);
	const { answer, redact } = await withAttempts(deps, context, { action, isRepeatable: isPassingFault }, async () => {
		const question = { action, kind: 'stateCheck', frame, answer: stateCheckAnswerSchema };
		return await exchange(deps, input, question, context);
	});
	context.trace.checks = (context.trace.checks ?? 0) + 1;
	const { flowState, variables } = answer;
	return {
		flowState: typeof flowState === 'string' ? redact(flowState) : null,
		remainingVariables: Object.keys(variables ?? {}).length,
	};
}

interface Answered<T> {
	answer: T;
	/** Takes secrets out of a text of the answer that is to be shown (guarantee 6). */
	redact: (text: string) => string;
}

/** Sends one frame over a channel of the pool and reads its answer. */
async function exchange<T extends { sessionId?: unknown }>(
	{ channels, dialer }: ResetDependencies,
	{ botId, sessionId }: V1ResetSessionInput,
	{ answer: schema, ...question }: { action: string; kind: string; frame: string; answer: z.ZodType<T> },
	context: CallContext,
): Promise<Answered<T>> {
	const { deadline, retries } = context;
	const { action } = question;
	const open = () => dialer.open(botId, action, context);
	const read = (answer: string) => readRuntimeAnswer(answer, schema, { action, sessionId });
	return await channels.use({ botId, action, open }, async (channel) => {
		const answerMs = Math.max(ANSWER_MS, deadline.remainingMs() / (retries + 1));
		const answer = await channel.request({ ...question, deadline, answerMs, read });
		return { answer, redact: (text) => channel.redact(text) };
	});
}

/** What the user wants to keep need not be gone. */
function isClean({ flowState, remainingVariables }: SessionState, input: V1ResetSessionInput): boolean {
	const { flowState: wanted } = matrixOf(input);
	const isFlowReset = flowState === null || wanted === undefined || flowState === wanted || flowState === 'RESET';
	return isFlowReset && (remainingVariables === 0 || !input.clearVariables);
}

function matrixOf({ stateClearMatrix = {} }: V1ResetSessionInput): StateClearMatrix {
	return Object.keys(stateClearMatrix).length > 0 ? stateClearMatrix : DEFAULT_STATE_CLEAR_MATRIX;
}

function notReset(action: string, status: string): CognigyError {
	return new CognigyError({
		category: 'rejected',
		message: `${action} failed: Cognigy answered "${shortLine(status)}" instead of RESET_COMPLETE`,
		advice: 'Look for this session in the logs of your Cognigy. Check Session ID and Bot ID.',
	});
}

function notClean(sessionId: string, { flowState, remainingVariables }: SessionState): CognigyError {
	const state = flowState === null ? 'not given' : shortLine(flowState);
	const variables = `${remainingVariables} ${remainingVariables === 1 ? 'variable remains' : 'variables remain'}`;
	return new CognigyError({
		category: 'timeout',
		message: `Session "${sessionId}" was reset, but is not clean yet: flow state ${state}, ${variables}`,
		advice:
			'Most likely its flow waits in an action or a webhook call. Reset it again later, or raise Timeout and Verify Timeout.',
	});
}
