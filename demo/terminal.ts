import { performance } from 'node:perf_hooks';

process.stdout.on('error', () => {}); // the terminal was closed; what has to be stopped still must be

export function say(line = ''): void {
	process.stdout.write(`${line}\n`);
}

/** Does one step and says so: before, and with what came of it afterwards. */
export async function step<T>(title: string, work: () => Promise<T>, outcome?: (result: T) => string): Promise<T> {
	say(`- ${title} ...`);
	const startedAt = performance.now();
	const result = await work();
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	say(`  ${outcome ? `${outcome(result)}, ` : ''}${seconds} s`);
	return result;
}

export type Row = readonly [name: string, value: unknown];

/** A titled list of names and values. */
export interface Block {
	readonly title: string;
	readonly rows: readonly Row[];
}

/** One value a line, all of them aligned. Values that are missing are left out. */
export function sayBlock({ title, rows }: Block): void {
	const present = rows.filter(([, value]) => value !== undefined);
	const width = Math.max(...present.map(([name]) => name.length));
	say();
	say(title);
	for (const [name, value] of present) say(`  ${name.padEnd(width)}  ${inOneLine(value)}`);
}

function inOneLine(value: unknown): string {
	return typeof value === 'string' ? value : JSON.stringify(value);
}
