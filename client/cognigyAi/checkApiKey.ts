import { withinTimeout, type CallDependencies } from '../call/observedCall';
import type { ManagementApi, ManagementCall } from './managementApi';
import { paths, userSchema } from './wire';

/** Somebody waits for the answer. */
const OPTIONS = { timeoutSeconds: 10, retries: 0 };

/** Asks whose API key it is (docs/protocol-cognigy-ai.md#api-keys). */
export const WHOSE_KEY: ManagementCall<unknown> = {
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
export async function checkApiKey(
	api: ManagementApi,
	calls: Pick<CallDependencies, 'clock' | 'closing'>,
	signal: AbortSignal,
): Promise<void> {
	await withinTimeout(calls, { ...OPTIONS, signal }, { attempts: 0 }, async (context) => {
		await api.call(WHOSE_KEY, context);
	});
}
