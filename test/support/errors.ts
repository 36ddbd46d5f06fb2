import { CognigyError } from '../../client/errors';
import { TransportFailure } from '../../client/transport/transportFailure';

/** The error of a call that must fail with a `CognigyError`. */
export async function cognigyErrorOf(call: Promise<unknown>): Promise<CognigyError> {
	return await errorOf(call, CognigyError);
}

/** The failure of an exchange that must end with a `TransportFailure`. */
export async function transportFailureOf(exchange: Promise<unknown>): Promise<TransportFailure> {
	return await errorOf(exchange, TransportFailure);
}

async function errorOf<T extends Error>(call: Promise<unknown>, type: new (...args: never[]) => T): Promise<T> {
	const outcome = await call.then(
		(value) => ({ value }),
		(error: unknown) => ({ error }),
	);
	if (!('error' in outcome)) throw new Error(`Was to fail, but gave ${JSON.stringify(outcome.value)}`);
	if (outcome.error instanceof type) return outcome.error;
	throw new Error(`Was to fail with a ${type.name}, but failed with ${String(outcome.error)}`, {
		cause: outcome.error,
	});
}
