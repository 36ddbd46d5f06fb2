/** Runs what it is given. Resolves and rejects as that does. */
export type Run = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs one after the other, in the order of the calls. Less to keep than `p-limit`, where there is one for each session. */
export function inTurn(): Run {
	let last: Promise<unknown> = Promise.resolve();
	return (work) => {
		const result = last.then(work);
		last = result.catch(() => {});
		return result;
	};
}
