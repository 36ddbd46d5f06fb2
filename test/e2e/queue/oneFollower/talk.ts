import type { Sandbox } from '../../../../sandbox';
import { seededRandom } from '../../../../sandbox/v1/faults/randomFaults';

/** So many messages of a session are said at one go, at most. */
const LARGEST_BURST = 12;
/** Far more than any process here takes to go on, in ms. */
const PATIENCE_MS = 180_000;

/** What is said in the sessions of a sandbox: when and how much at once is left to chance, the same with the same seed. */
export class Talk {
	readonly #random: () => number;
	/** The sessions that take part, and how much is to be said in each. */
	readonly #left = new Map<string, number>();
	#said = 0;

	constructor(
		private readonly sandbox: Sandbox,
		seed: number,
		/** Whether the bot itself says what is said, after which a reply may end. */
		private readonly isBot: (sessionId: string) => boolean,
	) {
		this.#random = seededRandom(seed);
	}

	/** A session of which so many messages are to be said. */
	begin(sessionId: string, count: number): void {
		this.#left.set(sessionId, count);
	}

	get isOver(): boolean {
		return this.#left.size === 0;
	}

	/** One burst in most sessions, in any order. */
	burst(): void {
		for (const sessionId of this.#shuffled()) {
			if (this.#random() < 0.8) this.#say(sessionId, 1 + Math.floor(this.#random() * LARGEST_BURST));
		}
	}

	/** The same, until somebody has heard a part of it: others follow it one by one. */
	async burstHeard(): Promise<void> {
		const { messagesHandedOut } = this.sandbox.stats();
		const said = this.#said;
		this.burst();
		const due = (this.#said - said) / 10;
		await this.sandbox.when(() => this.sandbox.stats().messagesHandedOut >= messagesHandedOut + due, PATIENCE_MS);
	}

	#say(sessionId: string, count: number): void {
		const left = this.#left.get(sessionId) ?? 0;
		for (let index = 0; index < Math.min(left, count); index++) {
			this.sandbox.say(sessionId, `${sessionId} says ${++this.#said}`, this.isBot(sessionId) ? 'bot' : 'webhook');
		}
		if (left > count) this.#left.set(sessionId, left - count);
		else this.#left.delete(sessionId);
	}

	#shuffled(): string[] {
		return [...this.#left.keys()]
			.map((sessionId) => ({ sessionId, order: this.#random() }))
			.sort((one, other) => one.order - other.order)
			.map(({ sessionId }) => sessionId);
	}
}

/** How many messages were said in the sessions of a sandbox that are not over. */
export function saidCount({ sessions }: Sandbox): number {
	return sessions.reduce((count, { transcript }) => count + transcript.length, 0);
}
