import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A loop in a process of its own; each round is asked for, so that rounds of several ways can alternate. */
export interface Loop {
	/** Does everything once. Resolves with the time it took, in ms. */
	round(): Promise<number>;
	stop(): Promise<void>;
}

export interface LoopOptions<Task> {
	/** The file of the program, which serves rounds with `serveRounds`. */
	program: string;
	/** What the program gets from `readTask`. */
	task: Task;
	/** PEM file with the certificate authority of the service. */
	caFile: string;
}

export function startLoop<Task extends object>({ program, task, caFile }: LoopOptions<Task>): Loop {
	const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(task)], {
		env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		async round() {
			child.stdin.write('round\n');
			const { value, done } = await lines.next();
			if (done) throw new Error(`${program} has ended; its error stands above.`);
			return Number(value);
		},
		async stop() {
			if (child.exitCode !== null) return;
			child.stdin.end();
			await once(child, 'exit');
		},
	};
}
