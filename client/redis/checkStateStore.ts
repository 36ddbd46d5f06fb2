import { CognigyError } from '../errors';
import { trialOfAll } from './redisCommands';
import { redisConnectionFor } from './redisConnection';
import { RedisError } from './redisError';
import { rightsProblem } from './redisProblems';

/**
 * Tries out everything that is needed of a Redis. Leaves nothing behind.
 * @throws {CognigyError} `server` when it cannot be used, with the reason
 */
export async function checkStateStore(redisUrl: string): Promise<void> {
	const redis = redisConnectionFor(redisUrl, false);
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
