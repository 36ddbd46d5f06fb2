import { createInterface } from 'node:readline';
import pMap from 'p-map';

export interface LoopArguments {
	baseUrl: string;
	users: string[];
	concurrency: number;
}

/** Arguments of a loop program: base URL, number of starts, concurrency. */
export function readArguments([baseUrl = '', count = '', concurrency = '']: string[]): LoopArguments {
	const users = Array.from({ length: Number(count) }, (_, index) => `customer-${index}`);
	return { baseUrl, users, concurrency: Number(concurrency) };
}

/** Does a round of starts for each line on standard input, and prints how long it took, in ms. */
export async function serveRounds(
	{ users, concurrency }: LoopArguments,
	start: (userId: string) => Promise<unknown>,
): Promise<void> {
	for await (const _line of createInterface({ input: process.stdin })) {
		const startedAt = performance.now();
		await pMap(users, start, { concurrency });
		console.log(performance.now() - startedAt);
	}
}
