import { ratios, spreadOf, type Spread } from '../statistics';
import { perSecond, table, times } from '../table';
import type { Way } from '../way';

/** Five ways to reset sessions and check each, over TLS against a service with this latency. */
export interface ResetSessionResult {
	serverLatencyMs: number;
	/** The node in a real n8n. */
	node: WayResult;
	/** Our client with the pool of an execution. */
	pool: WayResult;
	/** A bare connection for each reset, as many at a time as in the pool. */
	perReset: WayResult;
	/** A bare connection for each reset, one after the other. */
	perResetInSequence: WayResult;
	/** Bare connections, kept. */
	barePool: WayResult;
	/** How many times as many resets per second `pool` does as `perReset`. */
	poolToPerReset: Spread;
	/** How many times as many resets per second `pool` does as `perResetInSequence`. */
	poolToPerResetInSequence: Spread;
	/** How many times as many resets per second `barePool` does as `pool`. */
	barePoolToPool: Spread;
	/** How many times as many resets per second `node` does as `perReset`, which runs without n8n around it. */
	nodeToPerReset: Spread;
	/** How many times as many resets per second `pool` does as `node`. */
	poolToNode: Spread;
}

interface WayResult {
	resetsPerSecond: Spread;
	/** In each round. */
	resets: number;
	/** Connections opened in the whole of a round, the most of all rounds. */
	connections: number;
}

export interface ResetWay {
	way: Way;
	/** In each round. */
	resets: number;
}

export type ResetWays = Record<'node' | 'pool' | 'perReset' | 'perResetInSequence' | 'barePool', ResetWay>;

export function resultOf(
	serverLatencyMs: number,
	{ node, pool, perReset, perResetInSequence, barePool }: ResetWays,
): ResetSessionResult {
	return {
		serverLatencyMs,
		node: wayResult(node),
		pool: wayResult(pool),
		perReset: wayResult(perReset),
		perResetInSequence: wayResult(perResetInSequence),
		barePool: wayResult(barePool),
		poolToPerReset: ratios(ratesOf(pool), ratesOf(perReset)),
		poolToPerResetInSequence: ratios(ratesOf(pool), ratesOf(perResetInSequence)),
		barePoolToPool: ratios(ratesOf(barePool), ratesOf(pool)),
		nodeToPerReset: ratios(ratesOf(node), ratesOf(perReset)),
		poolToNode: ratios(ratesOf(pool), ratesOf(node)),
	};
}

function wayResult(resetWay: ResetWay): WayResult {
	const { way, resets } = resetWay;
	return { resetsPerSecond: spreadOf(ratesOf(resetWay)), resets, connections: way.connections };
}

/** Resets per second of each round. */
function ratesOf({ way, resets }: ResetWay): number[] {
	return way.times.map((timeMs) => resets / (timeMs / 1000));
}

export function tableOf(results: ResetSessionResult[]): string {
	return table(
		{
			'Server latency': ({ serverLatencyMs }) => `${serverLatencyMs} ms`,
			'Reset Session in n8n': ({ node }) => perSecond(node.resetsPerSecond),
			Pool: ({ pool }) => perSecond(pool.resetsPerSecond),
			'Connection per reset, as many at a time': ({ perReset }) => perSecond(perReset.resetsPerSecond),
			'Connection per reset, one after the other': ({ perResetInSequence }) =>
				perSecond(perResetInSequence.resetsPerSecond),
			'Bare pool': ({ barePool }) => perSecond(barePool.resetsPerSecond),
			'Reset Session / as many at a time': ({ nodeToPerReset }) => times(nodeToPerReset),
			'Pool / Reset Session': ({ poolToNode }) => times(poolToNode),
			'Pool / as many at a time': ({ poolToPerReset }) => times(poolToPerReset),
			'Pool / one after the other': ({ poolToPerResetInSequence }) => times(poolToPerResetInSequence),
			'Bare pool / pool': ({ barePoolToPool }) => times(barePoolToPool),
			'Connections / resets in a round, in this order': ({ node, pool, perReset, perResetInSequence, barePool }) =>
				[node, pool, perReset, perResetInSequence, barePool]
					.map(({ connections, resets }) => `${connections} / ${resets}`)
					.join(', '),
		},
		results,
	);
}
