/** What the loops beside Trigger Flow do. */
export interface StartsTask {
	baseUrl: string;
	/** Starts in each round. */
	count: number;
	concurrency: number;
}

export function usersOf({ count }: StartsTask): string[] {
	return Array.from({ length: count }, (_, index) => `customer-${index}`);
}
