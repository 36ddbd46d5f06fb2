import type { z } from 'zod/v4';

import { CognigyError } from '../errors';
import type { HttpResponse } from '../transport/http';
import { readJson } from '../validation/readJson';
import { checked } from '../validation/fields';

/** The service on the other side, as errors call it. */
export interface Service {
	/** `the Cognigy v1 API` */
	name: string;
	/** Where the user says its address: `Base URL of the credential`. */
	addressField: string;
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
