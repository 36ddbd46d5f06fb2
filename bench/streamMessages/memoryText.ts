import { aimed, medianAndP95, table } from '../table';
import type { Following, MemoryResult } from './memory';

/** For so many sessions, in MB. */
const AIM = { sessions: 1000, mb: 150 };

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
	const isMet = large.every(({ follow }) => follow.rss.median < AIM.mb);
	const isMetByNeed = large.every(({ follow }) => follow.needed.rss < AIM.mb);
	return `Our aim for ${AIM.sessions.toLocaleString('en')} sessions, less than ${AIM.mb} MB, is ${aimed(isMet)} by what the process takes, and ${aimed(isMetByNeed)} by what it needs.`;
}

const mb = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} MB`;
const kbEach = ({ rss }: Following, sessions: number) => `${Math.round((rss.median * 1024) / sessions)} kB`;
/** Percent of a minute. */
const cpuEach = ({ cpuPercent }: Following, sessions: number) => `${((cpuPercent * 600) / sessions).toFixed(1)} ms`;
