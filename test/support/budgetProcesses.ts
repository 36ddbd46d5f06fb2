import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { CallKind } from '../../client/budget/rateBudget';
import type { WorkerOrder, WorkerReport, WorkerSetup } from './budgetWorker';

const root = join(__dirname, '..', '..');

/** Bundles a worker of `test/support` as the package is bundled (gulpfile.js), so that this is tried too. @returns its file */
export async function bundleWorker(name: string, folder: string): Promise<string> {
	const file = join(folder, `${name}.js`);
	const options = [
		'--bundle',
		'--platform=node',
		'--format=cjs',
		'--target=node20',
		'--supported:dynamic-import=false',
	];
	const source = join(root, 'test', 'support', `${name}.ts`);
	await promisify(execFile)(join(root, 'node_modules', '.bin', 'esbuild'), [source, ...options, `--outfile=${file}`]);
	return file;
}

const running = new Set<ChildProcess>();

/** Starts a bundled worker; `endWorkers` ends it. */
export function startWorker(worker: string, setup: unknown): ChildProcess {
	const child = fork(worker, [JSON.stringify(setup)], { execArgv: [] });
	running.add(child);
	child.once('exit', () => running.delete(child));
	return child;
}

/** For `afterEach`: ends the workers that still run. */
export async function endWorkers(): Promise<void> {
	await Promise.all([...running].map(endWorker));
}

export async function endWorker(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, 'exit');
	child.kill('SIGKILL');
	await ended;
}

/** One process that takes from a budget. */
export class BudgetProcess {
	readonly sent: Array<{ kind: CallKind; sentAt: number }> = [];
	readonly warnings: string[] = [];
	readonly ready: Promise<void>;
	readonly #child: ChildProcess;
	readonly #watchers = new Set<() => void>();

	constructor(worker: string, setup: WorkerSetup) {
		this.#child = startWorker(worker, setup);
		this.ready = new Promise((resolve) => {
			this.#child.on('message', (report: WorkerReport) => {
				if ('isReady' in report) resolve();
				else if ('warning' in report) this.warnings.push(report.warning);
				else this.sent.push(report);
				for (const watcher of this.#watchers) watcher();
			});
		});
	}

	take(...kinds: CallKind[]): void {
		this.#child.send({ take: kinds } satisfies WorkerOrder, () => {});
	}

	/** Resolves once so many requests, or more, were sent. */
	async hasSent(count: number): Promise<void> {
		await new Promise<void>((resolve) => {
			const check = () => {
				if (this.sent.length < count) return;
				this.#watchers.delete(check);
				resolve();
			};
			this.#watchers.add(check);
			check();
		});
	}

	/** Lets it come to its end by itself. */
	async leave(): Promise<void> {
		const ended = once(this.#child, 'exit');
		this.#child.disconnect();
		await ended;
	}

	async kill(): Promise<void> {
		await endWorker(this.#child);
	}
}

/** When they sent, all together, in ms, in order. */
export function sendTimes(processes: readonly BudgetProcess[], kind?: CallKind): number[] {
	return processes
		.flatMap(({ sent }) => sent)
		.filter((request) => !kind || request.kind === kind)
		.map(({ sentAt }) => sentAt)
		.sort((a, b) => a - b);
}
