import { Agent } from 'node:https';
import { join } from 'node:path';
import axios from 'axios';

import { installPackage, N8nClient, packPackage, startN8n, type StoredWorkflow } from '../../n8n-host';
import type { Sandbox } from '../../sandbox';
import type { Bench, RoundsSetup } from '../bench';
import { demoUser } from '../demoUser';
import { logIn } from '../logIn';
import { startLoop } from '../loops';
import { atEachLatency, withWorkplace } from '../service';
import { measureInTurn, Way, type Measurement } from '../way';
import { resultOf, tableOf, type TriggerFlowResult } from './result';
import type { StartsTask } from './task';
import { httpRequestNode, nodeNames, triggerFlowNode, workflowAround } from './workflows';

/** Trigger Flow beside n8n's HTTP Request node, both in one real n8n, and beside our client alone and a bare axios loop. */
export const triggerFlow: Bench = {
	name: 'trigger-flow',
	async run({ quick, report }) {
		const setup = { items: quick ? 200 : 1000, concurrency: 50, rounds: quick ? 2 : 9 };
		const { items, concurrency, rounds } = setup;
		report(`Trigger Flow: ${items} items over TLS, concurrency ${concurrency}, median of ${rounds} rounds`);
		const results = await withWorkplace(async ({ folder, tls, caFile }) => {
			await installPackage(await packPackage(), folder);
			const n8n = await startN8n({ userFolder: folder, caFile });
			try {
				const client = new N8nClient(n8n.url);
				await client.signIn();
				return await atEachLatency(
					tls,
					async (sandbox, latencyMs) => await benchAgainst({ sandbox, latencyMs, client, caFile, setup, report }),
				);
			} finally {
				await n8n.stop();
			}
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
		workflowAround('Trigger Flow', items, triggerFlowNode(credential, concurrency)),
	);
	const theirs = await client.createWorkflow(
		workflowAround('HTTP Request', items, httpRequestNode(sandbox.url, token)),
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
		triggerFlow: new Way('Trigger Flow', async () => await counted(() => runIn(client, ours, items))),
		httpRequestNode: new Way('HTTP Request', async () => await counted(() => runIn(client, theirs, items))),
	};
	try {
		await measureInTurn(Object.values(ways), { rounds, title: `${latencyMs} ms latency`, report });
	} finally {
		await bare.stop();
		await alone.stop();
	}
	return resultOf(latencyMs, ways);
}

/** The time that the measured node itself took, in ms. */
async function runIn(client: N8nClient, workflow: StoredWorkflow, items: number): Promise<number> {
	const id = await client.runWorkflow(workflow, nodeNames.start);
	const execution = await client.waitForExecution(id, { timeoutMs: 120_000 });
	const run = execution.data.resultData.runData[nodeNames.measured]?.[0];
	const count = run?.data?.main?.[0]?.length;
	if (count !== items || run?.executionTime === undefined) {
		throw new Error(`${workflow.name}: ${count ?? 0} of ${items} items came out. ${run?.error?.message ?? ''}`);
	}
	return run.executionTime;
}
