import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { Agent } from 'node:https';

import { installPackage, N8nClient, packPackage, startN8n, type StoredWorkflow } from '../n8n-host';
import { createTlsMaterial, startSandbox, type Sandbox } from '../sandbox';
import { startLoop } from './loops';
import { ratios, spreadOf, type Spread } from './statistics';
import { httpRequestNode, nodeNames, triggerFlowNode, workflowAround } from './workflows';

export interface TriggerFlowBenchOptions {
	items: number;
	concurrency: number;
	/** Counted rounds; one more runs first to warm up. */
	rounds: number;
	/** Latencies of the service, in ms. */
	latenciesMs: number[];
	report: (line: string) => void;
}

/** Four ways to do the same starts over TLS against a service with this latency. Times in ms. */
export interface TriggerFlowBenchResult {
	serverLatencyMs: number;
	triggerFlow: Spread;
	httpRequestNode: Spread;
	clientLoop: Spread;
	bareLoop: Spread;
	/** How many times as long n8n's HTTP Request node takes as Trigger Flow. */
	httpRequestToTriggerFlow: Spread;
	/** How many times as long Trigger Flow takes as the bare loop. */
	triggerFlowToBareLoop: Spread;
	/** How many times as long our client alone takes as the bare loop. */
	clientToBareLoop: Spread;
	/** Connections opened in the whole of a round, the most of all rounds. */
	connections: { triggerFlow: number; httpRequestNode: number };
}

/** Trigger Flow beside n8n's HTTP Request node, both in one real n8n, and beside our client alone and a bare axios loop. */
export async function benchTriggerFlow(options: TriggerFlowBenchOptions): Promise<TriggerFlowBenchResult[]> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-'));
	const tls = await createTlsMaterial();
	const caFile = join(folder, 'ca.pem');
	writeFileSync(caFile, tls.ca);
	await installPackage(await packPackage(), folder);
	const n8n = await startN8n({ userFolder: folder, caFile });
	try {
		const client = new N8nClient(n8n.url);
		await client.signIn();
		const results: TriggerFlowBenchResult[] = [];
		for (const latencyMs of options.latenciesMs) {
			const sandbox = await startSandbox({ tls, latencyMs });
			try {
				results.push(await benchAgainst(sandbox, latencyMs, client, caFile, options));
			} finally {
				await sandbox.close();
			}
		}
		return results;
	} finally {
		await n8n.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function benchAgainst(
	sandbox: Sandbox,
	serverLatencyMs: number,
	client: N8nClient,
	caFile: string,
	{ items, concurrency, rounds, report }: TriggerFlowBenchOptions,
): Promise<TriggerFlowBenchResult> {
	const fields = { baseUrl: sandbox.url, username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
	const credential = await client.createCredential(`Sandbox ${sandbox.port}`, 'cognigyApi', fields);
	const token = await logIn(sandbox);
	const ours = await client.createWorkflow(
		workflowAround('Trigger Flow', items, triggerFlowNode(credential, concurrency)),
	);
	const theirs = await client.createWorkflow(
		workflowAround('HTTP Request', items, httpRequestNode(sandbox.url, token)),
	);
	const loop = { baseUrl: sandbox.url, count: items, concurrency, caFile };
	const bare = startLoop({ ...loop, program: 'bareLoop' });
	const alone = startLoop({ ...loop, program: 'clientLoop' });

	const times = { ours: [] as number[], theirs: [] as number[], bare: [] as number[], alone: [] as number[] };
	const connections = { triggerFlow: 0, httpRequestNode: 0 };
	try {
		for (let round = 0; round <= rounds; round++) {
			const bareMs = await bare.round();
			const aloneMs = await alone.round();
			const oursRun = await runIn(client, ours, sandbox, items);
			const theirsRun = await runIn(client, theirs, sandbox, items);
			connections.triggerFlow = Math.max(connections.triggerFlow, oursRun.connections);
			connections.httpRequestNode = Math.max(connections.httpRequestNode, theirsRun.connections);
			const isWarmUp = round === 0;
			if (!isWarmUp) {
				times.bare.push(bareMs);
				times.alone.push(aloneMs);
				times.ours.push(oursRun.ms);
				times.theirs.push(theirsRun.ms);
			}
			report(
				`  ${serverLatencyMs} ms latency, ${isWarmUp ? 'warm-up' : `round ${round}`}: Trigger Flow ${oursRun.ms} ms, ` +
					`HTTP Request ${theirsRun.ms} ms, client alone ${Math.round(aloneMs)} ms, bare loop ${Math.round(bareMs)} ms`,
			);
		}
	} finally {
		await bare.stop();
		await alone.stop();
	}
	return {
		serverLatencyMs,
		triggerFlow: spreadOf(times.ours),
		httpRequestNode: spreadOf(times.theirs),
		clientLoop: spreadOf(times.alone),
		bareLoop: spreadOf(times.bare),
		httpRequestToTriggerFlow: ratios(times.theirs, times.ours),
		triggerFlowToBareLoop: ratios(times.ours, times.bare),
		clientToBareLoop: ratios(times.alone, times.bare),
		connections,
	};
}

/** The time that the measured node itself took, in ms, and how many connections it opened. */
async function runIn(client: N8nClient, workflow: StoredWorkflow, sandbox: Sandbox, items: number) {
	sandbox.resetStats();
	const id = await client.runWorkflow(workflow, nodeNames.start);
	const execution = await client.waitForExecution(id, { timeoutMs: 120_000 });
	const run = execution.data.resultData.runData[nodeNames.measured]?.[0];
	const count = run?.data?.main?.[0]?.length;
	if (count !== items || run?.executionTime === undefined) {
		throw new Error(`${workflow.name}: ${count ?? 0} of ${items} items came out. ${run?.error?.message ?? ''}`);
	}
	return { ms: run.executionTime, connections: sandbox.stats().connectionsOpened };
}

async function logIn({ url, caCertificate }: Sandbox): Promise<string> {
	const { data } = await axios.post<{ token: string }>(
		`${url}/api/v1/auth/login`,
		{ username: 'demo', password: 'demo-password' },
		{ httpsAgent: new Agent({ ca: caCertificate }) },
	);
	return data.token;
}
