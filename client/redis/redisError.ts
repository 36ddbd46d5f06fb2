import type { FailureFacts } from './linkFailure';

/** Redis did not do what it was asked for. The message names the host and the problem, never a user or a password. */
export class RedisError extends Error {
	override readonly name = 'RedisError';

	constructor(
		message: string,
		readonly facts: FailureFacts = {},
	) {
		super(message);
	}
}
