import type { CallContext, CallTrace } from '../call/attempts';
import { callbackSecrets, withCallbackUrl } from '../starts/callbackUrl';
import { startWords, type UncertainWords } from '../starts/recordedStart';
import type { PlannedStart, StartedFlow } from '../starts/starts';
import { CognigyError } from '../errors';
import { replyText } from '../streams/collectReply';
import type { HttpResponse } from '../transport/http';
import type { Clock } from '../time/clock';
import type { Message } from '../types';
import type { EndpointAddress, EndpointUrl } from './endpointAddress';
import { endpointBody, type EndpointApi, type EndpointPost, type Route } from './endpointApi';
import type { TriggerFlowRequest } from './inputs';
import { messagesOf, OutputHistory } from './messages';
import { errorIn, readRestAnswer, type ForeignAnswer } from './restAnswer';
import type { SocketTurns, TurnListeners } from './socket/socketTurn';
import { validateVersion, type DeploymentDependencies } from './validateVersion';

/** What goes to an endpoint, checked. */
export interface CheckedMessage extends TriggerFlowRequest {
	sessionId: string;
	/** Whether its id was made just now. */
	isNewSession: boolean;
	/** `data` as the flow gets it. */
	sentData: Record<string, unknown>;
	/** JSON text. */
	body: string;
}

/** To which endpoint it goes is known as well. */
export interface CheckedTurn extends CheckedMessage {
	address: EndpointAddress;
}

export interface TriggerDependencies extends TurnListeners {
	endpoints: EndpointApi;
	sockets: SocketTurns;
	deployments: DeploymentDependencies;
	clock: Clock;
	/** When the start began, in ms since 1970. */
	createdAt: number;
}

/** What the service said to a message. */
interface Answer {
	status: 'COMPLETED' | 'SENT';
	messages?: Message[];
	/** What came where the answer should be. */
	data?: unknown;
}

/** The endpoint's channels as the API calls them. */
const CHANNEL_NAMES = { rest: 'rest', socketio: 'socket', webhook: 'webhook' } as const;

/**
 * Sends a message to an endpoint, never twice if it may have run (guarantee 1). A REST endpoint answers with what the
 * bot said; of a Socket.IO endpoint that is collected until its turn is over; a Webhook endpoint says it elsewhere.
 */
export async function triggerFlow(
	deps: TriggerDependencies,
	turn: CheckedTurn,
	context: CallContext,
): Promise<StartedFlow['result']> {
	const { createdAt, deployments } = deps;
	const { address, userId, sessionId, deployment, channel } = turn;
	const { projectId } = deployments;
	if (deployment) {
		// The attempts of an audit entry are those of the message, not of the check before it.
		const trace: CallTrace = { attempts: 0 };
		const { token, name } = address;
		const endpoint = turn.endpointId ?? ({ kind: 'token', token, name } as const);
		const question = { endpoint, expectedChannel: CHANNEL_NAMES[channel] };
		await validateVersion(deployments, { ...question, deployment, failIfNotPublished: true }, { ...context, trace });
	}
	const ttlSeconds = ttlSecondsOf(turn);
	const { status, messages, data } = await sendTurn(deps, turn, context);
	return {
		sessionId,
		status,
		botId: projectId,
		flowId: address.name,
		userId,
		session: {
			id: sessionId,
			createdAt: new Date(createdAt).toISOString(),
			expiresAt: new Date(createdAt + ttlSeconds * 1000).toISOString(),
			ttlSeconds,
		},
		...(messages ? { messages, reply: replyText(messages) } : {}),
		...(data === undefined ? {} : { data }),
	};
}

/**
 * What makes a message this one and no other.
 * @param givenId of the session, unless one was made for it
 */
export function plannedStart(turn: CheckedTurn, projectId: string, givenId: string | undefined): PlannedStart {
	const { address, userId, sessionId, text, data, deliverAs, testMode, idempotencyKey, idempotencyHours } = turn;
	const start = {
		action: actionOf(turn),
		sessionId,
		target: [address.base, address.token],
		content: { userId, sessionId: givenId, text, data, deliverAs, testMode },
		idempotencyHours,
		...(idempotencyKey === undefined ? {} : { idempotencyKey }),
	};
	// What is put past the flow, or into a session that runs, starts none, so none is recorded.
	const words = uncertainWords[deliverAs];
	if (deliverAs !== 'input') return { ...start, words };
	const session = { botId: projectId, flowId: address.name, userId, ttlSeconds: ttlSecondsOf(turn), context: data };
	return { ...start, words, session };
}

