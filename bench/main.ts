/** `npm run bench`: the figures in docs/benchmarks.md. Everything runs on this machine and stops by itself. */
import { parseArgs } from 'node:util';

import { editions } from './editions';
import { idempotency } from './idempotency';
import { itemCost } from './itemCost';
import { messageLatency } from './messageLatency';
import { n8nStart } from './n8nStart';
import { packageCost } from './package';
import { registry } from './registry';
import { registryContexts } from './registryContexts';
import { resetSession } from './resetSession';
import { save } from './save';
import { streamMessages } from './streamMessages';
import { triggerFlow } from './triggerFlow';

const benches = [
	triggerFlow,
	editions,
	resetSession,
	itemCost,
	idempotency,
	registry,
	registryContexts,
	streamMessages,
	messageLatency,
	n8nStart,
	packageCost,
];
const names = benches.map(({ name }) => name);
const nameList = new Intl.ListFormat('en', { type: 'disjunction' }).format(names);

/** How long memory is watched unless the user says otherwise, in minutes; and with `--quick`. */
const MINUTES = 2;
const QUICK_MINUTES = 0.05;

const usage = `Measures our work against alternatives, in the same run, and writes bench/results/*.json.

Usage: npm run bench -- [options]

  --only NAME    Only this benchmark: ${nameList}
  --quick        Few rounds with fewer items, to see that all works; writes nothing
  --minutes N    How long stream-messages watches memory, each time; default ${MINUTES}
  -h, --help     Show this text`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			only: { type: 'string' },
			quick: { type: 'boolean', default: false },
			minutes: { type: 'string' },
			help: { type: 'boolean', short: 'h', default: false },
		},
	});
	const { only, quick, help } = values;
	if (help) {
		console.log(usage);
		return;
	}
	if (only !== undefined && !names.includes(only)) throw new Error(`--only takes ${nameList}.`);
	const minutes = Number(values.minutes ?? (quick ? QUICK_MINUTES : MINUTES));
	if (!(minutes > 0 && minutes < Infinity)) throw new Error('--minutes takes a number above 0.');

	for (const { name, run } of benches.filter((bench) => only === undefined || bench.name === only)) {
		const result = await run({ quick, minutes, report: (line) => console.log(line) });
		console.log(`\n${result.text}\n`);
		if (!quick) save(name, result);
	}
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
