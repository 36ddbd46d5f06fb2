import type { RedisFault } from '../support/redisProxy';
import type { Fault } from './faults';

const ALWAYS = { at: 1, until: Infinity };

const redisFault = (name: string, redis: RedisFault): Fault => ({
	name,
	redis,
	category: 'success',
	passes: false,
	start: 'refused',
});

const answers = (name: string, reply: string): Fault =>
	redisFault(name, { kind: 'reply', reply: `${reply}\r\n`, ...ALWAYS });

/** Already when the connection is made, and whatever is asked then. */
const refuses = (name: string, reply: string): Fault =>
	redisFault(name, { kind: 'reply', reply: `${reply}\r\n`, at: 0, until: Infinity });

const garbles = (name: string, reply: string): Fault =>
	redisFault(name, { kind: 'replyAfter', reply: `${reply}\r\n`, ...ALWAYS });

/** A Redis that is of no use from the beginning to the end of an operation. */
export const wholeFaults: readonly Fault[] = [
	redisFault('Redis is down', { kind: 'down' }),
	redisFault('Redis hangs', { kind: 'hang', ...ALWAYS }),
	redisFault('Redis is slow', { kind: 'late', ...ALWAYS }),
	redisFault('Redis resets every connection', { kind: 'cutBefore', ...ALWAYS }),
	redisFault('Redis does what it is told and then resets the connection', { kind: 'cutAfter', ...ALWAYS }),
	refuses('Redis does not accept the password', '-WRONGPASS invalid username-password pair or user is disabled.'),
	answers('Redis lacks a permission', "-NOPERM this user has no permissions to run the 'evalsha' command"),
	refuses('Redis is loading', '-LOADING Redis is loading the dataset in memory'),
	answers('Redis is a replica', "-READONLY You can't write against a read only replica."),
	answers(
		'Redis lost its primary',
		"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
	),
	answers('Redis is full', "-OOM command not allowed when used memory > 'maxmemory'."),
	answers('Redis cannot write to its disk', '-MISCONF Redis is configured to save RDB snapshots, but cannot persist.'),
	answers('Redis runs a long script', '-BUSY Redis is busy running a script. You can only call SCRIPT KILL.'),
	answers('Redis is a cluster', '-MOVED 3999 127.0.0.1:6381'),
	answers('Redis is a cluster that is down', '-CLUSTERDOWN The cluster is down'),
	refuses('Redis has too many clients', '-ERR max number of clients reached'),
	redisFault('Redis is something else', {
		kind: 'hang',
		says: 'HTTP/1.1 400 Bad Request\r\n\r\n',
		at: 0,
		until: Infinity,
	}),
	garbles('Redis answers with a number', ':7'),
	garbles('Redis answers with nothing', '$-1'),
	garbles('Redis answers with a text', '+OK'),
];

/** What happens at one command, and how. */
const moments: ReadonlyArray<readonly [string, (at: number) => RedisFault]> = [
	['cut before', (at) => ({ kind: 'cutBefore', at })],
	['cut after', (at) => ({ kind: 'cutAfter', at })],
	['answered too late', (at) => ({ kind: 'late', at })],
	['refused by a replica', (at) => ({ kind: 'reply', reply: "-READONLY You can't write.\r\n", at })],
	['gone from', (at) => ({ kind: 'cutBefore', at, until: Infinity })],
];

/** Every command of an operation hit in every way. @param commands how many it makes at least */
export function eachCommand(commands: number): Fault[] {
	return Array.from({ length: commands }, (_, index) => index + 1).flatMap((at) =>
		moments.map(([name, faultAt]) => redisFault(`${name} command ${at}`, faultAt(at))),
	);
}

/** Nothing happens; every command is counted. */
export const noRedisFault = redisFault('nothing is wrong', { kind: 'hang', at: Infinity });
