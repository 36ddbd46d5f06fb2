import { ratios, spreadOf, type Spread } from '../statistics';
import { ms, table, times } from '../table';
import type { Way } from '../way';

/** Four ways to do the same starts over TLS against a service with this latency. Times in ms. */
export interface TriggerFlowResult {
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

export type TriggerFlowWays = Record<'triggerFlow' | 'httpRequestNode' | 'clientLoop' | 'bareLoop', Way>;

export function resultOf(
	serverLatencyMs: number,
	{ triggerFlow, httpRequestNode, clientLoop, bareLoop }: TriggerFlowWays,
): TriggerFlowResult {
	return {
		serverLatencyMs,
		triggerFlow: spreadOf(triggerFlow.times),
		httpRequestNode: spreadOf(httpRequestNode.times),
		clientLoop: spreadOf(clientLoop.times),
		bareLoop: spreadOf(bareLoop.times),
		httpRequestToTriggerFlow: ratios(httpRequestNode.times, triggerFlow.times),
		triggerFlowToBareLoop: ratios(triggerFlow.times, bareLoop.times),
		clientToBareLoop: ratios(clientLoop.times, bareLoop.times),
		connections: { triggerFlow: triggerFlow.connections, httpRequestNode: httpRequestNode.connections },
	};
}

export function tableOf(results: TriggerFlowResult[]): string {
	return table(
		{
			'Server latency': ({ serverLatencyMs }) => `${serverLatencyMs} ms`,
			'Trigger Flow': ({ triggerFlow }) => ms(triggerFlow),
			'HTTP Request node': ({ httpRequestNode }) => ms(httpRequestNode),
			'Client alone': ({ clientLoop }) => ms(clientLoop),
			'Bare HTTP/2 loop': ({ bareLoop }) => ms(bareLoop),
			'HTTP Request / Trigger Flow': ({ httpRequestToTriggerFlow }) => times(httpRequestToTriggerFlow),
			'Trigger Flow / bare loop': ({ triggerFlowToBareLoop }) => times(triggerFlowToBareLoop),
			'Client alone / bare loop': ({ clientToBareLoop }) => times(clientToBareLoop),
			'Connections (Trigger Flow / HTTP Request)': ({ connections }) =>
				`${connections.triggerFlow} / ${connections.httpRequestNode}`,
		},
		results,
	);
}
