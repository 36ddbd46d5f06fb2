import type { Bench } from '../bench';
import { withWorkplace } from '../service';
import { latencyText, measureLatency, type LatencySetup } from './latency';
import { measureMemory, type MemorySetup } from './memory';
import { memoryText } from './memoryText';

/** How long is watched, as a share of the time for the most sessions. */
const sizes = [
	{ sessions: 1, share: 0.25 },
	{ sessions: 10, share: 0.25 },
	{ sessions: 100, share: 0.5 },
	{ sessions: 1000, share: 1 },
];
const QUICK_SESSIONS = 10;

/** How soon messages are delivered, and what it takes to follow few and many sessions. */
export const streamMessages: Bench = {
	name: 'stream-messages',
	async run({ quick, minutes, report }) {
		const latency: LatencySetup = { sessions: 10, messages: quick ? 20 : 500 };
		const memory: MemorySetup = {
			sizes: sizes
				.filter(({ sessions }) => !quick || sessions <= QUICK_SESSIONS)
				.map(({ sessions, share }) => ({ sessions, minutes: quick ? minutes : minutes * share })),
			// Longer than the service holds a poll open.
			warmUpSeconds: quick ? 1 : 25,
		};
		return await withWorkplace(async (workplace) => {
			report(`Stream Messages: ${latency.messages} messages over TLS in ${latency.sessions} sessions`);
			const latencies = await measureLatency(workplace, latency, report);
			report('Stream Messages: memory and processor, over TLS');
			const memories = await measureMemory(workplace, memory, report);
			return {
				setup: { latency, memory },
				results: [...latencies, ...memories],
				text: `${latencyText(latencies, latency)}\n\n${memoryText(memories)}`,
			};
		});
	},
};
