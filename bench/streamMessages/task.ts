export const botId = 'order-status';
export const flowId = 'main';

/** What `startSessions.ts` does: start these sessions and record them in the registry, as Trigger Flow does. */
export interface StartsTask {
	baseUrl: string;
	stateFolder: string;
	sessionIds: string[];
}

/** What `follow.ts` does: follow every session in the registry. */
export interface FollowTask {
	baseUrl: string;
	stateFolder: string;
	/** More messages than this are never said between two `collect`. */
	capacity: number;
}

/** What the bare loops do: start these sessions and read their messages. */
export interface BareTask {
	baseUrl: string;
	sessionIds: string[];
	capacity: number;
	/** How often all sessions are asked; missing: by long polls. */
	everyMs?: number;
}
