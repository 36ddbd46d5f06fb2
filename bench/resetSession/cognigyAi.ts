import { startCognigyAiSandbox, type CognigyAiSandbox, type TlsMaterial } from '../../sandbox';
import type { N8nPlace } from '../n8n/withN8n';
import { timeInN8n, workflowAround } from '../n8n/workflow';
import { atEachLatencyOf } from '../service';
import { ratios, spreadOf, type Spread } from '../statistics';
import { ms, table, times } from '../table';
import { measureInTurn, Way, type Measurement } from '../way';
import { cognigyAiNode, httpRequestNodes, sessions } from './nodes';

/** Two ways to reset the context of sessions on Cognigy.AI, both in n8n. Times in ms. */
export interface CognigyAiResult {
	what: 'cognigyAi';
	serverLatencyMs: number;
	resetSession: Spread;
	/** Two HTTP Request nodes, one after the other. */
	httpRequestNodes: Spread;
	httpRequestToResetSession: Spread;
	/** Connections opened in the whole of a round, the most of all rounds. */
	connections: { resetSession: number; httpRequestNodes: number };
}

export interface CognigyAiSetup {
	items: number;
	concurrency: number;
	rounds: number;
}

/** Reset Session on Cognigy.AI beside n8n's HTTP Request nodes, which can do the same: it is plain HTTP there. */
export async function measureCognigyAi(
	tls: TlsMaterial,
	n8n: N8nPlace,
	setup: CognigyAiSetup,
	report: (line: string) => void,
): Promise<CognigyAiResult[]> {
	return await atEachLatencyOf(
		async (latencyMs) => await startCognigyAiSandbox({ tls, latencyMs, requestsPer5Minutes: 0 }),
		async (sandbox, latencyMs) => await measureAgainst({ sandbox, latencyMs, n8n, setup, report }),
	);
}

interface Against {
	sandbox: CognigyAiSandbox;
	latencyMs: number;
	n8n: N8nPlace;
	setup: CognigyAiSetup;
	report: (line: string) => void;
}

async function measureAgainst({ sandbox, latencyMs, n8n, setup, report }: Against): Promise<CognigyAiResult> {
	const { client } = n8n;
	const { items, concurrency, rounds } = setup;
	const { apiUrl: apiBaseUrl, apiKey, projectId } = sandbox;
	const fields = { apiBaseUrl, apiKey, projectId, requestsPer5Minutes: 0 };
	const credential = await client.createCredential(`Cognigy.AI ${sandbox.port}`, 'cognigyAiApi', fields);
	const ours = await client.createWorkflow(
		workflowAround('Reset Session', sessions(items), cognigyAiNode(credential, sandbox, concurrency)),
	);
	const theirs = await client.createWorkflow(
		workflowAround('HTTP Request', sessions(items), ...httpRequestNodes(sandbox)),
	);
	const counted = async (round: () => Promise<number>): Promise<Measurement> => {
		sandbox.resetStats();
		const roundMs = await round();
		const { calls, connectionsOpened } = sandbox.stats();
		if (calls.resetContext !== items) throw new Error(`The service saw ${calls.resetContext} resets of ${items}.`);
		return { ms: roundMs, connections: connectionsOpened };
	};
	const resetSession = new Way('Reset Session', async () => await counted(() => timeInN8n(client, ours, { items })));
	const httpRequest = new Way(
		'HTTP Request nodes',
		async () => await counted(() => timeInN8n(client, theirs, { items, nodes: 2 })),
	);
	const title = `Cognigy.AI, ${latencyMs} ms latency`;
	await measureInTurn([resetSession, httpRequest], { rounds, title, report });
	return {
		what: 'cognigyAi',
		serverLatencyMs: latencyMs,
		resetSession: spreadOf(resetSession.times),
		httpRequestNodes: spreadOf(httpRequest.times),
		httpRequestToResetSession: ratios(httpRequest.times, resetSession.times),
		connections: { resetSession: resetSession.connections, httpRequestNodes: httpRequest.connections },
	};
}

export function cognigyAiText(results: CognigyAiResult[], { items, concurrency }: CognigyAiSetup): string {
	const tableText = table(
		{
			'Server latency': ({ serverLatencyMs }) => `${serverLatencyMs} ms`,
			'Reset Session': ({ resetSession }) => ms(resetSession),
			'HTTP Request nodes': ({ httpRequestNodes: spread }) => ms(spread),
			'HTTP Request / Reset Session': ({ httpRequestToResetSession }) => times(httpRequestToResetSession),
			'Connections (Reset Session / HTTP Request)': ({ connections }) =>
				`${connections.resetSession} / ${connections.httpRequestNodes}`,
		},
		results,
	);
	return `On Cognigy.AI a reset is plain HTTP, which n8n's HTTP Request node can do as well: ${items.toLocaleString('en')} contexts in the real n8n,
concurrency ${concurrency}, beside two HTTP Request nodes that make the same two calls for each (read which flow the endpoint
runs, reset to it).

${tableText}`;
}
