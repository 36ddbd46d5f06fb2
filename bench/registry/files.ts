import { open, rename, writeFile, type FileHandle } from 'node:fs/promises';

import type { NewSession } from '../../client/registry/sessionRegistry';
import { newSession } from './place';

/** A file to which a line is added for each session, and which is on the disk before the start is sent. */
export class LinesFile {
	private constructor(private readonly handle: FileHandle) {}

	static async make(file: string): Promise<LinesFile> {
		return new LinesFile(await open(file, 'a'));
	}

	async record(): Promise<void> {
		await this.handle.write(`${JSON.stringify(newSession())}\n`);
		await this.handle.datasync();
	}

	async close(): Promise<void> {
		await this.handle.close();
	}
}

/** All sessions in one file, as JSON, which is replaced by a new one whenever one is added. */
export class JsonFile {
	readonly #sessions: NewSession[];

	constructor(
		private readonly file: string,
		count: number,
	) {
		this.#sessions = Array.from({ length: count }, () => newSession());
	}

	async record(): Promise<void> {
		this.#sessions.push(newSession());
		await writeFile(`${this.file}.new`, JSON.stringify(this.#sessions));
		await rename(`${this.file}.new`, this.file);
	}
}
