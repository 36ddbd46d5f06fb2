import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Waits on a pipe that only our process holds open. A line means that all is well and over. An end without a line means
 * that our process is gone, however it went (SIGKILL too), so the group that it started is ended.
 * Arguments: the group, and how often to look, every half second, whether it has ended in peace.
 */
const guardScript = `
read -r line && exit 0
patience=$2
[ "$patience" -gt 0 ] && kill -s TERM -- "-$1" 2>/dev/null
while [ "$patience" -gt 0 ]; do
	sleep 0.5
	kill -s 0 -- "-$1" 2>/dev/null || exit 0
	patience=$((patience - 1))
done
kill -s KILL -- "-$1" 2>/dev/null
`;

export interface GuardOptions extends SpawnOptions {
	/** How long the program may take to end when our process is gone, in seconds. */
	readonly graceSeconds: number;
}

/**
 * Starts a program as the leader of a process group of its own (Ctrl-C in the terminal does not reach it) that cannot
 * outlive this process, and whose own children cannot outlive it. Does not keep this process alive.
 */
export function spawnGuarded(
	command: string,
	args: readonly string[],
	{ graceSeconds, ...options }: GuardOptions,
): ChildProcess {
	const child = spawn(command, args, { ...options, detached: true });
	child.unref();
	const group = child.pid;
	if (group === undefined) return child; // the program could not be started; the child emits why

	const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', String(group), String(graceSeconds * 2)], {
		stdio: ['pipe', 'ignore', 'ignore'],
		detached: true,
	});
	guard.unref();
	const pipe = guard.stdin as Socket; // a pipe of a child process is a socket; only the type does not say so
	pipe.unref();
	pipe.on('error', () => {}); // the guard was ended by somebody else: there is nobody left to tell
	child.once('exit', () => {
		signalGroup(group, 'SIGKILL');
		pipe.end('over\n');
	});
	return child;
}

/** What the system says of a group that is gone: ESRCH, or on macOS EPERM while nobody has asked for its exit code. */
const gone = new Set(['ESRCH', 'EPERM']);

/** Sends a signal to a process group; a group that is gone already is fine. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-group, signal);
	} catch (error) {
		if (!gone.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
	}
}
