import type { Bench } from '../bench';
import { withN8n } from '../n8n/withN8n';
import { withWorkplace } from '../service';
import { medianAndP95 } from '../table';
import { measureCognigyAi } from './cognigyAi';
import type { Deliveries } from './deliveries';
import type { LatencySetup } from './place';
import { Receiver } from './receiver';
import { messageLatencyText } from './result';
import { measureV1, type ServiceTraits, type V1Result } from './v1';

const services: ServiceTraits[] = [
	{ serverLatencyMs: 0, repeats: false },
	{ serverLatencyMs: 20, repeats: false },
	{ serverLatencyMs: 0, repeats: true },
];

/** How soon a workflow has a message, in the real n8n: Stream Messages Trigger beside Schedule with HTTP Request. */
export const messageLatency: Bench = {
	name: 'message-latency',
	async run({ quick, report }) {
		const setup: LatencySetup = quick
			? { sessions: 2, messages: 5, warmUpMessages: 2 }
			: { sessions: 5, messages: 150, warmUpMessages: 80 };
		report(`Message latency in n8n: ${setup.messages} messages over TLS in ${setup.sessions} sessions of each way`);
		const receiver = await Receiver.start();
		try {
			return await withWorkplace(
				async (workplace) =>
					await withN8n(workplace, async (n8nPlace) => {
						const place = { ...n8nPlace, workplace, receiver, setup };
						const v1: V1Result[] = [];
						for (const traits of services.filter(({ serverLatencyMs }) => !quick || serverLatencyMs === 0)) {
							const result = await measureV1(place, traits);
							const { trigger, schedule, scheduledLongPolls } = result;
							report(
								`  v1, ${traits.serverLatencyMs} ms: ${told(trigger)}, schedule ${told(schedule)}, long polls ${told(scheduledLongPolls)}`,
							);
							v1.push(result);
						}
						const cognigyAi = await measureCognigyAi(place);
						report(`  Cognigy.AI: ${told(cognigyAi.trigger)}, bare socket ${told(cognigyAi.bareSocket)}`);
						return { setup, results: [...v1, cognigyAi], text: messageLatencyText(v1, cognigyAi, setup) };
					}),
			);
		} finally {
			await receiver.close();
		}
	},
};

function told({ latencyMs, missed, again }: Deliveries): string {
	return `${medianAndP95(latencyMs)}, ${missed} missed, ${again} again`;
}
