import { setTimeout as sleep } from 'node:timers/promises';

import { seededRandom } from '../../sandbox';
import { SaidMessages, type Deliveries } from './deliveries';
import type { Receiver } from './receiver';

export interface TalkOptions<Name extends string> {
	/** Each gets messages in sessions of its own. */
	sessionIds: Record<Name, readonly string[]>;
	/** To each way. */
	messages: number;
	say: (sessionId: string, text: string) => void;
	receiver: Receiver;
	/** Names the messages; a name of its own each time. */
	title: string;
	/** How long to wait for what comes once more, in ms. */
	afterwardsMs: number;
}

/** The same moments and sessions in every run. */
const SEED = 20_260;
/** Longest pause between two messages, in ms. */
const MAX_PAUSE_MS = 300;
/** How long a message may take, in ms. */
const PATIENCE_MS = 60_000;
/** A few beats of the schedule, in ms. */
const AFTERWARDS_MS = 3_000;

/** First for a while before anything counts: an n8n that has just started takes longer. Then in earnest. */
export async function measuredTalk<Name extends string>(
	options: Omit<TalkOptions<Name>, 'afterwardsMs'> & { warmUpMessages: number },
	begins: () => void = () => {},
): Promise<Record<Name, Deliveries>> {
	const { title, warmUpMessages } = options;
	await talk({ ...options, messages: warmUpMessages, title: `Warm-up, ${title}`, afterwardsMs: 0 });
	begins();
	return await talk({ ...options, afterwardsMs: AFTERWARDS_MS });
}

/**
 * Says messages to all ways by turns, so that whatever else the machine does hits all of them, at moments that have nothing
 * to do with the beat of a schedule, and waits until they have come.
 */
async function talk<Name extends string>(options: TalkOptions<Name>): Promise<Record<Name, Deliveries>> {
	const { sessionIds, messages, say, receiver, title, afterwardsMs } = options;
	const random = seededRandom(SEED);
	const names = Object.keys(sessionIds) as Name[];
	const ways = names.map((name) => ({ name, ids: sessionIds[name], said: new SaidMessages(`${title}: ${name}`) }));
	for (let count = 0; count < messages; count++) {
		for (const { ids, said } of ways) {
			await sleep(random() * MAX_PAUSE_MS);
			say(ids[Math.floor(random() * ids.length)] ?? '', said.sayNext());
		}
	}
	const texts = ways.flatMap(({ said }) => said.texts);
	await receiver.haveAllCome(texts, PATIENCE_MS);
	await sleep(afterwardsMs);
	return Object.fromEntries(ways.map(({ name, said }) => [name, said.deliveries(receiver)])) as Record<
		Name,
		Deliveries
	>;
}
