/**
 * What exists once in this process, whichever copy of this package made it: n8n loads a new version beside the one that
 * runs, and what runs goes on.
 * @param name with the number of what is kept there: a copy that keeps something else under it takes another number
 */
export function processWide<T extends object>(name: string, create: () => T): T {
	const key = Symbol.for(`n8n-nodes-cognigy/${name}`);
	const holder = globalThis as Record<symbol, unknown>;
	// Only copies of this package know the name, and keep one kind of thing under it.
	return (holder[key] ??= create()) as T;
}
