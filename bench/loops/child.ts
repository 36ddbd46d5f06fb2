import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { compile } from './compile';

/** A program in a process of its own. */
export interface Program {
	/** Has it do something, one thing at a time. Resolves with its answer. */
	ask<Answer>(request: string): Promise<Answer>;
	stop(): Promise<void>;
}

export interface ProgramOptions<Task> {
	/** The file of the program, which answers with `serve`. */
	program: string;
	/** What the program gets from `readTask`. */
	task: Task;
	/** PEM file with the certificate authority of the service. */
	caFile: string;
}

export function startProgram<Task extends object>({ program, task, caFile }: ProgramOptions<Task>): Program {
	const child = spawn(process.execPath, [compile(program), JSON.stringify(task)], {
		env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		async ask<Answer>(request: string) {
			child.stdin.write(`${request}\n`);
			const { value, done } = await lines.next();
			if (done) throw new Error(`${program} has ended; its error stands above.`);
			return JSON.parse(value) as Answer;
		},
		async stop() {
			if (child.exitCode !== null || child.signalCode !== null) return;
			child.stdin.end();
			await once(child, 'exit');
		},
	};
}
