import { aimed, medianAndP95, table } from '../table';
import { STREAMS_AT_ONCE, type Following, type MemoryResult } from './memory';

/** For so many sessions, in MB: while nothing is said, and while they talk. */
const AIM = { sessions: 1000, idleMb: 80, talkingMb: 160, connections: 1000 / STREAMS_AT_ONCE + 1 };

export function memoryText(results: MemoryResult[]): string {
	const rows = table(
		{
			Sessions: ({ sessions }) => sessions.toLocaleString('en'),
			Messages: ({ messagesPerSecond }) => (messagesPerSecond === 0 ? 'none' : `${messagesPerSecond}/s`),
			'Memory above idle': ({ follow: { rss } }) => `**${mb(rss.median)}** (${mb(rss.min)} to ${mb(rss.max)})`,
			'Needed of it': ({ follow }) => mb(follow.needed.rss),
			'Bare: memory': ({ longPolls }) => mb(longPolls.rss.median),
			'Bare: needed': ({ longPolls }) => mb(longPolls.needed.rss),
			'Per session, ours / bare': ({ sessions, follow, longPolls }) =>
				`${kbEach(follow, sessions)} / ${kbEach(longPolls, sessions)}`,
			'Processor, ours / bare': ({ follow, longPolls }) =>
				`${follow.cpuPercent.toFixed(2)} % / ${longPolls.cpuPercent.toFixed(2)} %`,
			'Per session and minute, ours / bare': ({ sessions, follow, longPolls }) =>
				`${cpuEach(follow, sessions)} / ${cpuEach(longPolls, sessions)}`,
			'Polls/min, ours / bare': ({ follow, longPolls }) =>
				`${Math.round(follow.pollsPerMinute)} / ${Math.round(longPolls.pollsPerMinute)}`,
			'Connections, ours / bare': ({ follow, longPolls }) => `${follow.connections} / ${longPolls.connections}`,
			'Latency, ours': ({ follow: { latencyMs } }) => (latencyMs ? medianAndP95(latencyMs) : ''),
		},
		results,
	);
	const watched = results.map(({ sessions, minutes }) => `${sessions.toLocaleString('en')}: ${minutes}`);
	return `What it takes to follow sessions over TLS, in a process that has only our client, beside bare axios with one long poll after the
other, each in a process of its own at the same time: memory above that before it followed any (median, lowest to highest), what is
left of it after a full garbage collection, and its time of one processor. Minutes watched: ${[...new Set(watched)].join('; ')}.
No limit on the requests was set. ${aimText(results)}

${rows}`;
}

function aimText(results: MemoryResult[]): string {
	const large = results.filter(({ sessions }) => sessions === AIM.sessions);
	if (large.length === 0) return '';
	const isBelow = (part: MemoryResult[], limitMb: number) =>
		aimed(part.every(({ follow }) => follow.rss.median < limitMb));
	const idle = large.filter(({ messagesPerSecond }) => messagesPerSecond === 0);
	const talking = large.filter(({ messagesPerSecond }) => messagesPerSecond > 0);
	const areFew = aimed(large.every(({ follow }) => follow.connections <= AIM.connections));
	const sessions = AIM.sessions.toLocaleString('en');
	return `Our aims for ${sessions} sessions: less than ${AIM.idleMb} MB while nothing is said is ${isBelow(idle, AIM.idleMb)}, less than ${AIM.talkingMb} MB while they talk is ${isBelow(talking, AIM.talkingMb)}, at most ${AIM.connections} connections is ${areFew}.`;
}

const mb = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} MB`;
const kbEach = ({ rss }: Following, sessions: number) => `${Math.round((rss.median * 1024) / sessions)} kB`;
/** Percent of a minute. */
const cpuEach = ({ cpuPercent }: Following, sessions: number) => `${((cpuPercent * 600) / sessions).toFixed(1)} ms`;
