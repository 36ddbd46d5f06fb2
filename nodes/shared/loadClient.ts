/**
 * The client with all its libraries is loaded when it is first used: n8n loads every node at its start, and should pay
 * nearly nothing for ours.
 */
export async function loadClient() {
	return await import('../../client');
}

export type ClientModule = Awaited<ReturnType<typeof loadClient>>;
