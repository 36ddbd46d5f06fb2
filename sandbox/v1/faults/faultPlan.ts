import type { Operation } from '../contract';
import { isFor, type Fault, type FaultMatch, type FaultOf } from './fault';
import { fits, PlannedFaults } from '../../faults/plannedFaults';
import type { RandomFaults } from './randomFaults';

/** What of a call a fault can be matched on. */
export type CallTraits = { readonly [K in keyof FaultMatch]: FaultMatch[K] | null };

/** The faults that were asked for and have not all happened yet. */
export class FaultPlan {
	readonly #planned = new PlannedFaults<Fault>();
	#random: RandomFaults[] = [];

	add(fault: Fault): void {
		this.#planned.add(fault);
	}

	/** From now on, until the faults are cleared. A fault that was asked for goes before one that comes by chance. */
	addRandom(faults: RandomFaults): void {
		this.#random.push(faults);
	}

	/** Forgets what has not happened yet. Returns how many faults that were; random ones that were added together are one. */
	clear(): number {
		const count = this.#planned.clear() + this.#random.length;
		this.#random = [];
		return count;
	}

	/**
	 * The fault for a call that arrived, if any. Of several that fit, the one injected first comes first; `after` counts
	 * every matching call, also one that another fault takes.
	 */
	take<O extends Operation>(operation: O, traits: CallTraits): FaultOf<O> | undefined {
		const taken = this.#planned.take(
			(fault): fault is FaultOf<O> => isFor(fault, operation) && fits(fault.match, traits),
		);
		let drawn: FaultOf<O> | undefined;
		for (const random of this.#random) {
			const fault = random.draw(operation);
			drawn ??= fault;
		}
		return taken ?? drawn;
	}
}
