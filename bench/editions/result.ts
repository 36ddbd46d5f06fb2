import { ratios, spreadOf, type Spread } from '../statistics';
import { ms, table, times } from '../table';
import type { Way } from '../way';

export type EditionWays = Record<'full' | 'cloud' | 'httpRequestNode', Way>;

/** Three ways to make the same starts over TLS, all in one n8n, against a service with this latency. Times in ms. */
export interface EditionsResult {
	service: string;
	serverLatencyMs: number;
	full: Spread;
	cloud: Spread;
	httpRequestNode: Spread;
	/** How many times as long the cloud edition takes as the full one. */
	cloudToFull: Spread;
	httpRequestToFull: Spread;
	httpRequestToCloud: Spread;
	/** Connections opened in the whole of a round, the most of all rounds. */
	connections: Record<keyof EditionWays, number>;
}

export function resultOf(service: string, serverLatencyMs: number, ways: EditionWays): EditionsResult {
	const { full, cloud, httpRequestNode } = ways;
	return {
		service,
		serverLatencyMs,
		full: spreadOf(full.times),
		cloud: spreadOf(cloud.times),
		httpRequestNode: spreadOf(httpRequestNode.times),
		cloudToFull: ratios(cloud.times, full.times),
		httpRequestToFull: ratios(httpRequestNode.times, full.times),
		httpRequestToCloud: ratios(httpRequestNode.times, cloud.times),
		connections: {
			full: full.connections,
			cloud: cloud.connections,
			httpRequestNode: httpRequestNode.connections,
		},
	};
}

export function tableOf(results: EditionsResult[]): string {
	return table(
		{
			Service: ({ service }) => service,
			'Server latency': ({ serverLatencyMs }) => `${serverLatencyMs} ms`,
			'Full edition': ({ full }) => ms(full),
			'Cloud edition': ({ cloud }) => ms(cloud),
			'HTTP Request node': ({ httpRequestNode }) => ms(httpRequestNode),
			'Cloud / full': ({ cloudToFull }) => times(cloudToFull),
			'HTTP Request / full': ({ httpRequestToFull }) => times(httpRequestToFull),
			'HTTP Request / cloud': ({ httpRequestToCloud }) => times(httpRequestToCloud),
			'Connections (full / cloud / HTTP Request)': ({ connections }) =>
				`${connections.full} / ${connections.cloud} / ${connections.httpRequestNode}`,
		},
		results,
	);
}
