import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const answerSchema = z.object({
	heapUsed: z.number(),
	external: z.number(),
	resources: z.record(z.number()),
});

/** What n8n's process needs, measured after a garbage collection. */
export type ProbeAnswer = z.infer<typeof answerSchema>;

/** Asks an n8n that was started with the probe in it. */
export class Probe {
	readonly #socketFile: string;

	/** @param folder for a file of its own */
	constructor(folder: string) {
		this.#socketFile = join(folder, 'probe.sock');
	}

	/** What n8n must be started with. */
	get environment(): Record<string, string> {
		return { NODE_OPTIONS: `--require=${join(__dirname, 'n8nProbe.cjs')}`, SOAK_PROBE: this.#socketFile };
	}

	/** @param snapshotFile where a heap snapshot is to be written to; missing: none is */
	async ask(snapshotFile = ''): Promise<ProbeAnswer> {
		const socket = connect(this.#socketFile);
		socket.write(`${snapshotFile}\n`);
		return answerSchema.parse(JSON.parse(await text(socket)));
	}
}
