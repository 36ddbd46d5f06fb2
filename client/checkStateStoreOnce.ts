import type { Credential } from './clientFor';
import { parseCognigyAiConfig } from './cognigyAi/config';
import { edition } from './edition';
import { parseV1Config } from './v1/config';

/**
 * Tries out the place that a credential names for shared state, if it names one, for the credential's Test button. Leaves
 * nothing behind.
 * @throws {CognigyError} `invalidInput` for fields that cannot be right, `server` when it cannot be used, with the reason
 */
export async function checkStateStoreOnce({ type, fields }: Credential): Promise<void> {
	const { stateStore, redisUrl } = type === 'cognigyApi' ? parseV1Config(fields) : parseCognigyAiConfig(fields);
	if (stateStore === 'redis') await edition.sharedState?.check(redisUrl);
}
