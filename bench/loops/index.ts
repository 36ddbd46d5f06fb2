import { startProgram, type ProgramOptions } from './child';

/** A loop in a process of its own; each round is asked for, so that rounds of several ways can alternate. */
export interface Loop {
	/** Does everything once. Resolves with the time it took, in ms. */
	round(): Promise<number>;
	stop(): Promise<void>;
}

/** @param options of a program that serves rounds with `serveRounds` */
export function startLoop<Task extends object>(options: ProgramOptions<Task>): Loop {
	const program = startProgram(options);
	return { round: async () => await program.ask<number>('round'), stop: async () => await program.stop() };
}
