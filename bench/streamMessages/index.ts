import type { Bench } from '../bench';
import { withWorkplace } from '../service';
import { latencyText, measureLatency, type LatencySetup } from './latency';
import { measureMemory, memoryText, type MemorySetup } from './memory';

/** How soon messages are handed over, and what it takes to follow many sessions. */
export const streamMessages: Bench = {
	name: 'stream-messages',
	async run({ quick, minutes, report }) {
		const latency: LatencySetup = { sessions: 10, messages: quick ? 20 : 500 };
		const memory: MemorySetup = { sessions: quick ? 100 : 1000, minutes, warmUpSeconds: quick ? 1 : 30 };
		return await withWorkplace(async (workplace) => {
			report(`Stream Messages: ${latency.messages} messages over TLS in ${latency.sessions} sessions`);
			const latencies = await measureLatency(workplace, latency, report);
			report(`Stream Messages: ${memory.sessions} sessions over TLS, ${memory.minutes} minutes each`);
			const memories = await measureMemory(workplace, memory, report);
			return {
				setup: { latency, memory },
				results: [...latencies, ...memories],
				text: `${latencyText(latencies, latency)}\n\n${memoryText(memories, memory)}`,
			};
		});
	},
};
