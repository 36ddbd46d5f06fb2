import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startSandbox, type Sandbox } from '../../sandbox';
import { startProgram, type Program } from '../loops/child';
import type { Workplace } from '../service';
import { typicalOf, type Typical } from '../statistics';
import type { Sample } from './requests';
import { sessionsNamed, startFollower, takeAll, untilHeld } from './started';
import { startTalk } from './talk';
import type { BareTask } from './task';
import { footprintOf, watch, type Footprint } from './watch';

/** What one way takes to follow so many sessions. */
export interface Following extends Footprint {
	pollsPerMinute: number;
	connectionsPerMinute: number;
	/** Open at once while it was watched, at most. */
	connections: number;
	/** From the service to the delivery, in ms. */
	latencyMs?: Typical;
}

/** Both ways at the same time, each in a process of its own, with a service of its own. */
export interface MemoryResult {
	what: 'memory';
	sessions: number;
	/** In all sessions together. */
	messagesPerSecond: number;
	minutes: number;
	/** Our client, as the trigger has it. */
	follow: Following;
	/** Bare axios. */
	longPolls: Following;
}

export interface MemorySetup {
	sizes: Size[];
	warmUpSeconds: number;
}

interface Size {
	sessions: number;
	minutes: number;
}

/** In each session; 0: nothing is said. */
const MESSAGES_PER_SECOND_AND_SESSION = [0, 0.1];
/** So many requests at once the service allows on a connection of HTTP/2. */
export const STREAMS_AT_ONCE = 100;
/** For the process to come to rest after its start, in ms. */
const SETTLE_MS = 1_000;
/** A day: longer than any run. */
const SESSION_TTL_MINUTES = 24 * 60;

export async function measureMemory(
	workplace: Workplace,
	{ sizes, warmUpSeconds }: MemorySetup,
	report: (line: string) => void,
): Promise<MemoryResult[]> {
	const results: MemoryResult[] = [];
	for (const { sessions, minutes } of sizes) {
		for (const perSession of MESSAGES_PER_SECOND_AND_SESSION) {
			const messagesPerSecond = sessions * perSession;
			const watching = { sessions, minutes, messagesPerSecond, warmUpSeconds };
			const [follow, longPolls] = await Promise.all([
				measureWay(startOurs, workplace, watching),
				measureWay(startBare, workplace, watching),
			]);
			report(`  ${sessions} sessions, ${messagesPerSecond} messages/s: ${told(follow)}, bare ${told(longPolls)}`);
			results.push({ what: 'memory', sessions, messagesPerSecond, minutes, follow, longPolls });
		}
	}
	return results;
}

interface Watching extends Size {
	messagesPerSecond: number;
	warmUpSeconds: number;
}

interface Readers {
	sessionIds: string[];
	/** More messages than this are never said. */
	capacity: number;
}

/** Starts a process that has not begun to follow yet. */
type Start = (sandbox: Sandbox, workplace: Workplace, readers: Readers) => Promise<Program>;

const startOurs: Start = startFollower;

const startBare: Start = async ({ url: baseUrl }, { caFile }, readers) => {
	const task: BareTask = { baseUrl, ...readers };
	const program = startProgram({ program: join(__dirname, 'bareLongPolls.ts'), task, caFile });
	await program.ask('ready');
	return program;
};

async function measureWay(start: Start, workplace: Workplace, watching: Watching): Promise<Following> {
	const { sessions, minutes, messagesPerSecond, warmUpSeconds } = watching;
	const sandbox = await startSandbox({
		tls: workplace.tls,
		sessionTtlMinutes: SESSION_TTL_MINUTES,
		maxConcurrentStreams: STREAMS_AT_ONCE,
	});
	let program: Program | undefined;
	try {
		const sessionIds = sessionsNamed('followed', sessions);
		const capacity = Math.ceil(messagesPerSecond * (minutes * 60 + warmUpSeconds) * 1.5 + 1000);
		program = await start(sandbox, workplace, { sessionIds, capacity });
		await sleep(SETTLE_MS);
		// What its start has left lying is nothing that following takes.
		const before = await program.ask<Sample>('sampleOfNeeded');
		await program.ask('begin');
		await untilHeld(sandbox, sessions);
		const talk = startTalk(sandbox, sessionIds, messagesPerSecond);
		await sleep(warmUpSeconds * 1000);
		sandbox.resetStats();
		const samples = await watch(program, minutes * 60_000);
		const { messages: polls, connectionsOpened, connectionsMax } = sandbox.stats();
		const said = await talk.stop();
		const latencies = await takeAll(program, said);
		const needed = await program.ask<Sample>('sampleOfNeeded');
		return {
			...footprintOf(before, samples, needed),
			pollsPerMinute: polls / minutes,
			connectionsPerMinute: connectionsOpened / minutes,
			connections: connectionsMax,
			...(said > 0 ? { latencyMs: typicalOf(latencies) } : {}),
		};
	} finally {
		await program?.stop();
		await sandbox.close();
	}
}

const told = ({ rss, cpuPercent }: Following) => `${Math.round(rss.median)} MB, ${cpuPercent.toFixed(1)} %`;
