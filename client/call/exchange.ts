import type { z } from 'zod/v4';

import { CognigyError } from '../errors';
import type { HttpRequest, HttpResponse, HttpTransport } from '../transport/http';
import { TransportFailure } from '../transport/transportFailure';
import { readJson } from '../validation/readJson';
import type { Deadline } from '../time/deadline';
import { checked } from '../validation/fields';
import { transportError } from './transportErrors';

/** The service on the other side, as errors call it. */
export interface Service {
	/** `the Cognigy v1 API` */
	name: string;
	/** Where the user says its address: `Base URL of the credential`. */
	addressField: string;
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

/** @throws {CognigyError} `protocol`, naming the field that is not as the contract says (guarantee 9) */
export function readAnswer<T>(
	response: HttpResponse,
	answer: z.ZodType<T>,
	{ action, service }: { action: string; service: Service },
	isStart: boolean,
): T {
	const refuse = (problem: string, isTransient = false) =>
		new CognigyError({
			category: 'protocol',
			message: `${action}: Cognigy's answer cannot be used, ${problem}`,
			advice: `Check ${service.addressField}: does it point to ${service.name}, and not to a website or a proxy?`,
			httpStatus: response.status,
			mayHaveRun: isStart,
			isTransient,
		});
	let parsed: unknown;
	try {
		parsed = readJson(response.body);
	} catch {
		// Cut off or garbled on its way, perhaps: the same call may come through well.
		throw refuse('it is not JSON', true);
	}
	const result = checked(answer, parsed);
	if ('value' in result) return result.value;
	const { path, problem } = result;
	const expected = answer.def.type === 'array' ? 'list' : 'object';
	throw refuse(path ? `its field ${path} ${problem}` : `it is not a JSON ${expected}`);
}
