import { join } from 'node:path';

import type { N8nServer } from '../../n8n-host';
import { sampleOf, type Sample, type Watched } from './course';
import { pause } from './pause';

/** How long it may take until it shows that a process has ended, in ms. */
const EXIT_SHOWS_MS = 2_000;

/** Takes samples of an n8n while it works. */
export class Watcher {
	/** The oldest first. */
	readonly samples: Sample[] = [];
	#hasN8nEnded = false;
	readonly #beganAt = Date.now();

	/** @param snapshotFolder for heap snapshots; missing: none are written */
	constructor(
		private readonly watched: Watched,
		private readonly n8n: N8nServer,
		private readonly snapshotFolder?: string,
	) {
		void n8n.exited.then(() => (this.#hasN8nEnded = true));
	}

	get hasN8nEnded(): boolean {
		return this.#hasN8nEnded;
	}

	/** @returns undefined when n8n has ended */
	async now(): Promise<Sample | undefined> {
		try {
			return await sampleOf(this.watched, Math.round((Date.now() - this.#beganAt) / 1000));
		} catch (error) {
			// There is nothing to measure of an n8n that has ended, which shows a moment later.
			await Promise.race([this.n8n.exited, pause(EXIT_SHOWS_MS)]);
			if (!this.#hasN8nEnded) throw error;
			return undefined;
		}
	}

	async takeSample(): Promise<void> {
		const sample = await this.now();
		if (sample) this.samples.push(sample);
	}

	/** @param name of the file, without its ending */
	async takeSnapshot(name: string): Promise<void> {
		if (this.snapshotFolder === undefined || this.#hasN8nEnded) return;
		await this.watched.probe.ask(join(this.snapshotFolder, `${name}.heapsnapshot`));
	}

	/** One line. */
	get summary(): string {
		const { heapMb, rssMb, handles, connections } = this.samples.at(-1) ?? {};
		return `heap ${heapMb?.toFixed(0)} MB, memory ${rssMb?.toFixed(0)} MB, ${handles} handles, ${connections} connections`;
	}
}
