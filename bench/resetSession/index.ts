import { join } from 'node:path';

import type { Sandbox } from '../../sandbox';
import type { Bench, RoundsSetup } from '../bench';
import { demoUser } from '../demoUser';
import { startLoop, type Loop } from '../loops';
import { withN8n, type N8nPlace } from '../n8n/withN8n';
import { timeInN8n, workflowAround } from '../n8n/workflow';
import { atEachLatency, withWorkplace } from '../service';
import { measureInTurn, Way, type Measurement } from '../way';
import { cognigyAiText, measureCognigyAi, type CognigyAiSetup } from './cognigyAi';
import { sessions, v1Node } from './nodes';
import { resultOf, tableOf, type ResetSessionResult, type ResetWay } from './result';
import type { ResetsTask } from './task';

type Setup = RoundsSetup & {
	/** Resets in a round of the way that makes one after the other: it takes long, and rates are compared. */
	itemsInSequence: number;
	cognigyAi: CognigyAiSetup;
};

/** Reset Session in a real n8n and our client with its pool, beside one connection per reset, and beside a bare pool. */
export const resetSession: Bench = {
	name: 'reset-session',
	async run({ quick, report }) {
		const setup: Setup = {
			items: quick ? 200 : 1000,
			itemsInSequence: quick ? 20 : 100,
			concurrency: 10,
			rounds: quick ? 2 : 9,
			cognigyAi: { items: quick ? 200 : 1000, concurrency: 50, rounds: quick ? 2 : 9 },
		};
		const { items, itemsInSequence, concurrency, rounds } = setup;
		report(
			`Reset Session with its check: ${items} sessions over TLS (${itemsInSequence} one after the other), ` +
				`concurrency ${concurrency}, median of ${rounds} rounds`,
		);
		return await withWorkplace(async (workplace) => {
			const { tls, caFile } = workplace;
			return await withN8n(workplace, async (n8n) => {
				const v1 = await atEachLatency(
					tls,
					async (sandbox, latencyMs) => await benchAgainst({ sandbox, latencyMs, n8n, caFile, setup, report }),
				);
				const cognigyAi = await measureCognigyAi(tls, n8n, setup.cognigyAi, report);
				const text = `${tableOf(v1)}\n\n${cognigyAiText(cognigyAi, setup.cognigyAi)}`;
				return { setup, results: [...v1, ...cognigyAi], text };
			});
		});
	},
};

interface Against {
	sandbox: Sandbox;
	latencyMs: number;
	n8n: N8nPlace;
	caFile: string;
	setup: Setup;
	report: (line: string) => void;
}

async function benchAgainst({
	sandbox,
	latencyMs,
	n8n: { client },
	caFile,
	setup,
	report,
}: Against): Promise<ResetSessionResult> {
	const { items, itemsInSequence, concurrency, rounds } = setup;
	const { url: baseUrl, webSocketUrl, tenantId } = sandbox;
	const fields = { baseUrl, webSocketUrl, tenantId, ...demoUser, requestsPerMinute: 0 };
	const credential = await client.createCredential(`Sandbox ${sandbox.port}`, 'cognigyApi', fields);
	const workflow = await client.createWorkflow(
		workflowAround('Reset Session', sessions(items), v1Node(credential, concurrency)),
	);
	const loops: Loop[] = [];
	const start = (label: string, program: string, count: number, atATime: number): ResetWay => {
		const task: ResetsTask = { baseUrl, webSocketUrl, tenantId, count, concurrency: atATime };
		const loop = startLoop({ program: join(__dirname, program), task, caFile });
		loops.push(loop);
		return { way: new Way(label, async () => await measure(() => loop.round(), sandbox, count)), resets: count };
	};
	try {
		const ways = {
			node: {
				way: new Way(
					'Reset Session',
					async () => await measure(() => timeInN8n(client, workflow, { items }), sandbox, items),
				),
				resets: items,
			},
			barePool: start('bare pool', 'barePool.ts', items, concurrency),
			pool: start('pool', 'clientPool.ts', items, concurrency),
			perReset: start('connection per reset', 'connectionPerReset.ts', items, concurrency),
			perResetInSequence: start('one after the other', 'connectionPerReset.ts', itemsInSequence, 1),
		};
		const inTurn = Object.values(ways).map(({ way }) => way);
		await measureInTurn(inTurn, { rounds, title: `${latencyMs} ms latency`, report });
		return resultOf(latencyMs, ways);
	} finally {
		await Promise.all(loops.map((loop) => loop.stop()));
	}
}

/** One round, in which the service must have seen all that is to be done. */
async function measure(round: () => Promise<number>, sandbox: Sandbox, count: number): Promise<Measurement> {
	sandbox.resetStats();
	const ms = await round();
	const { resets, stateChecks, channel } = sandbox.stats();
	if (resets !== count || stateChecks !== count) {
		throw new Error(`The service saw ${resets} resets and ${stateChecks} checks of ${count} each.`);
	}
	return { ms, connections: channel.opened };
}
