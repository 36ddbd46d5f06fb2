import type { z } from 'zod/v4';

import { TokenProvider } from '../auth/tokenProvider';
import { CognigyError, cancelled } from '../errors';
import { TransportFailure, type HttpRequest, type HttpResponse, type HttpTransport } from '../http/transport';
import { certainlyDidNotRun, isPassingFault, withRetries } from '../retry/retry';
import type { Clock } from '../time/clock';
import type { Deadline } from '../time/deadline';
import { firstIssue } from '../validation';
import type { V1Config } from './config';
import { login } from './login';
import { statusError, type CallDescription } from './statusErrors';

/** Time that one attempt of a safe call has at least, in ms; a hung request is to leave time for another one. */
const SAFE_ATTEMPT_MS = 10_000;

const LOGIN_RETRIES = 3;

/** What happened while an operation ran; becomes part of its audit entry. */
export interface CallTrace {
	attempts: number;
	httpStatus?: number;
}

export interface RestCall<T> {
	method: 'GET' | 'POST';
	path: string;
	/** JSON text. */
	body?: string;
	answer: z.ZodType<T>;
	description: CallDescription;
	/** `safe` calls are repeated after any passing fault, a `start` only when it certainly did not run (guarantee 1). */
	kind: 'safe' | 'start';
	/** The call's own meaning of a status code, before the general one. */
	explain?: (response: HttpResponse) => CognigyError | undefined;
}

export interface CallContext {
	deadline: Deadline;
	retries: number;
	trace: CallTrace;
}

export interface RestDependencies {
	config: V1Config;
	transport: HttpTransport;
	clock: Clock;
	random: () => number;
}

/** Authenticated REST calls of the v1 API: token, attempts, status codes, answers (contract sections 1 to 3). */
export class V1Rest {
	readonly #tokens: TokenProvider;
	readonly #deps: RestDependencies;

	constructor(dependencies: RestDependencies) {
		this.#deps = dependencies;
		const { config, clock, random } = dependencies;
		this.#tokens = new TokenProvider({
			login: async (signal) => await login(dependencies, { signal, retries: LOGIN_RETRIES }).catch(asFinal),
			lifetimeMs: config.tokenTtlMinutes * 60_000,
			clock,
			random,
		});
	}

	/** @throws {CognigyError} without an audit entry; the operation adds it */
	async call<T>(call: RestCall<T>, context: CallContext): Promise<T> {
		const { clock, random } = this.#deps;
		const { deadline, retries } = context;
		const isRepeatable = call.kind === 'safe' ? isPassingFault : certainlyDidNotRun;
		let lastFault: CognigyError | undefined;
		try {
			return await withRetries({ clock, random, deadline }, { retries, isRepeatable }, async () => {
				try {
					return await this.#attempt(call, context);
				} catch (error) {
					if (error instanceof CognigyError && error.isTransient) lastFault = error;
					throw error;
				}
			});
		} catch (error) {
			throw this.#conclude(error, call, deadline, lastFault);
		}
	}

	/** One attempt; a token that the service no longer accepts is renewed once (guarantee 4). */
	async #attempt<T>(call: RestCall<T>, context: CallContext): Promise<T> {
		const { deadline } = context;
		let token = await this.#tokens.get(deadline);
		let response = await this.#send(call, token, context);
		if (response.status === 401) {
			token = await this.#tokens.renew(token, deadline);
			response = await this.#send(call, token, context);
			if (response.status === 401) this.#tokens.hold(newTokenRefused);
		}
		const { description, kind } = call;
		if (response.status === 200 || response.status === 201) {
			return readAnswer(response, call.answer, description, kind === 'start');
		}
		const { clock, config } = this.#deps;
		const error =
			call.explain?.(response) ?? statusError(response, description, clock.wallTime(), [token, config.password]);
		// A server that failed, gave up waiting, or succeeded in words we do not know, may have started the flow before.
		const isUncertain = response.status < 300 || response.status >= 500 || response.status === 408;
		throw kind === 'start' && isUncertain ? error.with({ mayHaveRun: true }) : error;
	}

	async #send<T>(call: RestCall<T>, token: string, context: CallContext): Promise<HttpResponse> {
		const { transport, config } = this.#deps;
		const { deadline, retries, trace } = context;
		deadline.signal.throwIfAborted();
		trace.attempts++;
		const safeAttemptMs = Math.max(SAFE_ATTEMPT_MS, deadline.remainingMs() / (retries + 1));
		const response = await sendWithin(deadline, call.kind === 'safe' ? safeAttemptMs : Infinity, {
			transport,
			baseUrl: config.baseUrl,
			action: call.description.action,
			isStart: call.kind === 'start',
			request: {
				method: call.method,
				url: config.baseUrl + call.path,
				headers: {
					Accept: 'application/json',
					Authorization: `Bearer ${token}`,
					...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
				},
				...(call.body === undefined ? {} : { body: call.body }),
			},
		});
		trace.httpStatus = response.status;
		return response;
	}

	/** The error that the caller sees: a deadline that ended while waiting has none of its own yet. */
	#conclude<T>(error: unknown, call: RestCall<T>, deadline: Deadline, lastFault?: CognigyError): CognigyError {
		const { action } = call.description;
		if (error instanceof CognigyError) return error;
		if (deadline.end === 'cancelled') return cancelled(action);
		if (deadline.end === 'timeout') return timedOut(action, lastFault);
		return new CognigyError({
			category: 'protocol',
			message: `${action} failed for a reason that is not known`,
			advice: 'Please report this, with the version of n8n and of this package.',
		});
	}
}

