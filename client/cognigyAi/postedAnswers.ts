import { randomUUID } from 'node:crypto';
import pLimit, { type LimitFunction } from 'p-limit';
import * as z from 'zod/v4';

import { ANSWER_PAUSE_MS, wasTooBusy } from '../streams/answerStream';
import type { SessionRegistry, StagedBatch } from '../registry/sessionRegistry';
import type { Clock } from '../time/clock';
import type { FlowOutput } from '../types';
import { jsonObjectSchema } from '../validation/fields';
import { chunkOf } from './chunks';

/** So much of one answer is collected; what goes on after it is another message. */
const MAX_PARTS = 5_000;
const MAX_CHARACTERS = 1_000_000;

/** Parts of answers that are read from the registry at a time. */
const PAGE = { limit: 500, maxCharacters: 4_000_000 };

/** A pause is over, in ms: timers and clocks are not exact. */
const QUIET_MS = ANSWER_PAUSE_MS - 100;

/** Not one of the accounts of credentials: who posts does not tell which it belongs to. */
const ACCOUNT = 'webhook';

/** What a Webhook endpoint posted at once. */
export interface PostedOutputsOf {
	userId: string;
	sessionId: string;
	outputs: FlowOutput[];
}

/** Outputs that are to be put out now, in order; an answer is whole. */
export interface Delivery extends PostedOutputsOf {
	/** To be called when n8n has them: they are not staged any more. Never fails. */
	done: () => Promise<void>;
	/** To be called when n8n could not take them: they wait for the next call. */
	failed: () => void;
}

/** Asks for a call that delivers what is overdue; resolves when there was one, or could be none. Never rejects. */
export type OnOverdue = () => Promise<void>;

export interface Taken {
	deliveries: Delivery[];
	/** An answer has begun that nobody delivers yet: what no later call could put out, if anything, comes here. */
	rest?: Promise<Delivery | undefined>;
}

export interface PostedAnswersDependencies {
	/** Missing: nothing is staged, for tests of workflows. */
	registry: SessionRegistry | undefined;
	clock: Clock;
	/** Told of what is wrong with the registry. */
	onWarning: (message: string) => void;
}

const partSchema = z.object({
	sessionId: z.string(),
	userId: z.string(),
	/** In ms since 1970. */
	at: z.number(),
	output: z.object({
		text: z.string(),
		data: jsonObjectSchema.nullish(),
		traceId: z.string(),
		source: z.string(),
	}),
});

interface Part extends z.output<typeof partSchema> {
	/** In the registry. */
	id: string;
	answerId: string;
	isStaged: boolean;
}

/** An answer that is not over. */
interface Open {
	sessionId: string;
	userId: string;
	answerId: string;
	parts: Part[];
	characters: number;
	/** In ms of the monotonic clock. */
	lastAt: number;
	cancelTimer: () => void;
	/** Puts it out where no call does, if there is somebody to do that. */
	carrier: ((delivery: Delivery | undefined) => void) | undefined;
}

/** What one node collects. */
interface Node {
	open: Map<string, Open>;
	/** By session: one call after the other. */
	turns: Map<string, LimitFunction>;
	leftOver: Promise<void>;
	/** Called when an answer waits for long enough. */
	onOverdue: OnOverdue;
}

/**
 * Collects streamed answers that Webhook endpoints post in chunks, a call each. A chunk is staged before its call is
 * answered, and stays so until its answer was delivered: so what was acknowledged survives a crash. What is delivered is what
 * is staged, so it does not matter which process took which chunk, if they share the registry.
 */
export class PostedAnswers {
	readonly #deps: PostedAnswersDependencies;
	readonly #nodes = new Map<string, Node>();

	constructor(dependencies: PostedAnswersDependencies) {
		this.#deps = dependencies;
	}

