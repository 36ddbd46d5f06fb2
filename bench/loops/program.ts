import { createInterface } from 'node:readline';

/** What `startProgram` gave the program to do. */
export function readTask<Task extends object>(): Task {
	return JSON.parse(process.argv[2] ?? '') as Task;
}

/** Answers each line on standard input with a line of JSON, until the input ends. */
export async function serve(answer: (request: string) => unknown): Promise<void> {
	for await (const request of createInterface({ input: process.stdin })) {
		console.log(JSON.stringify((await answer(request)) ?? null));
	}
}

/** Does a round for each line on standard input, and prints how long it took, in ms. */
export async function serveRounds(round: () => Promise<unknown>): Promise<void> {
	await serve(async () => {
		const startedAt = performance.now();
		await round();
		return performance.now() - startedAt;
	});
}
