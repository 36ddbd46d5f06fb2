import { lru } from 'tiny-lru';

import type { Clock } from '../time/clock';
import { Patience } from './patience';
import { hostOf, type RedisAddress, type RedisNode } from './redisAddress';
import { RedisError } from './redisError';
import { RedisSession, type Way } from './redisSession';

/** Of so many groups of keys, at most, it is remembered which node has them. */
const MAX_GROUPS = 1_000;
/** How often a command is sent on from node to node. */
const MAX_REDIRECTS = 16;

interface Group {
	/** Which has the keys, as far as is known. */
	node: RedisNode | undefined;
	patience: Patience;
}

/**
 * The way to a Redis Cluster. Any node says which one has the keys of a command; that is remembered for all keys with the
 * same text in braces, until it is not true any more. All keys of a script have the same.
 *
 * Our own code, as the library's client of a cluster wants a right for CLUSTER SLOTS, makes connections anew with loops
 * of its own when nobody sends anything, and cannot be told that they shall not keep a process alive.
 */
export class ClusterSession {
	readonly #address: RedisAddress;
	readonly #clock: Clock;
	readonly #random: () => number;
	readonly #failoverMs: number;
	readonly #closing = new AbortController();
	readonly #groups = lru<Group>(MAX_GROUPS);
	readonly #sessions = new Map<string, { node: RedisNode; session: RedisSession }>();
	#next = 0;

	/** As `RedisSession`. */
	constructor(address: RedisAddress, clock: Clock, random: () => number, failoverMs: number) {
		this.#address = address;
		this.#clock = clock;
		this.#random = random;
		this.#failoverMs = failoverMs;
		for (const node of address.cluster?.nodes ?? []) this.#session(node);
	}

	/** As of `RedisSession`. @throws {RedisError} */
	async run(script: string, keys: string[], args: string[]): Promise<unknown> {
		return await this.#perform(keys[0] ?? '', async (session, way) => await session.run(script, keys, args, way));
	}

	/** As of `RedisSession`; the first argument is the key. @throws {RedisError} */
	async command(args: string[]): Promise<unknown> {
		return await this.#perform(args[1] ?? '', async (session, way) => await session.command(args, way));
	}

	async close(): Promise<void> {
		this.#closing.abort();
		await Promise.all([...this.#sessions.values()].map(async ({ session }) => await session.close()));
	}

	async #perform(key: string, ask: (session: RedisSession, way: Way) => Promise<unknown>): Promise<unknown> {
		const group = this.#groupOf(key);
		let asked: RedisNode | undefined;
		for (let redirects = 0, attempts = 0; ;) {
			const node = asked ?? group.node ?? this.#any();
			try {
				const answer = await ask(this.#session(node), { isAsked: asked !== undefined });
				if (!asked) group.node = node;
				group.patience.end();
				return answer;
			} catch (error) {
				asked = undefined;
				if (!(error instanceof RedisError)) throw error;
				const { redirect, mayPass } = error.facts;
				if (redirect && redirects++ < MAX_REDIRECTS) {
					const target = { host: redirect.host || node.host, port: redirect.port };
					if (redirect.isAsk) asked = target;
					else group.node = target;
					continue;
				}
				// Another node knows by now, perhaps, who took over.
				group.node = undefined;
				if (this.#closing.signal.aborted || !mayPass) throw error;
				if (++attempts >= this.#sessions.size && !(await group.patience.wait())) throw error;
			}
		}
	}

	#groupOf(key: string): Group {
		const name = /\{([^}]+)\}/.exec(key)?.[1] ?? key;
		const known = this.#groups.get(name);
		if (known) return known;
		const patience = new Patience(this.#clock, this.#failoverMs, this.#closing.signal);
		const group: Group = { node: undefined, patience };
		this.#groups.set(name, group);
		return group;
	}

	/** In turns: one of them may be down. */
	#any(): RedisNode {
		const all = [...this.#sessions.values()];
		return all[this.#next++ % all.length]?.node ?? this.#address;
	}

	#session(node: RedisNode): RedisSession {
		const name = hostOf(node);
		const known = this.#sessions.get(name);
		if (known) return known.session;
		const { cluster: _cluster, ...access } = this.#address;
		const session = new RedisSession({ ...access, ...node }, this.#clock, this.#random);
		this.#sessions.set(name, { node, session });
		return session;
	}
}
