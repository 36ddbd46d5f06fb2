import { CallLedger } from '../../soak/callLedger';
import { countChecksOf, type Outcome } from '../../soak/countChecks';
import { MessageLedger } from '../../soak/messageLedger';
import type { HttpVersion, Side } from '../../soak/side';

/** One message, one start and one reset, all of which went well. */
function outcome(): { outcome: Outcome; messages: MessageLedger; starts: CallLedger; resets: CallLedger } {
	const [messages, starts, resets] = [new MessageLedger(), new CallLedger(), new CallLedger()];
	messages.said('m-1');
	messages.cameOut('m-1');
	for (const ledger of [starts, resets]) {
		ledger.called('c-1');
		ledger.answered('c-1', { httpStatus: 200 });
	}
	starts.started('c-1');
	const streams = new Map([['stream', { ledger: messages, keyOf: () => '' }]]);
	const side: Partial<Side> = { name: 'v1', streams, starts, resets, http: '2', http2Requests: 5 };
	const log = { alarms: [], linesWithSecrets: 0, databaseTimeouts: 0 };
	// The checks look at nothing else.
	return {
		outcome: { sides: [side as Side], expiredNotReset: 0, log, hasN8nSurvived: true },
		messages,
		starts,
		resets,
	};
}

const failed = (of: Outcome) =>
	countChecksOf(of)
		.filter(({ isMet }) => !isMet)
		.map(({ what, found }) => `${what}: ${found}`);

it('all is met when all went well', () => {
	expect(failed(outcome().outcome)).toEqual([]);
});

it.each<[string, (of: ReturnType<typeof outcome>) => void]>([
	['v1: messages lost: 1 of 2', ({ messages }) => messages.said('m-2')],
	['v1: messages that came out twice: 1 of 1', ({ messages }) => messages.cameOut('m-1')],
	['v1: messages that nobody said: 1 of 1', ({ messages }) => messages.cameOut('m-3')],
	['v1: webhooks without an answer: 1 of 2', ({ starts }) => starts.called('c-2')],
	['v1: flows started twice for a webhook: 1 of 1', ({ starts }) => starts.started('c-1')],
	['v1: resets without an answer: 1 of 2', ({ resets }) => resets.called('c-2')],
])('finds %s', (expected, spoil) => {
	const all = outcome();
	spoil(all);
	expect(failed(all.outcome)).toEqual([expected]);
});

it.each<[HttpVersion, number]>([
	['2', 0],
	['1.1', 3],
])('finds that all was said over the other version of HTTP than %s', (http, http2Requests) => {
	const { outcome: all } = outcome();
	const sides = all.sides.map((side) => ({ ...side, http, http2Requests }));
	expect(failed({ ...all, sides })).toEqual([`v1: requests over HTTP/2: ${http2Requests}`]);
});

it('finds a start that is only claimed', () => {
	const all = outcome();
	all.starts.called('c-2');
	all.starts.answered('c-2', { httpStatus: 200 });
	expect(failed(all.outcome)).toEqual(['v1: answers that claim a start which never was: 1 of 2']);
});

it('finds what is wrong with n8n itself', () => {
	const log = { alarms: ['TypeError: no'], linesWithSecrets: 2, databaseTimeouts: 4 };
	expect(failed({ ...outcome().outcome, expiredNotReset: 3, log, hasN8nSurvived: false })).toEqual([
		'Expired sessions that were not reset: 3',
		'Lines in the log of n8n about faults that nobody caught: 1',
		'Lines in the log of n8n with a password, key or token: 2',
		'Times that n8n had to wait too long for its own database: 4',
		'n8n ended by itself: 1',
	]);
});

it('where nothing has happened, nothing is met', () => {
	const all = outcome();
	const silent: Partial<Side> = {
		name: 'v1',
		streams: new Map(),
		starts: new CallLedger(),
		resets: new CallLedger(),
		http: '2',
		http2Requests: 0,
	};
	expect(failed({ ...all.outcome, sides: [silent as Side] })).toHaveLength(8);
});
