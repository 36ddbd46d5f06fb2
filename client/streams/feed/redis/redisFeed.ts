import { randomUUID } from 'node:crypto';
import * as z from 'zod/v4';

import type { RedisConnection } from '../../../redis/redisConnection';
import { RedisError } from '../../../redis/redisError';
import { parseJson } from '../../../registry/storedSession';
import type { Exchange, FeedChanges, FeedLost, FeedState, ReadEntry, SessionFeed } from '../sessionFeed';
import { feedKeys, feedOf, feedsKeys } from './feedKeys';
import { changesScript, exchangeScript, idsScript } from './feedScripts';

/** The feeds of an account in Redis. @param account holds no secret; all who name the same one share its feeds */
export function redisFeed(redis: Pick<RedisConnection, 'run'>, account: string): SessionFeed {
	return new RedisFeed(redis, account);
}

/** More sessions than a process can follow. */
const MAX_NAMES = 50_000;

class RedisFeed implements SessionFeed {
	readonly process = randomUUID();
	/** The names by the feeds in which they are, as far as somebody here asks for them. */
	readonly #names = new Map<string, string>();

	constructor(
		private readonly redis: Pick<RedisConnection, 'run'>,
		private readonly account: string,
	) {}

	async exchange(exchange: Exchange): Promise<FeedState | FeedLost> {
		const { name, role, after, brought, entries, isAwaited, limit } = exchange;
		const feed = feedOf(name);
		const member = `${this.process}:${exchange.member}`;
		this.#remember(feed, name);
		const reply = await this.redis.run(
			exchangeScript,
			[...feedsKeys(this.account), ...feedKeys(this.account, feed)],
			[
				...[feed, member, role],
				...[after, brought].flatMap(({ position, id }) => [String(position), id]),
				isAwaited ? '1' : '0',
				String(limit),
				...entries.flatMap(({ id, message }) => [id, JSON.stringify([id, message])]),
			],
		);
		if (Array.isArray(reply) && reply.length === 0) return 'lost';
		const [holder, last, behind, broughtTo, number, isAwaitedElsewhere, hasOthers, ...read] =
			stateSchema.safeParse(reply).data ?? unreadable();
		const lastId = entries.at(-1)?.id;
		return {
			isHeld: holder === member,
			holder: holder === '' ? undefined : holder.slice(0, holder.indexOf(':')),
			isAwaited: isAwaitedElsewhere === 1,
			hasOthers: hasOthers === 1,
			behind,
			last,
			number,
			brought: lastId === undefined ? undefined : { position: broughtTo, id: lastId },
			read: read.map(entryOf),
		};
	}

	async changes(since: number): Promise<FeedChanges> {
		const reply = await this.redis.run(changesScript, feedsKeys(this.account), [this.process, String(since)]);
		const [number, isUnknown, count, ...texts] = changesSchema.safeParse(reply).data ?? unreadable();
		const changed = new Map<string, number>();
		for (let index = count; index < texts.length; index += 2) {
			const name = this.#names.get(texts[index] ?? '');
			if (name !== undefined) changed.set(name, Number(texts[index + 1]));
		}
		return { number, changed: isUnknown === 1 ? 'all' : changed, alive: new Set(texts.slice(0, count)) };
	}

	async ids(name: string): Promise<string[]> {
		const keys = feedKeys(this.account, feedOf(name)).filter((key) => key.endsWith(':ids'));
		return z.array(z.string()).safeParse(await this.redis.run(idsScript, keys, [])).data ?? unreadable();
	}

	/** Those asked for last come last. */
	#remember(feed: string, name: string): void {
		this.#names.delete(feed);
		this.#names.set(feed, name);
		const [oldest] = this.#names.keys();
		if (this.#names.size > MAX_NAMES && oldest !== undefined) this.#names.delete(oldest);
	}
}

const stateSchema = z.tuple(
	[z.string(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number()],
	z.string(),
);
const changesSchema = z.tuple([z.number(), z.number(), z.number()], z.string());

/** What every message has; what else is in it was written by us, and is taken as it is. */
const messageSchema = z.looseObject({
	messageId: z.string(),
	text: z.string(),
	type: z.string(),
	timestamp: z.string(),
});
const entrySchema = z.tuple([z.string(), messageSchema]);

function entryOf(member: string): ReadEntry {
	const colon = member.indexOf(':');
	const position = Number(member.slice(0, colon));
	const entry = entrySchema.safeParse(parseJson(member.slice(colon + 1))).data;
	return { place: { position, id: entry?.[0] ?? '' }, message: entry?.[1] };
}

function unreadable(): never {
	throw new RedisError(
		'Redis holds something under our keys that this package did not write. ' +
			'Let no other program use its keys, which begin with "n8n-nodes-cognigy".',
	);
}
