import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A loop of starts in a process of its own; each round is asked for, so that rounds of several ways can alternate. */
export interface Loop {
	/** Does all starts once. Resolves with the time it took, in ms. */
	round(): Promise<number>;
	stop(): Promise<void>;
}

export interface LoopOptions {
	/** `bareLoop`: axios and nothing else. `clientLoop`: our client. */
	program: 'bareLoop' | 'clientLoop';
	baseUrl: string;
	/** Starts in each round. */
	count: number;
	concurrency: number;
	/** PEM file with the certificate authority of the service. */
	caFile: string;
}

export function startLoop({ program, baseUrl, count, concurrency, caFile }: LoopOptions): Loop {
	const file = join(__dirname, `${program}.ts`);
	const child = spawn(process.execPath, ['--import', 'tsx', file, baseUrl, String(count), String(concurrency)], {
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
