import { parseCognigyAiConfig } from '../cognigyAi/config';
import type { Credential } from '../clientFor';
import { CognigyError } from '../errors';
import { trialOfAll } from './redisCommands';
import { redisConnectionFor } from './redisConnection';
import { RedisError } from './redisProblems';
import { rightsProblem } from './redisProblems';
import { parseV1Config } from '../v1/config';

/**
 * Tries out everything that is needed of the Redis of a credential, for the credential's Test button. Leaves nothing behind.
 * @throws {CognigyError} `invalidInput` for fields that cannot be right, `server` when Redis cannot be used, with the reason
 */
export async function checkStateStoreOnce({ type, fields }: Credential): Promise<void> {
	const { stateStore, redisUrl } = type === 'cognigyApi' ? parseV1Config(fields) : parseCognigyAiConfig(fields);
	if (stateStore !== 'redis') return;
	const redis = redisConnectionFor(redisUrl);
	try {
		const problem = rightsProblem(await redis.run(trialOfAll.script, trialOfAll.keys, []));
		if (problem) throw unusable(`State Store cannot be used: ${problem}`);
	} catch (error) {
		throw error instanceof RedisError ? unusable(`State Store cannot be used. ${error.message}`) : error;
	} finally {
		await redis.close();
	}
}

function unusable(message: string): CognigyError {
	return new CognigyError({
		category: 'server',
		message,
		advice:
			'Check Redis URL in the credential, or choose Local as State Store. The access to Cognigy is not the problem.',
	});
}