const newTokenRefused = new CognigyError({
	category: 'authentication',
	message: 'Cognigy refused even a new token a moment ago (401), so no login is tried just now',
	advice:
		'Check that the user of the credential is active and may use this bot. Logins are tried again after 15 seconds.',
});

/** The login has been repeated already; the calls that wait for it must not repeat it once more. */
function asFinal(error: unknown): never {
	throw error instanceof CognigyError ? error.with({ isTransient: false }) : error;
}

interface Exchange {
	transport: HttpTransport;
	baseUrl: string;
	action: string;
	isStart: boolean;
	request: Omit<HttpRequest, 'signal'>;
}

/**
 * Sends one request within the deadline and `attemptMs`.
 * @throws {CognigyError} when no complete answer came: `network`, `timeout`, `cancelled`, `permission` or `protocol`
 */
export async function sendWithin(deadline: Deadline, attemptMs: number, exchange: Exchange): Promise<HttpResponse> {
	const attempt = attemptMs === Infinity ? deadline : deadline.attempt(attemptMs);
	try {
		return await exchange.transport.send({ ...exchange.request, signal: attempt.signal });
	} catch (error) {
		if (!(error instanceof TransportFailure)) throw error;
		const failure = failureError(error, exchange, attempt);
		throw exchange.isStart && error.requestSent ? failure.with({ mayHaveRun: true }) : failure;
	} finally {
		if (attempt !== deadline) attempt.dispose();
	}
}

function failureError(failure: TransportFailure, { action, baseUrl }: Exchange, attempt: Deadline): CognigyError {
	const { host } = new URL(baseUrl);
	switch (failure.kind) {
		case 'aborted':
			return attempt.end === 'cancelled' ? cancelled(action) : timedOut(action);
		case 'egress':
			return new CognigyError({
				category: 'permission',
				message: `${action} failed: ${failure.message} ${host}`,
				advice:
					'Ask whoever runs this n8n to allow the address (N8N_SSRF_ALLOWED_HOSTNAMES or N8N_SSRF_ALLOWED_IP_RANGES).',
			});
		case 'tls':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: no secure connection to ${host}, ${failure.message}`,
				advice:
					'Check Base URL of the credential. For a private certificate authority set NODE_EXTRA_CA_CERTS for n8n.',
			});
		case 'tooLarge':
		case 'malformed':
			return new CognigyError({
				category: 'protocol',
				message: `${action} failed: ${failure.message} (${host})`,
				advice: 'Check Base URL of the credential: does it point to the Cognigy API?',
			});
		case 'dns':
		case 'unreachable':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: cannot reach ${host}, ${failure.message}`,
				advice: 'Check Base URL of the credential, and that n8n may connect to that address (firewall, proxy).',
				isTransient: true,
			});
		case 'proxy':
		case 'dropped':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: no complete answer from ${host}, ${failure.message}`,
				advice: 'Try again. If it stays, look at the network between n8n and Cognigy (firewall, proxy, load balancer).',
				isTransient: true,
			});
	}
}

export function timedOut(action: string, lastFault?: CognigyError): CognigyError {
	const before = lastFault ? `. Before that: ${lastFault.message}` : '';
	return new CognigyError({
		category: 'timeout',
		message: `${action} took too long${before}`,
		advice: 'Find out why Cognigy answers slowly. If it needs the time, raise Timeout in the options of the node.',
		isTransient: true,
	});
}

/** @throws {CognigyError} `protocol`, naming the field that is not as the contract says (guarantee 9) */
export function readAnswer<T>(
	response: HttpResponse,
	answer: z.ZodType<T>,
	{ action }: Pick<CallDescription, 'action'>,
	isStart: boolean,
): T {
	const refuse = (problem: string, isTransient = false) =>
		new CognigyError({
			category: 'protocol',
			message: `${action}: Cognigy's answer cannot be used, ${problem}`,
			advice: 'Check Base URL of the credential: does it point to the Cognigy v1 API, and not to a website or a proxy?',
			httpStatus: response.status,
			mayHaveRun: isStart,
			isTransient,
		});
	let parsed: unknown;
	try {
		parsed = JSON.parse(response.body);
	} catch {
		// Cut off or garbled on its way, perhaps: the same call may come through well.
		throw refuse('it is not JSON', true);
	}
	const result = answer.safeParse(parsed);
	if (result.success) return result.data;
	const { path, problem } = firstIssue(result.error);
	throw refuse(path ? `its field ${path} ${problem}` : 'it is not a JSON object');
}
