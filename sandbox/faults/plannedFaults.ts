/** What of a fault says when it happens. */
interface Plannable {
	/** How many matching calls are left alone first. */
	after: number;
	/** How many calls get the fault. */
	times: number;
}

interface Planned<Fault> {
	fault: Fault;
	/** Matching calls that are still left alone. */
	toSkip: number;
	timesLeft: number;
}

/** Faults that were asked for, in this order, and have not all happened yet. */
export class PlannedFaults<Fault extends Plannable> {
	#planned: Array<Planned<Fault>> = [];

	add(fault: Fault): void {
		this.#planned.push({ fault, toSkip: fault.after, timesLeft: fault.times });
	}

	/** Forgets what has not happened yet. Returns how many faults that were. */
	clear(): number {
		const { length } = this.#planned;
		this.#planned = [];
		return length;
	}

	/**
	 * The fault for a call, if any. Of several that fit, the one added first comes first; `after` counts every matching
	 * call, also one that another fault takes.
	 */
	take<Taken extends Fault>(isForCall: (fault: Fault) => fault is Taken): Taken | undefined {
		let taken: { planned: Planned<Fault>; fault: Taken } | undefined;
		for (const planned of this.#planned) {
			const { fault } = planned;
			if (!isForCall(fault)) continue;
			if (planned.toSkip > 0) planned.toSkip -= 1;
			else taken ??= { planned, fault };
		}
		if (!taken) return undefined;

		const { planned, fault } = taken;
		planned.timesLeft -= 1;
		if (planned.timesLeft === 0) this.#planned = this.#planned.filter((other) => other !== planned);
		return fault;
	}
}

/** Whether a call has every trait that is asked for. */
export function fits(match: object, traits: Readonly<Record<string, unknown>>): boolean {
	return Object.entries(match).every(([trait, value]) => traits[trait] === value);
}
