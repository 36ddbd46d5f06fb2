/** Ids that are in a list more than once, without their first time. */
export function repeatedIn(ids: readonly string[]): string[] {
	return ids.filter((id, index) => ids.indexOf(id) !== index);
}

/** Whether messages came in the order in which they were said. @param ids of what came; @param said of all that was said */
export function cameInOrder(ids: readonly string[], said: readonly string[]): boolean {
	const positions = new Map(said.map((id, position) => [id, position]));
	const order = ids.map((id) => positions.get(id) ?? -1);
	return order.every((position, index) => index === 0 || position >= (order[index - 1] ?? 0));
}
