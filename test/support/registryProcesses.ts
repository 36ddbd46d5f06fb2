import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { SessionRegistry } from '../../client/registry/sessionRegistry';
import type { RegistryMethod, WorkerAnswer, WorkerCall } from './registryWorker';

const root = join(__dirname, '..', '..');

/** Bundles the worker as the package is bundled (gulpfile.js), so that this is tried too. @returns its file */
export async function bundleRegistryWorker(folder: string): Promise<string> {
	const file = join(folder, 'worker.js');
	const options = [
		'--bundle',
		'--platform=node',
		'--format=cjs',
		'--target=node20',
		'--supported:dynamic-import=false',
	];
	const source = join(root, 'test', 'support', 'registryWorker.ts');
	await promisify(execFile)(join(root, 'node_modules', '.bin', 'esbuild'), [source, ...options, `--outfile=${file}`]);
	return file;
}

/** One of several who use the same registry at once. */
export interface RegistryUser {
	/** @throws what the method threw; also when the user is killed before it answers */
	call<Method extends RegistryMethod>(
		method: Method,
		...args: Parameters<SessionRegistry[Method]>
	): Promise<Awaited<ReturnType<SessionRegistry[Method]>>>;
	/** It does nothing more. */
	kill(): Promise<void>;
}

/** A user in this process: what several of them do takes turns, as it does with processes. */
export class RegistryHandle implements RegistryUser {
	constructor(private readonly opening: Promise<SessionRegistry>) {}

	async call<Method extends RegistryMethod>(
		method: Method,
		...args: Parameters<SessionRegistry[Method]>
	): Promise<Awaited<ReturnType<SessionRegistry[Method]>>> {
		const registry = await this.opening;
		await nextTurn();
		const call = registry[method] as (...values: unknown[]) => ReturnType<SessionRegistry[Method]>;
		const result = await call.apply(registry, args);
		await nextTurn();
		return result;
	}

	async kill(): Promise<void> {
		await (await this.opening).close();
	}
}

/** Calls of a registry in another process. */
export class RegistryProcess implements RegistryUser {
	readonly #child: ChildProcess;
	readonly #ended: Promise<unknown>;
	readonly #waiting = new Map<number, (answer: WorkerAnswer) => void>();
	#lastId = 0;

	/** @param place the file of the registry, the URL of its Redis, or `memory` */
	constructor(worker: string, place: string, node?: string) {
		this.#child = fork(worker, [place], { execPath: node ?? process.execPath, execArgv: [] });
		this.#ended = once(this.#child, 'exit');
		this.#child.on('message', (answer: WorkerAnswer) => {
			this.#waiting.get(answer.id)?.(answer);
			this.#waiting.delete(answer.id);
		});
		this.#child.once('exit', () => {
			for (const [id, resolve] of this.#waiting) resolve({ id, error: 'the process ended' });
		});
	}

	/** @throws what the method threw, as text; also when the process ends before it answers */
	async call<Method extends RegistryMethod>(
		method: Method,
		...args: Parameters<SessionRegistry[Method]>
	): Promise<Awaited<ReturnType<SessionRegistry[Method]>>> {
		const id = ++this.#lastId;
		const answer = await new Promise<WorkerAnswer>((resolve) => {
			this.#waiting.set(id, resolve);
			// A process that was killed takes no more; its end answers.
			this.#child.send({ id, method, args } satisfies WorkerCall, () => {});
		});
		if (answer.error !== undefined) throw new Error(answer.error);
		return answer.result as Awaited<ReturnType<SessionRegistry[Method]>>;
	}

	/** kill -9 */
	async kill(): Promise<void> {
		this.#child.kill('SIGKILL');
		await this.#ended;
	}
}
