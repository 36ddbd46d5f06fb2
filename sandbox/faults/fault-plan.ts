import type { Operation } from '../contract';
import { isFor, type Fault, type FaultMatch, type FaultOf } from './fault';

/** What of a call a fault can be matched on. */
export type CallTraits = { readonly [K in keyof FaultMatch]: FaultMatch[K] | null };

interface Planned {
	fault: Fault;
	/** Matching calls that are still left alone. */
	toSkip: number;
	timesLeft: number;
}

/** The faults that were asked for and have not all happened yet. */
export class FaultPlan {
	private planned: Planned[] = [];

	add(fault: Fault): void {
		this.planned.push({ fault, toSkip: fault.after, timesLeft: fault.times });
	}

	/** Forgets what has not happened yet. Returns how many faults that were. */
	clear(): number {
		const { length } = this.planned;
		this.planned = [];
		return length;
	}

	/**
	 * The fault for a call that arrived, if any. Of several that fit, the one injected first comes first; `after` counts
	 * every matching call, also one that another fault takes.
	 */
	take<O extends Operation>(operation: O, traits: CallTraits): FaultOf<O> | undefined {
		let taken: { planned: Planned; fault: FaultOf<O> } | undefined;
		for (const planned of this.planned) {
			const { fault } = planned;
			if (!isFor(fault, operation) || !matches(fault, traits)) continue;
			if (planned.toSkip > 0) planned.toSkip -= 1;
			else taken ??= { planned, fault };
		}
		if (!taken) return undefined;

		const { planned, fault } = taken;
		planned.timesLeft -= 1;
		if (planned.timesLeft === 0) this.planned = this.planned.filter((other) => other !== planned);
		return fault;
	}
}

function matches({ match }: Fault, traits: CallTraits): boolean {
	return Object.entries(match).every(([trait, value]) => traits[trait as keyof FaultMatch] === value);
}
