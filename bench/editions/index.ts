import { cloudEditionFolder, projectFolder, type N8nClient, type StoredWorkflow } from '../../n8n-host';
import { startCognigyAiSandbox } from '../../sandbox';
import type { Bench, RoundsSetup } from '../bench';
import { withN8n } from '../n8n/withN8n';
import { timeInN8n, workflowAround, type MeasuredNode } from '../n8n/workflow';
import { atEachLatency, atEachLatencyOf, withWorkplace } from '../service';
import { customers } from '../triggerFlow/nodes';
import { measureInTurn, Way } from '../way';
import { cognigyAiStarts, v1Starts, type Starts } from './nodes';
import { resultOf, tableOf, type EditionsResult } from './result';

/** Trigger Flow of both editions beside n8n's HTTP Request node, all in one real n8n. */
export const editions: Bench = {
	name: 'editions',
	async run({ quick, report }) {
		const setup = { items: quick ? 200 : 1000, concurrency: 50, rounds: quick ? 2 : 9 };
		const { items, concurrency, rounds } = setup;
		report(`Editions: ${items} starts over TLS, concurrency ${concurrency}, median of ${rounds} rounds`);
		const results = await withWorkplace(async (workplace) => {
			const { tls } = workplace;
			const measureBoth = async (client: N8nClient): Promise<EditionsResult[]> => [
				...(await atEachLatency(tls, async (sandbox, latencyMs) => {
					return await measure(client, await v1Starts(client, sandbox, concurrency), latencyMs, setup, report);
				})),
				...(await atEachLatencyOf(
					async (latencyMs) => await startCognigyAiSandbox({ tls, latencyMs, requestsPer5Minutes: 0 }),
					async (sandbox, latencyMs) => {
						return await measure(client, await cognigyAiStarts(client, sandbox, concurrency), latencyMs, setup, report);
					},
				)),
			];
			const packages = [projectFolder, cloudEditionFolder];
			return await withN8n(workplace, async ({ client }) => await measureBoth(client), {}, packages);
		});
		return { setup, results, text: tableOf(results) };
	},
};

async function measure(
	client: N8nClient,
	{ service, nodes, counts, resetCounts }: Starts,
	latencyMs: number,
	{ items, rounds }: RoundsSetup,
	report: (line: string) => void,
): Promise<EditionsResult> {
	const way = async (label: string, node: MeasuredNode): Promise<Way> => {
		const workflow: StoredWorkflow = await client.createWorkflow(workflowAround(label, customers(items), node));
		return new Way(label, async () => {
			resetCounts();
			const ms = await timeInN8n(client, workflow, { items });
			const { started, connections } = counts();
			if (started !== items) throw new Error(`${label}: ${started} of ${items} flows were started.`);
			return { ms, connections };
		});
	};
	const ways = {
		full: await way('full edition', nodes.full),
		cloud: await way('cloud edition', nodes.cloud),
		httpRequestNode: await way('HTTP Request', nodes.httpRequestNode),
	};
	await measureInTurn(Object.values(ways), { rounds, title: `${service}, ${latencyMs} ms latency`, report });
	return resultOf(service, latencyMs, ways);
}
