import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';

import type { BenchReport } from './bench';

/** Writes bench/results/<name>.json. */
export function save(name: string, { setup, results, text }: BenchReport): void {
	const folder = join(__dirname, 'results');
	const content = { ...setup, machine: machine(), results, text: text.split('\n') };
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
	console.log(`Written to bench/results/${name}.json\n`);
}

function machine() {
	return {
		node: process.version,
		processors: availableParallelism(),
		date: new Date().toISOString().slice(0, 10),
		// The benchmark's own work is in it, and whatever else the machine did.
		loadOf15Minutes: Number((loadavg()[2] ?? NaN).toFixed(2)),
	};
}
