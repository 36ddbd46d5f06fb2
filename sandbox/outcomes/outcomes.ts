import { setTimeout as sleep } from 'node:timers/promises';
import { postToThisMachine } from '../http/postToThisMachine';
import type { Changes } from '../journal/changes';
import { parseOutcomeFault, type OutcomeFault, type OutcomeFaultRequest } from './outcomeFault';

/** As a flow's HTTP Request node is to be set up: it tries again for a while, when n8n has not parked its execution yet. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_000;
const GIVE_UP_AFTER_MS = 90_000;

/** Where a flow posts what came of its conversation, and what. */
export interface OutcomePost {
	sessionId: string;
	outcome: Record<string, unknown>;
	/** The statuses that were answered, null where nothing was. */
	statuses: Array<number | null>;
	isOver: boolean;
}

/** Reads where the outcome is to be posted to: `n8n.callbackUrl` of what the flow was given. */
export function readCallbackUrl({ n8n }: Record<string, unknown>): string | undefined {
	if (typeof n8n !== 'object' || n8n === null || !('callbackUrl' in n8n)) return undefined;
	return typeof n8n.callbackUrl === 'string' ? n8n.callbackUrl : undefined;
}

/** The outcomes that flows post. */
export class Outcomes {
	readonly #posts: OutcomePost[] = [];
	readonly #faults: OutcomeFault[] = [];
	readonly #closing = new AbortController();

	/** @param ca certificate authority of whoever takes outcomes over https */
	constructor(
		private readonly changes: Changes,
		private readonly ca: string | undefined,
	) {}

	/** Oldest first. */
	get posts(): readonly OutcomePost[] {
		return this.#posts;
	}

	/** For an outcome to come. Throws an error that says what is wrong when it is no fault. */
	inject(request: OutcomeFaultRequest): OutcomeFault {
		const fault = parseOutcomeFault(request);
		this.#faults.push(fault);
		return fault;
	}

	/** Forgets the faults that have not happened yet. Returns how many. */
	clearFaults(): number {
		return this.#faults.splice(0).length;
	}

	/** Posts an outcome, until it is taken. */
	post(url: string, sessionId: string, outcome: Record<string, unknown>): void {
		const post: OutcomePost = { sessionId, outcome, statuses: [], isOver: false };
		this.#posts.push(post);
		void this.#deliver(url, post, this.#faults.shift())
			.catch(() => {})
			.finally(() => {
				post.isOver = true;
				this.changes.changed();
			});
	}

	/** Posts nothing any more. */
	close(): void {
		this.#closing.abort();
	}

	async #deliver(url: string, post: OutcomePost, fault: OutcomeFault | undefined): Promise<void> {
		if (fault?.kind === 'never') return;
		const body = JSON.stringify(post.outcome);
		if (fault?.kind === 'late') await this.#pause(fault.ms);
		if (fault?.kind === 'badJson') await this.#untilAnswered(url, body.slice(0, -1), post, [409]);
		await this.#untilAnswered(url, body, post, [409, 404, 429, 500, 502, 503, 504]);
		if (fault?.kind === 'twice') await this.#once(url, body, post);
	}

	/** @param again statuses after which it is tried again, as without an answer */
	async #untilAnswered(url: string, body: string, post: OutcomePost, again: readonly number[]): Promise<void> {
		const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
		for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
			const { status, isUnderstood } = await this.#once(url, body, post);
			const isAnswered = status !== null && !again.includes(status) && isUnderstood;
			if (isAnswered || performance.now() > giveUpAt) return;
			await this.#pause(pauseMs);
		}
	}

	/** An n8n that starts answers 200 as well, with a sentence: so what it says is read, too. */
	async #once(url: string, body: string, post: OutcomePost): Promise<{ status: number | null; isUnderstood: boolean }> {
		this.#closing.signal.throwIfAborted();
		const { status, text } = await postToThisMachine(url, body, { ca: this.ca }).catch(() => ({
			status: null,
			text: '',
		}));
		post.statuses.push(status);
		this.changes.changed();
		return { status, isUnderstood: status !== 200 || /"taken": *true/.test(text) };
	}

	async #pause(ms: number): Promise<void> {
		// Does not keep the process alive: whoever closes the sandbox does not wait for flows.
		await sleep(ms, undefined, { ref: false, signal: this.#closing.signal });
	}
}
