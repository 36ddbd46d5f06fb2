/** What each of the programs does: reset sessions, and check each afterwards. */
export interface ResetsTask {
	baseUrl: string;
	webSocketUrl: string;
	tenantId: string;
	/** Resets in each round. */
	count: number;
	concurrency: number;
}

export const botId = 'order-status';

export function sessionsOf({ count }: ResetsTask): string[] {
	return Array.from({ length: count }, (_, index) => `session-${index}`);
}
