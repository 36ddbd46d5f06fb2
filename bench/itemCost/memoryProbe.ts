/** Runs inside n8n's own process, and tells over a socket what its memory is. */
import { createServer } from 'node:http';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { PROBE_SOCKET, type ProbeAnswer } from './probe';

const SAMPLE_EVERY_MS = 10;

const usedNow = () => {
	const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
	return heap + external;
};

const socket = process.env[PROBE_SOCKET];
// n8n's own helper processes do not get this variable.
if (socket !== undefined) {
	setFlagsFromString('--expose-gc');
	const collect: unknown = runInNewContext('gc');
	let peak = 0;
	setInterval(() => (peak = Math.max(peak, usedNow())), SAMPLE_EVERY_MS).unref();
	const server = createServer((_request, response) => {
		const answer: ProbeAnswer = { peakBytes: Math.max(peak, usedNow()), neededBytes: 0 };
		if (typeof collect === 'function') collect();
		peak = 0;
		response.end(JSON.stringify({ ...answer, neededBytes: usedNow() } satisfies ProbeAnswer));
	});
	server.listen(socket).unref();
}
