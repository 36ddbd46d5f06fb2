import { unlimitedBudget } from '../budget/rateBudget';
import type { HttpTransport } from '../transport/http';
import { systemClock } from '../time/clock';
import { parseV1Config } from './config';
import { login } from './login';

/**
 * One login with the fields of a credential `cognigyApi`, past every cached token: for the credential's Test button and
 * for n8n's own request helper.
 * @returns the bearer token
 * @throws {CognigyError} `invalidInput` for fields that cannot be right, otherwise why the login failed
 */
export async function loginOnce(fields: unknown, transport: HttpTransport): Promise<string> {
	const config = parseV1Config(fields);
	const { signal } = new AbortController();
	// Somebody waits in front of the dialog: one repetition has to do.
	const dependencies = { config, transport, clock: systemClock, random: Math.random, budget: unlimitedBudget };
	return await login(dependencies, { signal, retries: 1 });
}
