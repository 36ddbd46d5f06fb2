import { Agent } from 'node:https';
import { join } from 'node:path';
import axios from 'axios';

import type { N8nClient } from '../../n8n-host';
import type { Sandbox } from '../../sandbox';
import type { Bench, RoundsSetup } from '../bench';
import { demoUser } from '../demoUser';
import { logIn } from '../logIn';
import { startLoop } from '../loops';
import { withN8n } from '../n8n/withN8n';
import { timeInN8n, workflowAround } from '../n8n/workflow';
import { atEachLatency, withWorkplace } from '../service';
import { measureInTurn, Way, type Measurement } from '../way';
import { customers, httpRequestNode, triggerFlowNode } from './nodes';
import { resultOf, tableOf, type TriggerFlowResult } from './result';
import type { StartsTask } from './task';

/** Trigger Flow beside n8n's HTTP Request node, both in one real n8n, and beside our client alone and a bare loop of HTTP/2. */
export const triggerFlow: Bench = {
	name: 'trigger-flow',
	async run({ quick, report }) {
		const setup = { items: quick ? 200 : 1000, concurrency: 50, rounds: quick ? 2 : 9 };
		const { items, concurrency, rounds } = setup;
		report(`Trigger Flow: ${items} items over TLS, concurrency ${concurrency}, median of ${rounds} rounds`);
		const results = await withWorkplace(async (workplace) => {
			const { tls, caFile } = workplace;
			return await withN8n(
				workplace,
				async ({ client }) =>
					await atEachLatency(
						tls,
						async (sandbox, latencyMs) => await benchAgainst({ sandbox, latencyMs, client, caFile, setup, report }),
					),
			);
		});
		return { setup, results, text: tableOf(results) };
	},
};

interface Against {
	sandbox: Sandbox;
	latencyMs: number;
	client: N8nClient;
	caFile: string;
	setup: RoundsSetup;
	report: (line: string) => void;
}

async function benchAgainst({
	sandbox,
	latencyMs,
	client,
	caFile,
	setup,
	report,
}: Against): Promise<TriggerFlowResult> {
	const { items, concurrency, rounds } = setup;
	const fields = { baseUrl: sandbox.url, ...demoUser, requestsPerMinute: 0 };
	const credential = await client.createCredential(`Sandbox ${sandbox.port}`, 'cognigyApi', fields);
	const token = await logIn(sandbox.url, axios.create({ httpsAgent: new Agent({ ca: sandbox.caCertificate }) }));
	const ours = await client.createWorkflow(
		workflowAround('Trigger Flow', customers(items), triggerFlowNode(credential, concurrency)),
	);
	const theirs = await client.createWorkflow(
		workflowAround('HTTP Request', customers(items), httpRequestNode(sandbox.url, token)),
	);
	const task: StartsTask = { baseUrl: sandbox.url, count: items, concurrency };
	const bare = startLoop({ program: join(__dirname, 'bareLoop.ts'), task, caFile });
	const alone = startLoop({ program: join(__dirname, 'clientLoop.ts'), task, caFile });

	const counted = async (round: () => Promise<number>): Promise<Measurement> => {
		sandbox.resetStats();
		const ms = await round();
		return { ms, connections: sandbox.stats().connectionsOpened };
	};
	const ways = {
		bareLoop: new Way('bare loop', async () => await counted(() => bare.round())),
		clientLoop: new Way('client alone', async () => await counted(() => alone.round())),
		triggerFlow: new Way('Trigger Flow', async () => await counted(() => timeInN8n(client, ours, { items }))),
		httpRequestNode: new Way('HTTP Request', async () => await counted(() => timeInN8n(client, theirs, { items }))),
	};
	try {
		await measureInTurn(Object.values(ways), { rounds, title: `${latencyMs} ms latency`, report });
	} finally {
		await bare.stop();
		await alone.stop();
	}
	return resultOf(latencyMs, ways);
}
