/** Our client without n8n: starts that are known by nothing, by their step, by a key, and starts that were made before. */
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';

import type { StartOptions, V1TriggerFlowInput } from '../../client';
import { clientOf } from '../clientOf';
import { readTask, serve } from '../loops/program';
import type { StartsTask, WayToStart } from './task';

const options: StartOptions = { timeoutSeconds: 30, retries: 3, auditInput: 'hash' };
const flow = { botId: 'order-status', flowId: 'main', input: 'Where is my order?', context: {}, sessionTtlMinutes: 30 };

async function main(): Promise<void> {
	const { count, concurrency, ...address } = readTask<StartsTask>();
	const client = clientOf(address);
	const start = async (input: Partial<V1TriggerFlowInput>, more: Partial<StartOptions> = {}) =>
		await client.triggerFlow({ ...flow, userId: 'customer', ...input }, { ...options, ...more });
	/** Those of the latest round with keys. */
	let keys: string[] = [];

	const ways: Record<WayToStart, (index: number) => Promise<unknown>> = {
		anew: async () => await start({}),
		step: async () => await start({}, { origin: randomUUID() }),
		key: async (index) => await start({ idempotencyKey: keys[index] ?? '' }),
		again: async (index) => await start({ idempotencyKey: keys[index] ?? '' }),
	};
	await serve(async (way) => {
		if (way === 'key') keys = Array.from({ length: count }, () => randomUUID());
		const indexes = Array.from({ length: count }, (_, index) => index);
		const startedAt = performance.now();
		await pMap(indexes, ways[way as WayToStart], { concurrency });
		return performance.now() - startedAt;
	});
}

void main();
