import type { Operation } from '../contract';
import { isFor, type Fault, type FaultMatch, type FaultOf } from './fault';
import type { RandomFaults } from './random-faults';

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
	private random: RandomFaults[] = [];

	add(fault: Fault): void {
		this.planned.push({ fault, toSkip: fault.after, timesLeft: fault.times });
	}

	/** From now on, until the faults are cleared. A fault that was asked for goes before one that comes by chance. */
	addRandom(faults: RandomFaults): void {
		this.random.push(faults);
	}

	/** Forgets what has not happened yet. Returns how many faults that were; random ones that were added together are one. */
	clear(): number {
		const count = this.planned.length + this.random.length;
		this.planned = [];
		this.random = [];
		return count;
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
		let drawn: FaultOf<O> | undefined;
		for (const random of this.random) {
			const fault = random.draw(operation);
			drawn ??= fault;
		}
		if (!taken) return drawn;

		const { planned, fault } = taken;
		planned.timesLeft -= 1;
		if (planned.timesLeft === 0) this.planned = this.planned.filter((other) => other !== planned);
		return fault;
	}
}

function matches({ match }: Fault, traits: CallTraits): boolean {
	return Object.entries(match).every(([trait, value]) => traits[trait as keyof FaultMatch] === value);
}
