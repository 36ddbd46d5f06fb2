import { medianAndP95, table } from '../table';
import type { CognigyAiResult } from './cognigyAi';
import type { Deliveries } from './deliveries';
import type { LatencySetup } from './place';
import type { V1Result, WayResult } from './v1';

interface Row extends Deliveries {
	service: string;
	way: string;
	requestsPerMinute?: number;
	/** How many times as long as our trigger it takes. */
	ratio?: number;
}

export function messageLatencyText(
	v1: readonly V1Result[],
	cognigyAi: CognigyAiResult,
	{ sessions, messages }: LatencySetup,
): string {
	const rows = table(
		{
			Service: ({ service }: Row) => service,
			'Way into the workflow': ({ way }) => way,
			'Until it is in the workflow': ({ latencyMs }) => medianAndP95(latencyMs),
			'/ Stream Messages': ({ ratio }) => (ratio === undefined ? '' : `**${ratio.toFixed(1)}**`),
			'Requests/min': ({ requestsPerMinute }) =>
				requestsPerMinute === undefined ? '' : String(Math.round(requestsPerMinute)),
			Missed: ({ missed }) => String(missed),
			'Came again': ({ again }) => String(again),
		},
		[...v1.flatMap(rowsOfV1), ...rowsOfCognigyAi(cognigyAi)],
	);
	return `In a real n8n with all workflows active at the same time: from the moment the service has a message to the first node of
the workflow that has it; median (95th percentile) of ${messages} messages over TLS in ${sessions} sessions of each way. Messages come to all ways by
turns, at moments that have nothing to do with the schedule. The schedule runs each second, n8n's shortest interval. With v1
it asks all sessions in one workflow (HTTP Request, without waiting), or, with long polls (\`wait=true\`), each session in a workflow of its
own: as n8n begins an execution each second, so many of them wait side by side for each session. "Repeating": a service whose
answers begin with the last three messages of the answer before, which the contract allows. Requests are those of all ${sessions}
sessions of a way; no limit was set. Cognigy.AI pushes what the bot says, and has nothing to poll, so the trigger stands beside
socket.io-client in a process of its own, without n8n.

${rows}`;
}

function rowsOfV1({ serverLatencyMs, repeats, trigger, schedule, scheduledLongPolls }: V1Result): Row[] {
	const service = `v1, ${serverLatencyMs} ms latency${repeats ? ', repeating' : ''}`;
	const other = (way: string, result: WayResult): Row => ({
		service,
		way,
		...result,
		ratio: result.latencyMs.median / trigger.latencyMs.median,
	});
	return [
		{ service, way: 'Stream Messages', ...trigger },
		other('Schedule + HTTP Request', schedule),
		other('Schedule + HTTP Request, long polls', scheduledLongPolls),
	];
}

function rowsOfCognigyAi({ trigger, bareSocket }: CognigyAiResult): Row[] {
	const service = 'Cognigy.AI, pushed';
	return [
		{ service, way: 'Stream Messages', ...trigger },
		{ service, way: 'Bare socket, no workflow', ...bareSocket },
	];
}
