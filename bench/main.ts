/** `npm run bench`: the figures that README quotes. Everything runs on this machine and stops by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Spread } from './statistics';
import { benchTriggerFlow, type TriggerFlowBenchResult } from './triggerFlow';

const usage = `Measures the nodes against alternatives, in the same run, and writes bench/results/*.json.

Usage: npm run bench -- [options]

  --quick     Two rounds with fewer items, to see that all works
  -h, --help  Show this text`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
	});
	if (values.help) {
		console.log(usage);
		return;
	}

	const items = values.quick ? 200 : 1000;
	const concurrency = 50;
	const rounds = values.quick ? 2 : 9;
	console.log(`Trigger Flow: ${items} items over TLS, concurrency ${concurrency}, median of ${rounds} rounds`);
	const report = (line: string) => console.log(line);
	const results = await benchTriggerFlow({ items, concurrency, rounds, latenciesMs: [0, 20], report });

	console.log(`\n${table(results)}`);
	if (values.quick) return;
	save('trigger-flow', { items, concurrency, rounds, machine: machine(), results });
}

function table(results: TriggerFlowBenchResult[]): string {
	const rows = results.map((result) => [
		`${result.serverLatencyMs} ms`,
		ms(result.triggerFlow),
		ms(result.httpRequestNode),
		ms(result.clientLoop),
		ms(result.bareLoop),
		times(result.httpRequestToTriggerFlow),
		times(result.triggerFlowToBareLoop),
		times(result.clientToBareLoop),
		`${result.connections.triggerFlow} / ${result.connections.httpRequestNode}`,
	]);
	const head = [
		'Server latency',
		'Trigger Flow',
		'HTTP Request node',
		'Client alone',
		'Bare axios loop',
		'HTTP Request / Trigger Flow',
		'Trigger Flow / bare loop',
		'Client alone / bare loop',
		'Connections (Trigger Flow / HTTP Request)',
	];
	return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const ms = ({ min, median, max }: Spread) => `${Math.round(median)} ms (${Math.round(min)} to ${Math.round(max)})`;

const times = ({ min, median, max }: Spread) => `**${median.toFixed(1)}** (${min.toFixed(1)} to ${max.toFixed(1)})`;

function machine() {
	return { node: process.version, processors: availableParallelism(), date: new Date().toISOString().slice(0, 10) };
}

function save(name: string, content: object): void {
	const folder = join(__dirname, 'results');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
	console.log(`\nWritten to bench/results/${name}.json`);
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
