import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Sandbox } from '../../sandbox';
import { startProgram, type Program } from '../loops/child';
import { atEachLatency, type Workplace } from '../service';
import { typicalOf, type Typical } from '../statistics';
import { aimed, medianAndP95, table } from '../table';
import { saidNow } from './arrivals';
import { oneOf, sessionsNamed, startFollower, takeAll, untilHeld } from './started';
import type { BareTask } from './task';

/** How long messages take from the service to whoever reads them, each way with sessions of its own. Times in ms. */
export interface LatencyResult {
	what: 'latency';
	serverLatencyMs: number;
	/** Our client, to the delivery to n8n. */
	follow: Typical;
	/** Bare axios. */
	longPoll: Typical;
	everyHalfSecond: Typical;
	everySecond: Typical;
}

export interface LatencySetup {
	/** Of each way. */
	sessions: number;
	/** Of each way. */
	messages: number;
}

/** Above the latency of the service, in ms. */
const AIM_MS = 10;
/** Longest pause between two messages, in ms. */
const MAX_PAUSE_MS = 40;

export async function measureLatency(
	workplace: Workplace,
	setup: LatencySetup,
	report: (line: string) => void,
): Promise<LatencyResult[]> {
	return await atEachLatency(workplace.tls, async (sandbox, serverLatencyMs) => {
		const result = await measureAgainst(sandbox, workplace, setup);
		const { follow, longPoll } = result;
		report(
			`  ${serverLatencyMs} ms latency: Stream Messages ${medianAndP95(follow)}, bare long poll ${medianAndP95(longPoll)}`,
		);
		return { what: 'latency', serverLatencyMs, ...result };
	});
}

type WayName = 'follow' | 'longPoll' | 'everyHalfSecond' | 'everySecond';
type Ways = Record<WayName, { program: Program; sessionIds: string[] }>;

async function measureAgainst(sandbox: Sandbox, workplace: Workplace, { sessions, messages }: LatencySetup) {
	const sessionIds = sessionsNamed('follow', sessions);
	const bare = (program: string, name: string, everyMs?: number) => {
		const task: BareTask = { baseUrl: sandbox.url, sessionIds: sessionsNamed(name, sessions), capacity: messages };
		const options = { program: join(__dirname, program), caFile: workplace.caFile };
		return {
			program: startProgram({ ...options, task: everyMs === undefined ? task : { ...task, everyMs } }),
			sessionIds: task.sessionIds,
		};
	};
	const ways: Ways = {
		follow: { program: await startFollower(sandbox, workplace, { sessionIds, capacity: messages }), sessionIds },
		longPoll: bare('bareLongPolls.ts', 'long-poll'),
		everyHalfSecond: bare('schedule.ts', 'every-half-second', 500),
		everySecond: bare('schedule.ts', 'every-second', 1000),
	};
	const all = Object.values(ways);
	try {
		await Promise.all(all.map(({ program }) => program.ask('ready')));
		await Promise.all(all.map(({ program }) => program.ask('begin')));
		await untilHeld(sandbox, ways.follow.sessionIds.length + ways.longPoll.sessionIds.length);
		for (let count = 0; count < messages; count++) {
			// By turns, so that whatever else the machine does hits all ways; at any moment of the schedules.
			for (const way of all) {
				await sleep(Math.random() * MAX_PAUSE_MS);
				sandbox.say(oneOf(way.sessionIds), saidNow());
			}
		}
		const of = async (name: WayName) => typicalOf(await takeAll(ways[name].program, messages));
		return {
			follow: await of('follow'),
			longPoll: await of('longPoll'),
			everyHalfSecond: await of('everyHalfSecond'),
			everySecond: await of('everySecond'),
		};
	} finally {
		await Promise.all(all.map(({ program }) => program.stop()));
	}
}

export function latencyText(results: LatencyResult[], setup: LatencySetup): string {
	const isMet = results.every(({ follow, serverLatencyMs }) => follow.median - serverLatencyMs < AIM_MS);
	const rows = table(
		{
			'Server latency': ({ serverLatencyMs }) => `${serverLatencyMs} ms`,
			'Stream Messages': ({ follow }) => medianAndP95(follow),
			'Bare long poll': ({ longPoll }) => medianAndP95(longPoll),
			'Schedule each 500 ms': ({ everyHalfSecond }) => medianAndP95(everyHalfSecond),
			'Schedule each second': ({ everySecond }) => medianAndP95(everySecond),
			'Above the server latency': ({ follow, serverLatencyMs }) =>
				`**${(follow.median - serverLatencyMs).toFixed(1)} ms**`,
		},
		results,
	);
	const { messages, sessions } = setup;
	return `From the moment the service has a message to its hand-over to n8n (our client without n8n, with the SQLite registry):
median (95th percentile) of ${messages} messages over TLS in ${sessions} sessions. Each way has sessions of its own, and messages come to all ways
by turns, so all meet the same load. A schedule has sessions asked without waiting for messages. Our aim, a median of less
than ${AIM_MS} ms above the service's own latency, is ${aimed(isMet)}.

${rows}`;
}
