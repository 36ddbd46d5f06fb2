import { ratios, spreadOf, type Spread } from '../statistics';
import { table, times } from '../table';
import type { WayToStart } from './task';

/** What a start costs with one store. Times of an item in µs; ratios round by round. */
export interface IdempotencyResult {
	store: string;
	perItem: Record<WayToStart, Spread>;
	/** How many times as long a start takes as one that is known by nothing. */
	toAnew: Record<Exclude<WayToStart, 'anew'>, Spread>;
	/** What a key adds to an item, round by round. */
	keyAdds: Spread;
}

/** @param rounds time of each round, in ms */
export function resultOf(store: string, items: number, rounds: Record<WayToStart, number[]>): IdempotencyResult {
	const perItem = (way: WayToStart) => spreadOf(rounds[way].map((ms) => microseconds(ms, items)));
	const toAnew = (way: WayToStart) => ratios(rounds[way], rounds.anew);
	return {
		store,
		perItem: { anew: perItem('anew'), step: perItem('step'), key: perItem('key'), again: perItem('again') },
		toAnew: { step: toAnew('step'), key: toAnew('key'), again: toAnew('again') },
		keyAdds: spreadOf(rounds.key.map((ms, round) => microseconds(ms - (rounds.anew[round] ?? NaN), items))),
	};
}

const microseconds = (ms: number, items: number) => (1000 * ms) / items;

export function textOf(results: IdempotencyResult[]): string {
	const tableText = table(
		{
			'State Store': ({ store }) => store,
			'Known by nothing': ({ perItem }) => us(perItem.anew),
			'By its step': ({ perItem }) => us(perItem.step),
			'By a key': ({ perItem }) => us(perItem.key),
			'Made before': ({ perItem }) => us(perItem.again),
			'A key adds': ({ keyAdds }) => us(keyAdds),
			'Step / nothing': ({ toAnew }) => times(toAnew.step),
			'Key / nothing': ({ toAnew }) => times(toAnew.key),
			'Made before / nothing': ({ toAnew }) => times(toAnew.again),
		},
		results,
	);
	return `What one start costs our client without n8n, against a service without latency. Known by nothing: recorded as any session,
and sent, whoever asks. By its step: with Retry On Fail or in queue mode, so that n8n running the node again starts nothing
twice. By a key: each start has a new one. Made before: each key was used in the round before, and nothing is sent. Median
(lowest to highest) of rounds, divided by the items.

${tableText}`;
}

const us = ({ min, median, max }: Spread) => `${Math.round(median)} µs (${Math.round(min)} to ${Math.round(max)})`;
