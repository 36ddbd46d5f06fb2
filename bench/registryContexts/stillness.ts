import { setImmediate as nextTurn } from 'node:timers/promises';

/** @returns for how long the process had no turn of its event loop while `work` went on, at most, in ms */
export async function longestStop(work: () => Promise<unknown>): Promise<number> {
	let isOver = false;
	let longest = 0;
	let last = performance.now();
	const working = work().finally(() => (isOver = true));
	while (!isOver) {
		await nextTurn();
		const now = performance.now();
		longest = Math.max(longest, now - last);
		last = now;
	}
	await working;
	return longest;
}
