import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The environment variable that says where the probe listens. */
export const PROBE_SOCKET = 'BENCH_PROBE_SOCKET';

/** Memory of JavaScript, on its heap and beside it. */
export interface ProbeAnswer {
	/** The most since the last question, with the garbage that was lying around. */
	peakBytes: number;
	/** What is left when the garbage is gone. */
	neededBytes: number;
}

/** Asks the probe in n8n, which collects the garbage before it answers. */
export async function askProbe(socketPath: string): Promise<ProbeAnswer> {
	const answer = await new Promise<string>((resolve, reject) => {
		request({ socketPath }, (response) => void text(response).then(resolve, reject))
			.once('error', reject)
			.end();
	});
	return JSON.parse(answer) as ProbeAnswer;
}
