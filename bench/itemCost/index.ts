import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

import { startSandbox, type Sandbox } from '../../sandbox';
import type { Bench } from '../bench';
import { demoUser } from '../demoUser';
import { logIn } from '../logIn';
import { startLoop } from '../loops';
import { compile } from '../loops/compile';
import type { MeasuredNode } from '../n8n/workflow';
import { withN8n, type N8nPlace } from '../n8n/withN8n';
import { withWorkplace, type Workplace } from '../service';
import { httpRequestNode, triggerFlowNode } from '../triggerFlow/nodes';
import type { StartsTask } from '../triggerFlow/task';
import { askProbe, PROBE_SOCKET } from './probe';
import { resultOf, textOf, type ItemCostResult, type ItemCostSetup, type Round, type WayRounds } from './result';
import { timedWorkflow, timeOf } from './workflow';

const sizes: ItemCostSetup['sizes'] = [
	{ items: 10, rounds: 5 },
	{ items: 100, rounds: 5 },
	{ items: 1_000, rounds: 5 },
	{ items: 10_000, rounds: 2 },
	{ items: 100_000, rounds: 1 },
];

/** With ten times as many requests at once, it is not done after a minute, and n8n answers nothing for minutes more. */
const MOST_FOR_HTTP_REQUEST = 10_000;

/** How long the node that we compare with may take, and how long anything else, in ms. */
const PATIENCE_MS = 60_000;
const LONG_PATIENCE_MS = 280_000;
/** For n8n to let go of an execution that has answered, in ms. */
const SETTLE_MS = 500;

/** What one item costs Trigger Flow in a real n8n, whether there are ten of them or a hundred thousand. */
export const itemCost: Bench = {
	name: 'item-cost',
	async run({ quick, report }) {
		const setup: ItemCostSetup = {
			concurrency: 50,
			sizes: quick ? sizes.slice(0, 2).map(({ items }) => ({ items, rounds: 2 })) : sizes,
		};
		const { concurrency } = setup;
		report(`Trigger Flow: cost per item over TLS, concurrency ${concurrency}`);
		const results: ItemCostResult[] = [];
		for (const { items, rounds } of setup.sizes) {
			const isHttpRequestAble =
				items <= MOST_FOR_HTTP_REQUEST && results.every(({ httpRequestNode }) => httpRequestNode.problem === undefined);
			// An n8n of its own for each size: one that has failed at its task may be busy with it for long.
			const result = await withWorkplace(async (workplace) => {
				const sandbox = await startSandbox({ tls: workplace.tls });
				try {
					const size = { items, rounds, concurrency, isHttpRequestAble };
					return await measureIn({ workplace, sandbox, size, report });
				} finally {
					await sandbox.close();
				}
			});
			results.push(result);
		}
		return { setup, results, text: textOf(results, setup) };
	},
};

interface Size {
	items: number;
	rounds: number;
	concurrency: number;
	/** False: so many are too much for the HTTP Request node. */
	isHttpRequestAble: boolean;
}

interface Measuring {
	workplace: Workplace;
	sandbox: Sandbox;
	size: Size;
	report: (line: string) => void;
}

async function measureIn(measuring: Measuring): Promise<ItemCostResult> {
	const { workplace } = measuring;
	const probeSocket = join(workplace.folder, 'probe.sock');
	const env = {
		NODE_OPTIONS: `--require ${compile(join(__dirname, 'memoryProbe.ts'))}`,
		[PROBE_SOCKET]: probeSocket,
	};
	return await withN8n(workplace, async (n8n) => await measure(measuring, n8n, probeSocket), env);
}

async function measure(
	{ workplace: { caFile }, sandbox, size, report }: Measuring,
	n8n: N8nPlace,
	probeSocket: string,
): Promise<ItemCostResult> {
	const { items, rounds, concurrency, isHttpRequestAble } = size;
	const fields = { baseUrl: sandbox.url, ...demoUser, requestsPerMinute: 0 };
	const credential = await n8n.client.createCredential('Sandbox', 'cognigyApi', fields);
	const token = await logIn(sandbox.url, axios.create({ httpsAgent: new Agent({ ca: sandbox.caCertificate }) }));
	const task: StartsTask = { baseUrl: sandbox.url, count: items, concurrency };
	const loop = startLoop({ program: join(__dirname, '..', 'triggerFlow', 'bareLoop.ts'), task, caFile });
	const inN8n = async (name: string, node: MeasuredNode, patienceMs = LONG_PATIENCE_MS) => {
		const stored = await n8n.client.createWorkflow(timedWorkflow(name, items, node));
		await n8n.client.activateWorkflow(stored);
		return async () => {
			await untilReady(n8n);
			const before = await askProbe(probeSocket);
			const run = await timeOf(n8n, stored, { count: items, patienceMs });
			if ('problem' in run) return run;
			await sleep(SETTLE_MS);
			const { peakBytes, neededBytes } = await askProbe(probeSocket);
			const { neededBytes: atFirst } = before;
			return { ms: run.ms, memory: { peakBytes: peakBytes - atFirst, keptBytes: neededBytes - atFirst } };
		};
	};
	const noOperation: MeasuredNode = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };
	const ways = {
		triggerFlow: new ItemWay(await inN8n('trigger-flow', triggerFlowNode(credential, concurrency))),
		bareLoop: new ItemWay(async () => ({ ms: await loop.round() })),
		n8nAlone: new ItemWay(await inN8n('no-operation', noOperation)),
		httpRequestNode: new ItemWay(
			isHttpRequestAble
				? await inN8n('http-request', httpRequestNode(sandbox.url, token), PATIENCE_MS)
				: async () => ({ problem: 'not tried' }),
			{ mayFail: true },
		),
	};
	try {
		for (let round = 0; round <= rounds; round++) {
			for (const way of Object.values(ways)) await way.round(round > 0);
			const told = Object.entries(ways).map(([name, way]) => `${name} ${way.last}`);
			report(`  ${items} items, ${round === 0 ? 'warm-up' : `round ${round}`}: ${told.join(', ')}`);
		}
	} finally {
		await loop.stop();
	}
	return resultOf(items, ways);
}

/** With thousands of connections at once, n8n does not hear from its own database for a while, and takes no webhooks then. */
async function untilReady({ n8n: { url } }: N8nPlace): Promise<void> {
	const signal = AbortSignal.timeout(PATIENCE_MS);
	while (!(await fetch(`${url}/healthz/readiness`, { signal })).ok) await sleep(SETTLE_MS, undefined, { signal });
}

/** One of the ways to deal with all items, until it fails. */
class ItemWay implements WayRounds {
	readonly rounds: Round[] = [];
	problem?: string;
	/** What the last round came to, in words. */
	last = '';

	constructor(
		private readonly run: () => Promise<Round | { problem: string }>,
		private readonly options: { mayFail: boolean } = { mayFail: false },
	) {}

	async round(isCounted: boolean): Promise<void> {
		if (this.problem !== undefined) return;
		const outcome = await this.run();
		if ('problem' in outcome) {
			if (!this.options.mayFail) throw new Error(outcome.problem);
			this.problem = outcome.problem;
			this.last = outcome.problem;
			return;
		}
		this.last = `${Math.round(outcome.ms)} ms`;
		if (isCounted) this.rounds.push(outcome);
	}
}
