import { CognigyError, cancelled } from '../errors';
import { isPassingFault } from '../retry/retry';
import { sleep } from '../time/clock';
import type { ResetSessionInput, ResetSessionResult } from '../types';
import { withAttempts, type AttemptDependencies, type CallContext } from './attempts';
import { readRuntimeAnswer } from './runtime/answer';
import type { ChannelPool } from './runtime/channelPool';
import type { RuntimeDialer } from './runtime/dialer';
import {
	resetAnswerSchema,
	resetFrameSchema,
	stateCheckAnswerSchema,
	stateCheckFrame,
	type StateClearMatrix,
} from './runtime/wire';

/** Time that one answer has at least, in ms; a lost one is to leave time for another attempt. */
const ANSWER_MS = 10_000;

/** Pause before the second check, in ms; it doubles with every further one. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** What a reset does to the states of a session, unless the user says otherwise (contract section 6). */
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
 * The frame of a reset, checked (contract section 6).
 * @param wallTimeMs now, in ms since 1970
 */
export function compileReset(input: ResetSessionInput, wallTimeMs: number): string {
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
 * Resets a session and checks that it is clean (contract section 6). A reset does no harm when it is made twice, so it is
 * repeated after every passing fault.
 */
export async function resetSession(
	deps: ResetDependencies,
	input: ResetSessionInput,
	frame: string,
	context: CallContext,
): Promise<Omit<ResetSessionResult, 'latencyMs' | 'audit'>> {
	const { sessionId } = input;
	const action = `Resetting session "${sessionId}"`;
	const { status } = await withAttempts(deps, context, { action, isRepeatable: isPassingFault }, async () => {
		context.trace.attempts++;
		const answer = await exchange(deps, { botId: input.botId, action, frame }, context);
		return readRuntimeAnswer(answer, resetAnswerSchema, { action, sessionId });
	});
	if (status !== 'RESET_COMPLETE') throw notReset(action, status);
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
	input: ResetSessionInput,
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
	{ botId, sessionId }: ResetSessionInput,
	context: CallContext,
): Promise<SessionState> {
	const action = `Checking session "${sessionId}" after its reset`;
	const frame = stateCheckFrame(sessionId);
	const { flowState, variables } = await withAttempts(
		deps,
		context,
		{ action, isRepeatable: isPassingFault },
		async () => {
			const answer = await exchange(deps, { botId, action, frame }, context);
			return readRuntimeAnswer(answer, stateCheckAnswerSchema, { action, sessionId });
		},
	);
	context.trace.checks = (context.trace.checks ?? 0) + 1;
	return { flowState: flowState ?? null, remainingVariables: Object.keys(variables ?? {}).length };
}

/** Sends one frame over a channel of the pool and waits for its answer. */
async function exchange(
	{ channels, dialer }: ResetDependencies,
	{ botId, action, frame }: { botId: string; action: string; frame: string },
	context: CallContext,
): Promise<string> {
	const { deadline, retries } = context;
	const open = () => dialer.open(botId, action, context);
	return await channels.use({ botId, action, open }, async (channel) => {
		const answerMs = Math.max(ANSWER_MS, deadline.remainingMs() / (retries + 1));
		return await channel.request({ action, frame, deadline, answerMs });
	});
}

/** What the user wants to keep need not be gone. */
function isClean({ flowState, remainingVariables }: SessionState, input: ResetSessionInput): boolean {
	const { flowState: wanted } = matrixOf(input);
	const isFlowReset = flowState === null || wanted === undefined || flowState === wanted || flowState === 'RESET';
	return isFlowReset && (remainingVariables === 0 || !input.clearVariables);
}

function matrixOf({ stateClearMatrix = {} }: ResetSessionInput): StateClearMatrix {
	return Object.keys(stateClearMatrix).length > 0 ? stateClearMatrix : DEFAULT_STATE_CLEAR_MATRIX;
}

function notReset(action: string, status: string): CognigyError {
	return new CognigyError({
		category: 'rejected',
		message: `${action} failed: Cognigy answered "${status.slice(0, 50)}" instead of RESET_COMPLETE`,
		advice: 'Look for this session in the logs of your Cognigy. Check Session ID and Bot ID.',
	});
}

function notClean(sessionId: string, { flowState, remainingVariables }: SessionState): CognigyError {
	const variables = `${remainingVariables} ${remainingVariables === 1 ? 'variable remains' : 'variables remain'}`;
	return new CognigyError({
		category: 'timeout',
		message: `Session "${sessionId}" was reset, but is not clean yet: flow state ${flowState ?? 'not given'}, ${variables}`,
		advice:
			'Most likely its flow waits in an action or a webhook call. Reset it again later, or raise Timeout and Verify Timeout.',
	});
}
