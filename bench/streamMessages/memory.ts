import { setTimeout as sleep } from 'node:timers/promises';

import { startSandbox, type Sandbox } from '../../sandbox';
import type { Program } from '../loops/child';
import type { Workplace } from '../service';
import { spreadOf, typicalOf, type Spread, type Typical } from '../statistics';
import { aimed, medianAndP95, table } from '../table';
import { saidNow } from './arrivals';
import type { Sample } from './requests';
import { oneOf, sessionsNamed, startFollower, takeAll, untilHeld } from './started';

/** What following sessions takes. Memory is above that of the same process before, in MB. */
export interface MemoryResult {
	what: 'memory';
	messagesPerSecond: number;
	/** The process before it followed anything. */
	before: { rssMb: number; heapMb: number };
	/** All of its memory. */
	rss: Spread;
	/** What JavaScript takes of it, with garbage that V8 leaves lying until it has a lot of it. */
	heap: Spread;
	/** In the first and the last third of the time: flat when they are the same. */
	rssOverTime: { firstThird: number; lastThird: number };
	/** What is left of both at the end when everything that is not needed is given back. */
	needed: { rss: number; heap: number };
	/** Of one processor. */
	cpuPercent: number;
	pollsPerMinute: number;
	connectionsPerMinute: number;
	/** From the service to the hand-over, in ms. */
	latencyMs?: Typical;
	/** Memory over time. */
	course: Array<{ second: number; rss: number; heap: number }>;
}

export interface MemorySetup {
	sessions: number;
	minutes: number;
	warmUpSeconds: number;
}

/** In MB. */
const AIM_MB = 150;

const MESSAGES_PER_SECOND = [0, 100];
/** How often is looked whether messages are due, in ms. */
const TICK_MS = 10;
/** For the process to come to rest after its start, in ms. */
const SETTLE_MS = 1_000;
const SAMPLE_EVERY_MS = 1_000;
/** How many points are kept of the course. */
const POINTS = 30;
/** A day: longer than any run. */
const SESSION_TTL_MINUTES = 24 * 60;

export async function measureMemory(
	workplace: Workplace,
	setup: MemorySetup,
	report: (line: string) => void,
): Promise<MemoryResult[]> {
	const results: MemoryResult[] = [];
	for (const messagesPerSecond of MESSAGES_PER_SECOND) {
		const sandbox = await startSandbox({ tls: workplace.tls, sessionTtlMinutes: SESSION_TTL_MINUTES });
		try {
			const result = await measureAt(messagesPerSecond, sandbox, workplace, setup);
			report(`  ${messagesPerSecond} messages a second: ${mb(result.rss.median)} above, ${percent(result.cpuPercent)}`);
			results.push(result);
		} finally {
			await sandbox.close();
		}
	}
	return results;
}

async function measureAt(
	messagesPerSecond: number,
	sandbox: Sandbox,
	workplace: Workplace,
	{ sessions, minutes, warmUpSeconds }: MemorySetup,
): Promise<MemoryResult> {
	const sessionIds = sessionsNamed('followed', sessions);
	const durationMs = minutes * 60_000;
	const capacity = Math.ceil(messagesPerSecond * (minutes * 60 + warmUpSeconds) * 1.5 + 1000);
	const program = await startFollower(sandbox, workplace, { sessionIds, capacity });
	try {
		await sleep(SETTLE_MS);
		const before = await program.ask<Sample>('sample');
		await program.ask('begin');
		await untilHeld(sandbox, sessions);
		const talk = startTalk(sandbox, sessionIds, messagesPerSecond);
		await sleep(warmUpSeconds * 1000);
		sandbox.resetStats();
		const samples = await watch(program, durationMs);
		const { messages: polls, connectionsOpened } = sandbox.stats();
		const said = await talk.stop();
		const latencies = await takeAll(program, said);
		const needed = await program.ask<Sample>('sampleOfNeeded');

		const rss = samples.map((sample) => inMb(sample.rss - before.rss));
		const heap = samples.map((sample) => inMb(sample.heapUsed - before.heapUsed));
		const third = Math.ceil(samples.length / 3);
		return {
			what: 'memory',
			messagesPerSecond,
			before: { rssMb: inMb(before.rss), heapMb: inMb(before.heapUsed) },
			rss: spreadOf(rss),
			heap: spreadOf(heap),
			rssOverTime: {
				firstThird: spreadOf(rss.slice(0, third)).median,
				lastThird: spreadOf(rss.slice(-third)).median,
			},
			needed: { rss: inMb(needed.rss - before.rss), heap: inMb(needed.heapUsed - before.heapUsed) },
			cpuPercent: cpuPercentOf(samples),
			pollsPerMinute: polls / minutes,
			connectionsPerMinute: connectionsOpened / minutes,
			...(said > 0 ? { latencyMs: typicalOf(latencies) } : {}),
			course: courseOf(samples, rss, heap),
		};
	} finally {
		await program.stop();
	}
}

