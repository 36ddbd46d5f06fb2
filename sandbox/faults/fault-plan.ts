import type { Operation } from '../contract';
import type { Fault, FaultMatch } from './fault';

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
	take(operation: Operation, traits: CallTraits): Fault | undefined {
		let taken: Planned | undefined;
		for (const candidate of this.planned) {
			if (!fits(candidate.fault, operation, traits)) continue;
			if (candidate.toSkip > 0) candidate.toSkip -= 1;
			else taken ??= candidate;
		}
		if (!taken) return undefined;

		taken.timesLeft -= 1;
		if (taken.timesLeft === 0) this.planned = this.planned.filter((planned) => planned !== taken);
		return taken.fault;
	}
}

function fits({ operation: wanted, match }: Fault, operation: Operation, traits: CallTraits): boolean {
	if (wanted !== 'any' && wanted !== operation) return false;
	return Object.entries(match).every(([trait, value]) => traits[trait as keyof FaultMatch] === value);
}