function ttlSecondsOf({ sessionTtlMinutes }: CheckedTurn): number {
	return Math.round(sessionTtlMinutes * 60);
}

/** What the user said is in the transcript, if the endpoint keeps one. */
const lookup = 'Get Transcript of the node Cognigy Conversation shows what was said in it';

const uncertainWords: Readonly<Record<CheckedTurn['deliverAs'], UncertainWords>> = {
	input: { ...startWords, lookup },
	inject: { mayHave: 'The flow may have run, with', again: 'inject the message again', lookup },
	notify: { mayHave: 'The user may have got it, in', again: 'notify the user again' },
};

/** What a message is called in errors. */
export function actionOf({ address, deliverAs }: Pick<CheckedTurn, 'address' | 'deliverAs'>): string {
	const what = { input: 'Sending a message', inject: 'Injecting a message', notify: 'Notifying the user' }[deliverAs];
	return `${what} through ${address.name}`;
}

export function routeOf({ deliverAs, testMode }: Pick<CheckedTurn, 'deliverAs' | 'testMode'>): Route {
	if (deliverAs !== 'input') return deliverAs;
	return testMode ? 'test' : 'message';
}

async function sendTurn(deps: TriggerDependencies, turn: CheckedTurn, context: CallContext): Promise<Answer> {
	const { endpoints, sockets } = deps;
	const { channel, deliverAs, address, body, webhookKey } = turn;
	const secrets = callbackSecrets(turn);
	const post = { address, route: routeOf(turn), body, webhookKey, secrets, action: actionOf(turn) };
	if (channel === 'socketio' && (deliverAs === 'input' || (deliverAs === 'inject' && turn.reply))) {
		return await sockets.run(turn, post, context, deps);
	}
	if (channel !== 'rest' || deliverAs !== 'input') {
		const read = (response: HttpResponse, _action: string, secrets: readonly string[]) => errorIn(response, secrets);
		const error = await endpoints.post({ ...post, read }, context);
		if (error !== undefined) throw answeredWithError(post.action, error, context);
		return { status: 'SENT' };
	}
	return await sendToRest(deps, turn, post, context);
}

async function sendToRest(
	{ endpoints, clock, onWarning }: TriggerDependencies,
	{ sessionId, address }: CheckedTurn,
	post: EndpointPost<never>,
	context: CallContext,
): Promise<Answer> {
	const { outputs = [], error, foreign } = (await endpoints.post({ ...post, read: readRestAnswer }, context)) ?? {};
	const history = new OutputHistory(sessionId, undefined, undefined, address.token);
	const messages = messagesOf(outputs, history, clock.wallTime());
	if (error !== undefined && messages.length === 0) throw answeredWithError(post.action, error, context);
	if (error !== undefined) onWarning(`Besides what the bot said, Cognigy told of an error${error}`);
	if (foreign) onWarning(foreignWarning(address.name, foreign));
	return { status: 'COMPLETED', messages, ...(foreign && 'data' in foreign ? { data: foreign.data } : {}) };
}

/** A success by its status alone. Its flow ran, or broke off somewhere. */
function answeredWithError(action: string, words: string, { trace: { httpStatus } }: CallContext): CognigyError {
	return new CognigyError({
		category: 'server',
		message: `${action} failed: Cognigy answered with an error${words}`,
		advice: 'The logs of your project in Cognigy.AI say more. For an AI agent, look at its language model as well.',
		...(httpStatus === undefined ? {} : { httpStatus }),
		mayHaveRun: true,
	});
}

function foreignWarning(endpoint: string, foreign: ForeignAnswer): string {
	const place = 'data' in foreign ? ' It stands in "data".' : '';
	return `The flow ran, but ${endpoint} answered with ${foreign.what} and not as Cognigy.AI does: most likely its output transformer makes that of it.${place}`;
}

/** The checked input with its body. @throws {CognigyError} `invalidInput` */
export function checkedMessage(request: TriggerFlowRequest, sessionId: string): CheckedMessage {
	const { userId, text, data, callbackUrl } = request;
	const sentData = withCallbackUrl(data, callbackUrl, 'data');
	const body = endpointBody({ userId, sessionId, text, data: sentData });
	return { ...request, sessionId, isNewSession: request.sessionId === undefined, sentData, body };
}

export function checkedTurn(message: CheckedMessage, { isTest, ...address }: EndpointUrl): CheckedTurn {
	return { ...message, testMode: message.testMode || isTest, address };
}
