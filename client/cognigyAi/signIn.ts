import { unlimitedBudget } from '../budget/rateBudget';
import type { CallContext } from '../call/attempts';
import { withinTimeout } from '../call/observedCall';
import { edition } from '../edition';
import type { HttpTransport } from '../transport/http';
import { parseCognigyAiConfig } from './config';
import { ManagementApi, type ManagementCall } from './managementApi';
import { paths, userSchema } from './wire';

/** Somebody waits in front of the dialog. */
const OPTIONS = { timeoutSeconds: 10, retries: 0 };

const WHOSE_KEY: ManagementCall<unknown> = {
	method: 'GET',
	path: paths.me,
	answer: userSchema,
	description: {
		subject: 'management API at this address',
		action: 'Checking the API key',
		inputs: 'API Base URL, which often begins with "https://api-"',
	},
};

/**
 * Asks whose API key it is (docs/protocol-cognigy-ai.md#api-keys).
 * @throws {CognigyError} why nobody's, or why nobody could be asked
 */
export async function checkApiKey(api: ManagementApi, context: CallContext): Promise<void> {
	await api.call(WHOSE_KEY, context);
}

/**
 * One look at the API key in the fields of a credential `cognigyAiApi`, for the credential's Test button.
 * @throws {CognigyError} `invalidInput` for fields that cannot be right, otherwise what is wrong with the key or the address
 */
export async function checkApiKeyOnce(fields: unknown, transport: HttpTransport): Promise<void> {
	const config = parseCognigyAiConfig(fields);
	const dependencies = { config, transport, clock: edition.clock, random: Math.random, budget: unlimitedBudget };
	const { signal } = new AbortController();
	await withinTimeout({ clock: edition.clock, closing: signal }, OPTIONS, { attempts: 0 }, async (context) => {
		await checkApiKey(new ManagementApi(dependencies), context);
	});
}
