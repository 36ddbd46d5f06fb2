import { typicalOf, type Typical } from '../statistics';
import { preciseNow } from './arrival';
import type { Receiver } from './receiver';

/** What became of the messages that were said to one way. */
export interface Deliveries {
	messages: number;
	/** From the moment the service had a message to the first node that had it, in ms; of those that came. */
	latencyMs: Typical;
	/** How many never came. */
	missed: number;
	/** How often one came that had come before. */
	again: number;
}

/** Messages that were said to one way. Each has a text that no other message has. */
export class SaidMessages {
	/** By text: when, in ms since 1970. */
	readonly #said = new Map<string, number>();

	constructor(private readonly prefix: string) {}

	get texts(): string[] {
		return [...this.#said.keys()];
	}

	/** @returns the text of a new one, which is said now */
	sayNext(): string {
		const text = `${this.prefix} ${this.#said.size}`;
		this.#said.set(text, preciseNow());
		return text;
	}

	deliveries(receiver: Receiver): Deliveries {
		const latencies: number[] = [];
		let again = 0;
		for (const [text, saidAt] of this.#said) {
			const [first, ...others] = receiver.arrivalsOf(text);
			if (first !== undefined) latencies.push(first - saidAt);
			again += others.length;
		}
		const messages = this.#said.size;
		return { messages, latencyMs: typicalOf(latencies), missed: messages - latencies.length, again };
	}
}