	/** Whether there are answers that are not over. */
	isCollecting(consumer: string): boolean {
		return (this.#nodes.get(consumer)?.open.size ?? 0) > 0;
	}

	/** Answers of before this process began are looked for; `onOverdue` is called when it is time to put some out. */
	async begin(consumer: string, onOverdue: OnOverdue): Promise<void> {
		const node = this.#nodeOf(consumer);
		node.onOverdue = onOverdue;
		await node.leftOver;
	}

	/** Takes what was posted. Resolves when it is safe. */
	async take(consumer: string, post: PostedOutputsOf): Promise<Taken> {
		const node = this.#nodeOf(consumer);
		await node.leftOver;
		return await this.#inTurn(node, post, async () => await this.#take(consumer, node, post));
	}

	/** Answers of which nothing came for so long that nothing is to be expected. */
	async overdue(consumer: string): Promise<Delivery[]> {
		const node = this.#nodeOf(consumer);
		await node.leftOver;
		const due = [...node.open.values()].filter(({ lastAt }) => this.#deps.clock.monotonic() - lastAt >= QUIET_MS);
		const deliveries: Delivery[] = [];
		const deliver = ({ carrier }: Open, delivery: Delivery | undefined) => {
			if (delivery) deliveries.push(delivery);
			carrier?.(undefined);
		};
		await Promise.all(due.map(async (open) => await this.#endAfterPause(consumer, node, open, deliver)));
		return deliveries;
	}

	async #take(consumer: string, node: Node, { userId, sessionId, outputs }: PostedOutputsOf): Promise<Taken> {
		const deliveries: Delivery[] = [];
		const deliver = (delivery: Delivery | undefined) => {
			if (delivery) deliveries.push(delivery);
		};
		let plain: Delivery | undefined;
		for (const output of outputs) {
			const chunk = chunkOf(output);
			let open = node.open.get(sessionId);
			if (open && open.answerId !== chunk?.answerId) {
				const { carrier } = open;
				const ended = await this.#end(consumer, node, open);
				// With what ends it, as that is delivered too; a chunk is not.
				if (chunk && carrier) carrier(ended);
				else {
					carrier?.(undefined);
					deliver(ended);
				}
				open = undefined;
			}
			if (!chunk) {
				// Those that came together belong together: equal ones are told apart.
				if (!plain) deliver((plain = { userId, sessionId, outputs: [], done: async () => {}, failed: () => {} }));
				plain.outputs.push(output);
				continue;
			}
			plain = undefined;
			open ??= this.#open(node, { userId, sessionId, answerId: chunk.answerId });
			await this.#add(consumer, open, output);
			if (!chunk.isLast && open.parts.length < MAX_PARTS && open.characters < MAX_CHARACTERS) {
				this.#waitForMore(consumer, node, open);
				continue;
			}
			const { carrier } = open;
			deliver(await this.#end(consumer, node, open));
			carrier?.(undefined);
		}
		const open = node.open.get(sessionId);
		if (!open || open.carrier || deliveries.length > 0) return { deliveries };
		const rest = new Promise<Delivery | undefined>((resolve) => (open.carrier = resolve));
		return { deliveries, rest };
	}

	#nodeOf(consumer: string): Node {
		const known = this.#nodes.get(consumer);
		if (known) return known;
		const node: Node = { open: new Map(), turns: new Map(), leftOver: Promise.resolve(), onOverdue: async () => {} };
		node.leftOver = this.#findLeftOver(consumer, node);
		this.#nodes.set(consumer, node);
		return node;
	}

	async #findLeftOver(consumer: string, node: Node): Promise<void> {
		for (const part of (await this.#written(consumer)) ?? []) {
			const { userId, sessionId, answerId } = part;
			const known = node.open.get(sessionId);
			const open = known?.answerId === answerId ? known : this.#open(node, { userId, sessionId, answerId });
			open.parts.push(part);
			this.#waitForMore(consumer, node, open);
		}
	}

	#open(node: Node, what: Pick<Open, 'userId' | 'sessionId' | 'answerId'>): Open {
		node.open.get(what.sessionId)?.cancelTimer();
		const open: Open = { ...what, parts: [], characters: 0, lastAt: 0, cancelTimer: () => {}, carrier: undefined };
		open.lastAt = this.#deps.clock.monotonic();
		node.open.set(what.sessionId, open);
		return open;
	}

	/** Written down; when that does not work, it is only in memory. */
	async #add(consumer: string, open: Open, output: FlowOutput): Promise<void> {
		const { registry, clock, onWarning } = this.#deps;
		const { sessionId, userId, answerId } = open;
		const part: Part = {
			id: randomUUID(),
			sessionId,
			userId,
			answerId,
			at: clock.wallTime(),
			output,
			isStaged: true,
		};
		const payload = JSON.stringify({ sessionId, userId, at: part.at, output });
		try {
			if (registry) await registry.stage(keyOf(consumer), consumer, { id: part.id, payload });
			else part.isStaged = false;
		} catch (error) {
			part.isStaged = false;
			onWarning(
				`A part of a streamed answer could not be written down. ${error instanceof Error ? error.message : ''}`,
			);
		}
		open.parts.push(part);
		open.characters += payload.length;
	}

	#waitForMore(consumer: string, node: Node, open: Open): void {
		const { clock } = this.#deps;
		open.cancelTimer();
		open.lastAt = clock.monotonic();
		open.cancelTimer = clock.after(ANSWER_PAUSE_MS, () => {
			if (wasTooBusy(clock, open.lastAt + ANSWER_PAUSE_MS)) return this.#waitForMore(consumer, node, open);
			void this.#putOut(consumer, node, open);
		});
	}