/** Says messages in sessions, evenly, until it is stopped; then resolves with how many. */
function startTalk(sandbox: Sandbox, sessionIds: readonly string[], perSecond: number): { stop(): Promise<number> } {
	let isOver = false;
	const talk = async () => {
		let said = 0;
		for (const startedAt = performance.now(); !isOver; await sleep(TICK_MS)) {
			const due = ((performance.now() - startedAt) / 1000) * perSecond;
			for (; said < due; said++) sandbox.say(oneOf(sessionIds), saidNow());
		}
		return said;
	};
	const talking = talk();
	return {
		async stop() {
			isOver = true;
			return await talking;
		},
	};
}

async function watch(program: Program, durationMs: number): Promise<Sample[]> {
	const samples = [await program.ask<Sample>('sample')];
	for (const endsAt = performance.now() + durationMs; performance.now() < endsAt;) {
		await sleep(Math.min(SAMPLE_EVERY_MS, durationMs / 3));
		samples.push(await program.ask<Sample>('sample'));
	}
	return samples;
}

function cpuPercentOf(samples: readonly Sample[]): number {
	const [first, last] = [samples[0], samples.at(-1)];
	return first && last ? (100 * (last.cpuMs - first.cpuMs)) / (last.at - first.at) : NaN;
}

function courseOf(samples: readonly Sample[], rss: readonly number[], heap: readonly number[]) {
	const step = Math.max(1, Math.floor(samples.length / POINTS));
	const beganAt = samples[0]?.at ?? NaN;
	return samples.flatMap(({ at }, index) =>
		index % step === 0
			? [{ second: Math.round((at - beganAt) / 1000), rss: round1(rss[index]), heap: round1(heap[index]) }]
			: [],
	);
}

const inMb = (bytes: number) => bytes / 2 ** 20;
const round1 = (value = NaN) => Math.round(value * 10) / 10;
const mb = (value: number) => `${Math.round(value)} MB`;
const percent = (value: number) => `${value.toFixed(1)} % of a processor`;

export function memoryText(results: MemoryResult[], { sessions, minutes }: MemorySetup): string {
	const isMet = results.every(({ rss }) => rss.median < AIM_MB);
	const isMetByNeed = results.every(({ needed }) => needed.rss < AIM_MB);
	const rows = table(
		{
			[`${sessions.toLocaleString('en')} sessions`]: ({ messagesPerSecond }) =>
				messagesPerSecond === 0 ? 'idle' : `${messagesPerSecond} messages/s`,
			'Memory above idle': ({ rss }) => `**${mb(rss.median)}** (${Math.round(rss.min)} to ${Math.round(rss.max)})`,
			'First third, last third': ({ rssOverTime: { firstThird, lastThird } }) => `${mb(firstThird)}, ${mb(lastThird)}`,
			'Needed of it': ({ needed }) => mb(needed.rss),
			Processor: ({ cpuPercent }) => `${cpuPercent.toFixed(1)} %`,
			'Polls/min': ({ pollsPerMinute }) => String(Math.round(pollsPerMinute)),
			'Connections/min': ({ connectionsPerMinute }) => String(Math.round(connectionsPerMinute)),
			Latency: ({ latencyMs }) => (latencyMs ? medianAndP95(latencyMs) : ''),
		},
		results,
	);
	return `What it takes to follow ${sessions.toLocaleString('en')} sessions, in a process that has only our client, over TLS, watched for ${minutes} minutes: its
memory above that before it followed any (median, lowest to highest), what is left of it after a full garbage collection,
and its time of one processor. Our aim, less than ${AIM_MB} MB, is ${aimed(isMet)} by what the process takes, and ${aimed(isMetByNeed)} by what it
needs. No limit on the requests was set: each session that is idle takes about 3 requests a minute.

${rows}`;
}
