import * as z from 'zod/v4';
import WebSocket from 'ws';

const targetsSchema = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const answerSchema = z.object({ id: z.number(), result: z.object({ usedSize: z.number().optional() }).optional() });

/**
 * How much of its heap a Node process uses, in bytes, after its garbage was collected.
 * @param port of its inspector: it was started with `--inspect`
 */
export async function heapOf(port: number): Promise<number> {
	const response = await fetch(`http://127.0.0.1:${port}/json/list`);
	const [target] = targetsSchema.parse(await response.json());
	const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
	await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
	let calls = 0;
	const ask = async (method: string): Promise<number | undefined> => {
		const id = ++calls;
		socket.send(JSON.stringify({ id, method }));
		return await new Promise((resolve) => {
			socket.on('message', (data: Buffer) => {
				const answer = answerSchema.safeParse(JSON.parse(data.toString()));
				if (answer.data?.id === id) resolve(answer.data.result?.usedSize);
			});
		});
	};
	try {
		// What the first one leaves to finalizers, the second takes.
		for (let time = 0; time < 2; time++) await ask('HeapProfiler.collectGarbage');
		return (await ask('Runtime.getHeapUsage')) ?? NaN;
	} finally {
		socket.terminate();
	}
}
