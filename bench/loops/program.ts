import { createInterface } from 'node:readline';

/** What `startLoop` gave the program to do. */
export function readTask<Task extends object>(): Task {
	return JSON.parse(process.argv[2] ?? '') as Task;
}

/** Does a round for each line on standard input, and prints how long it took, in ms. */
export async function serveRounds(round: () => Promise<unknown>): Promise<void> {
	for await (const _line of createInterface({ input: process.stdin })) {
		const startedAt = performance.now();
		await round();
		console.log(performance.now() - startedAt);
	}
}
