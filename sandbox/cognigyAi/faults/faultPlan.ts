import { fits, PlannedFaults } from '../../faults/plannedFaults';
import type { Operation } from '../contract';
import { isFor, parseFault, type CognigyAiFaultRequest, type Fault, type FaultMatch, type FaultOf } from './fault';

/** What of a call a fault can be matched on. */
export type CallTraits = { readonly [K in keyof FaultMatch]: FaultMatch[K] | null };

/** The faults that were asked for and have not all happened yet. */
export class FaultPlan {
	readonly #planned = new PlannedFaults<Fault>();

	/** Throws an error that says what is wrong when it is no fault. */
	inject(request: CognigyAiFaultRequest): Fault {
		const fault = parseFault(request);
		this.#planned.add(fault);
		return fault;
	}

	/** Forgets what has not happened yet. Returns how many faults that were. */
	clear(): number {
		return this.#planned.clear();
	}

	/** The fault for something that happens now, if any. */
	take<O extends Operation>(operation: O, traits: CallTraits): FaultOf<O> | undefined {
		return this.#planned.take((fault): fault is FaultOf<O> => isFor(fault, operation) && fits(fault.match, traits));
	}
}
