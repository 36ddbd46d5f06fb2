import type { CallKind, RateBudget } from '../budget/rateBudget';
import type { CallContext } from './attempts';
import type { CognigyError } from '../errors';
import { holdBudget, takeFromBudget } from './budgetTurn';
import type { HttpRequest, HttpResponse, HttpTransport } from '../transport/http';
import { TransportFailure } from '../transport/transportFailure';
import type { Clock } from '../time/clock';
import type { Deadline } from '../time/deadline';
import type { Service } from './answer';
import { transportError } from './transportErrors';

/** Time that one attempt of a safe call has at least, in ms; a hung request is to leave time for another one. */
const SAFE_ATTEMPT_MS = 10_000;

/** `safe` calls are repeated after any passing fault, a `start` only when it certainly did not run (guarantee 1). */
export type Repeatability = 'safe' | 'start';

export interface RequestDependencies {
	transport: HttpTransport;
	budget: RateBudget;
	clock: Clock;
}

export interface OneRequest {
	service: Service;
	/** What is being done, for errors. */
	action: string;
	kind: Repeatability;
	request: Omit<HttpRequest, 'signal'>;
	/** Time limit of one attempt, in ms; by default a fair share of the time that is left. */
	attemptMs?: number | undefined;
	/** Which share of the rate budget it takes. Default `call`. */
	budgetKind?: CallKind | undefined;
	/** The credential's field that says the budget. */
	budgetField?: string | undefined;
	/** Told when it has had its turn in the rate budget and is about to be sent. */
	onSent?: (() => void) | undefined;
	/** The call's own meaning of an exchange without an answer, before the general one. */
	explainFailure?: ((failure: TransportFailure) => CognigyError | undefined) | undefined;
}

/**
 * Sends one request once: when the rate budget lets it, counted in the trace, within the deadline.
 * @throws {CognigyError} when no complete answer came
 * @throws the reason of the deadline's signal
 */
export async function sendOnce(
	{ transport, budget, clock }: RequestDependencies,
	{ service, action, kind, request, attemptMs, budgetKind, budgetField, onSent, explainFailure }: OneRequest,
	{ deadline, retries, trace }: CallContext,
): Promise<HttpResponse> {
	deadline.signal.throwIfAborted();
	await takeFromBudget({ budget, clock }, { budgetKind, budgetField, description: { action } }, deadline);
	trace.attempts++;
	onSent?.();
	const safeAttemptMs = Math.max(SAFE_ATTEMPT_MS, deadline.remainingMs() / (retries + 1));
	const limitMs = attemptMs ?? (kind === 'safe' ? safeAttemptMs : Infinity);
	const exchange = { transport, service, action, isStart: kind === 'start', request, explainFailure };
	// Not awaited: thousands of long polls wait here, and this would be kept for each.
	return sendWithin(deadline, limitMs, exchange).then((response) => {
		trace.httpStatus = response.status;
		holdBudget(budget, response, clock.wallTime());
		return response;
	});
}

interface Exchange {
	transport: HttpTransport;
	service: Service;
	action: string;
	isStart: boolean;
	request: Omit<HttpRequest, 'signal'>;
	/** The call's own meaning of an exchange without an answer, before the general one. */
	explainFailure?: ((failure: TransportFailure) => CognigyError | undefined) | undefined;
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
		const { action, service, request } = exchange;
		const { url } = request;
		const failure =
			exchange.explainFailure?.(error) ?? transportError(error, { action, url, field: service.addressField, attempt });
		throw exchange.isStart && error.requestSent ? failure.with({ mayHaveRun: true }) : failure;
	} finally {
		if (attempt !== deadline) attempt.dispose();
	}
}

/** Whether a start that was answered with this may have run: a server that failed, gave up, or spoke words we do not know. */
export function isUncertain(status: number): boolean {
	return status < 300 || status >= 500 || status === 408;
}
