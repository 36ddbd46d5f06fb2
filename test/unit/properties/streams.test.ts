/** Whatever a service repeats, leaves out for a while or fails to answer: each message once, in order (guarantee 3). */
import fc from 'fast-check';

import { CognigyError } from '../../../client/errors';
import { longPolls } from '../../../client/streams/longPolls';
import { SessionFollower } from '../../../client/streams/sessionFollower';
import type { Message } from '../../../client/types';
import { reading } from '../../support/conversation';
import { FakeClock, settle } from '../../support/fakeClock';

const message = (index: number): Message => ({
	messageId: `m-${index}`,
	text: `${index}`,
	type: 'bot',
	timestamp: '2026-01-31T12:00:00Z',
});

/** What one poll brings: how many messages that are new, how many old ones before them, or a fault. */
const poll = fc.oneof(
	{ weight: 5, arbitrary: fc.record({ fresh: fc.nat({ max: 5 }), again: fc.nat({ max: 12 }) }) },
	{ weight: 1, arbitrary: fc.constant('fault' as const) },
);

it('every reader gets every message of any schedule once, in order, whenever it comes', async () => {
	const schedules = fc.record({ polls: fc.array(poll, { maxLength: 40 }), secondReaderAt: fc.nat({ max: 40 }) });
	await fc.assert(
		fc.asyncProperty(schedules, async ({ polls, secondReaderAt }) => {
			const clock = new FakeClock({ skipsUpToMs: 60_000 });
			const stop = new AbortController();
			const options = { signal: stop.signal, kind: 'stream' } as const;
			let sent = 0;
			let asked = 0;
			const readers: Array<Promise<number[]>> = [];
			const follower = new SessionFollower({
				clock,
				random: () => 0.5,
				source: longPolls(async ({ onSent }) => {
					onSent();
					if (asked === secondReaderAt) readers.push(textsOf(reading(follower, [], options)));
					const next = polls[asked++];
					if (next === undefined) {
						// Who leaves drops what waits.
						await settle();
						stop.abort();
						return { messages: [] };
					}
					if (next === 'fault')
						throw new CognigyError({ category: 'network', message: 'broke', advice: '', isTransient: true });
					const from = Math.max(0, sent - next.again);
					sent += next.fresh;
					return { messages: Array.from({ length: sent - from }, (_, index) => message(from + index)) };
				}, clock),
			});
			readers.unshift(textsOf(reading(follower, [], options)));
			await readers[0];
			for (const texts of await Promise.all(readers)) expect(texts).toEqual([...Array(sent).keys()]);
		}),
		{ numRuns: 200 },
	);
});

/** All that a reader gets until it leaves. */
async function textsOf(batches: ReturnType<typeof reading>): Promise<number[]> {
	const texts: number[] = [];
	for await (const { messages } of batches) texts.push(...messages.map(({ text }) => Number(text)));
	return texts;
}