	/** With a call, as n8n confirms what it starts for a call; else with the one that was answered already. */
	async #putOut(consumer: string, node: Node, open: Open): Promise<void> {
		await node.onOverdue();
		if (!open.carrier) return;
		await this.#endAfterPause(consumer, node, open, ({ carrier }, delivery) => carrier?.(delivery));
	}

	/** @param deliver called with what is left of the answer, if anything, unless the answer goes on or was over before */
	async #endAfterPause(
		consumer: string,
		node: Node,
		open: Open,
		deliver: (open: Open, delivery: Delivery | undefined) => void,
	): Promise<void> {
		const isOpen = () => node.open.get(open.sessionId) === open;
		await this.#inTurn(node, open, async () => {
			if (!isOpen() || this.#deps.clock.monotonic() - open.lastAt < QUIET_MS) return;
			const delivery = await this.#end(consumer, node, open, true);
			if (!isOpen()) deliver(open, delivery);
		});
	}

	/** What happens in a session goes one by one. */
	async #inTurn<T>(node: Node, { sessionId }: Pick<Open, 'sessionId'>, work: () => Promise<T>): Promise<T> {
		const turn = node.turns.get(sessionId) ?? pLimit(1);
		node.turns.set(sessionId, turn);
		return await turn(work).finally(() => {
			if (turn.activeCount + turn.pendingCount === 0) node.turns.delete(sessionId);
		});
	}

	/**
	 * The answer is over.
	 * @param isPaused only if nothing has come of it for a while, whoever took it
	 * @returns it, unless it is not over, or somebody else has put it out
	 */
	async #end(consumer: string, node: Node, open: Open, isPaused = false): Promise<Delivery | undefined> {
		const { clock, onWarning } = this.#deps;
		const written = await this.#written(consumer);
		const own = open.parts;
		const all = written?.filter(
			({ sessionId, answerId }) => sessionId === open.sessionId && answerId === open.answerId,
		);
		const quietMs = clock.wallTime() - Math.max(...(all ?? []).map(({ at }) => at));
		// Less than nothing: somebody has set the clock back.
		if (isPaused && quietMs >= 0 && quietMs < QUIET_MS) {
			this.#waitForMore(consumer, node, open);
			return undefined;
		}
		if (node.open.get(open.sessionId) === open) {
			open.cancelTimer();
			node.open.delete(open.sessionId);
		}
		const parts = all ? [...all, ...own.filter(({ isStaged }) => !isStaged)] : own;
		if (parts.length === 0) return undefined;
		const { userId, sessionId } = open;
		return {
			userId,
			sessionId,
			outputs: parts.map(({ output }) => output),
			done: async () => {
				try {
					for (const { id } of parts) await this.#deps.registry?.recordDelivered(keyOf(consumer), consumer, [], id);
				} catch (error) {
					onWarning(`A streamed answer may be put out again. ${error instanceof Error ? error.message : ''}`);
				}
			},
			failed: () => {
				if (node.open.has(sessionId)) return;
				const again = this.#open(node, open);
				again.parts = parts;
				this.#waitForMore(consumer, node, again);
			},
		};
	}

	/** All parts that are staged, in order; nothing when the registry does not work. */
	async #written(consumer: string): Promise<Part[] | undefined> {
		const { registry, onWarning } = this.#deps;
		if (!registry) return undefined;
		try {
			const parts: Part[] = [];
			let page: StagedBatch[] = await registry.stagedBatches(keyOf(consumer), consumer, PAGE);
			while (page.length > 0) {
				parts.push(...page.flatMap(partOf));
				const after = page.at(-1)?.id;
				page = await registry.stagedBatches(keyOf(consumer), consumer, { ...PAGE, ...(after ? { after } : {}) });
			}
			return parts;
		} catch (error) {
			onWarning(`Parts of streamed answers cannot be read. ${error instanceof Error ? error.message : ''}`);
			return undefined;
		}
	}
}

function keyOf(consumer: string) {
	return { account: ACCOUNT, sessionId: consumer };
}

function partOf({ id, payload }: StagedBatch): Part[] {
	const part = partSchema.parse(JSON.parse(payload));
	const chunk = chunkOf(part.output);
	return chunk ? [{ ...part, id, answerId: chunk.answerId, isStaged: true }] : [];
}
