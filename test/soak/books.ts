import { z } from 'zod';

import type { Post, Receiver } from '../../demo/receiver';
import type { Workload } from './result';
import type { Side } from './side';

const messageSchema = z.object({
	stream: z.string(),
	sessionId: z.string(),
	messageId: z.string(),
	text: z.string(),
});

/** What was said on all sides, and what came out of n8n. */
export class Books {
	#postsRead = 0;

	constructor(
		private readonly sides: readonly Side[],
		private readonly receiver: Receiver,
	) {}

	/** Notes what has happened since the last time. With `isTalking`, bots say something now and then. */
	tick(isTalking: boolean): void {
		const { posts } = this.receiver;
		for (; this.#postsRead < posts.length; this.#postsRead++) this.#take(posts[this.#postsRead]?.body);
		for (const side of this.sides) side.tick(isTalking);
	}

	/** Whether all that was said so far has come out. */
	get isAllOut(): boolean {
		return this.#ledgers().every(({ lost }) => lost.length === 0);
	}

	/** One line. */
	get summary(): string {
		const said = this.#ledgers().reduce((sum, { saidCount }) => sum + saidCount, 0);
		const calls = this.sides.reduce((sum, { starts }) => sum + starts.count, 0);
		return `${calls} webhooks, ${said} messages`;
	}

	workload(): Omit<Workload, 'minutes' | 'seed' | 'http' | 'restarts'> {
		const { sides } = this;
		return {
			faults: sums(sides.map(({ faults }) => Object.fromEntries(faults))),
			errors: sums(sides.map(({ starts }) => starts.errors)),
			webhooks: Object.fromEntries(sides.map(({ name, starts }) => [name, starts.count])),
			http2Requests: Object.fromEntries(sides.map(({ name, http2Requests }) => [name, http2Requests])),
			messages: Object.fromEntries(
				sides.flatMap(({ streams }) => Array.from(streams, ([name, { ledger }]) => [name, ledger.saidCount])),
			),
			sessions: sides.reduce((sum, { sessionCount }) => sum + sessionCount, 0),
		};
	}

	/** Sweeps of expired sessions post too; those are counted in the registry. */
	#take(body: Post['body'] | undefined): void {
		const { data: message } = messageSchema.safeParse(body);
		if (!message) return;
		for (const { streams } of this.sides) {
			const stream = streams.get(message.stream);
			stream?.ledger.cameOut(stream.keyOf(message));
		}
	}

	#ledgers() {
		return this.sides.flatMap(({ streams }) => Array.from(streams.values(), ({ ledger }) => ledger));
	}
}

function sums(all: ReadonlyArray<Readonly<Record<string, number>>>): Record<string, number> {
	const result: Record<string, number> = {};
	for (const counts of all) {
		for (const [name, count] of Object.entries(counts)) result[name] = (result[name] ?? 0) + count;
	}
	return result;
}
