/** What the program does in each round. */
export interface StartsTask {
	baseUrl: string;
	/** Of a Redis that keeps sessions and keys; missing: SQLite does. */
	redisUrl?: string;
	/** Starts in each round. */
	count: number;
	concurrency: number;
}

/** How a start is known: by nothing, by the step of an execution, by a new key, or by one of the round before. */
export type WayToStart = 'anew' | 'step' | 'key' | 'again';
