/** `npm run bench`: the figures that README quotes. Everything runs on this machine and stops by itself. */
import { parseArgs } from 'node:util';

import { resetSession } from './resetSession';
import { save } from './save';
import { triggerFlow } from './triggerFlow';

const benches = [triggerFlow, resetSession];
const names = benches.map(({ name }) => name);

const usage = `Measures our work against alternatives, in the same run, and writes bench/results/*.json.

Usage: npm run bench -- [options]

  --only NAME  Only this benchmark: ${names.join(' or ')}
  --quick      Two rounds with fewer items, to see that all works; writes nothing
  -h, --help   Show this text`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			only: { type: 'string' },
			quick: { type: 'boolean', default: false },
			help: { type: 'boolean', short: 'h', default: false },
		},
	});
	const { only, quick, help } = values;
	if (help) {
		console.log(usage);
		return;
	}
	if (only !== undefined && !names.includes(only)) throw new Error(`--only takes ${names.join(' or ')}.`);

	for (const { name, run } of benches.filter((bench) => only === undefined || bench.name === only)) {
		const { table, setup, results } = await run({ quick, report: (line) => console.log(line) });
		console.log(`\n${table}\n`);
		if (!quick) save(name, setup, results);
	}
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
