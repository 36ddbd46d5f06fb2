import { unlimitedBudget } from '../budget/rateBudget';
import { checkApiKey } from './checkApiKey';
import { parseCognigyAiConfig } from './config';
import { ManagementApi } from './managementApi';
import type { HttpTransport } from '../transport/http';
import { systemClock } from '../time/clock';

/**
 * One look at the API key in the fields of a credential `cognigyAiApi`, for the credential's Test button.
 * @throws {CognigyError} `invalidInput` for fields that cannot be right, otherwise what is wrong with the key or the address
 */
export async function checkApiKeyOnce(fields: unknown, transport: HttpTransport): Promise<void> {
	const config = parseCognigyAiConfig(fields);
	const dependencies = { config, transport, clock: systemClock, random: Math.random, budget: unlimitedBudget };
	const { signal } = new AbortController();
	await checkApiKey(new ManagementApi(dependencies), { clock: systemClock, closing: signal }, signal);
}
