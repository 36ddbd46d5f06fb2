/** What has been opened and must be closed again, whatever happens. */
export class CleanUp {
	readonly #closers: Array<readonly [name: string, close: () => Promise<unknown>]> = [];

	add(name: string, close: () => Promise<unknown>): void {
		this.#closers.push([name, close]);
	}

	/** Closes all, the last opened first. One that fails does not keep the others open. */
	async run(report: (line: string) => void): Promise<void> {
		for (const [name, close] of this.#closers.splice(0).reverse()) {
			await close().catch((error: unknown) => report(`${name} could not be closed: ${String(error)}`));
		}
	}
}
