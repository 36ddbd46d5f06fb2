import type { RedisNode } from './redisAddress';

/** Where a node of a Redis Cluster sends a command. */
export interface Redirect extends RedisNode {
	/** Only this command, with ASKING before it: its keys are just being moved. */
	isAsk: boolean;
}

export interface FailureFacts {
	/** Redis' own error code, when it refused the command over a connection that works. */
	replyCode?: string;
	/** The command certainly did not run, and what kept it from that may pass by itself: a failover, for one. */
	mayPass?: boolean;
	redirect?: Redirect;
}

/** Why a command got no result. The message continues the name of the host; it holds no secret. */
export class LinkFailure extends Error {
	override readonly name = 'LinkFailure';

	constructor(
		message: string,
		readonly facts: FailureFacts = {},
	) {
		super(message);
	}
}
