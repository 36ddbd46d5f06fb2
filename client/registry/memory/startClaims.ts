import type { ClaimedStart, StartClaim, StartKey, StartProgress } from '../sessionRegistry';
import { SortedList } from './sortedList';
import { weightOf, type Usage } from './usage';

type Owned = StartKey & Pick<StartClaim, 'owner'>;

interface Start extends Omit<StartClaim, 'now'> {
	/** As JSON text. */
	outcome: string | undefined;
	/** One for each, so that they have an order. */
	readonly number: number;
}

/** The starts of a store that are made only once. */
export class StartClaims {
	readonly #starts = new Map<string, Start>();
	readonly #byExpiry = new SortedList<Start>((a, b) => a.expiresAt - b.expiresAt || a.number - b.number);
	#number = 0;

	constructor(private readonly usage: Usage) {}

	/** @returns undefined: it has expired, or nobody has claimed it */
	find({ now, ...key }: StartKey & Pick<StartClaim, 'now'>): Readonly<Start> | undefined {
		const start = this.#starts.get(nameOf(key));
		return start && start.expiresAt > now ? start : undefined;
	}

	/** Begins anew: of an earlier claim, which must have expired, nothing is left. */
	claim(claim: StartClaim): void {
		const { account, startId, owner, fingerprint, origin, sessionId, aliveUntil, expiresAt } = claim;
		const key = { account, startId, owner };
		const times = { aliveUntil, expiresAt, number: ++this.#number };
		this.#delete(this.#starts.get(nameOf(key)));
		const start: Start = { ...key, fingerprint, origin, sessionId, ...times, outcome: undefined };
		this.#starts.set(nameOf(key), start);
		this.#byExpiry.add(start);
		this.usage.characters += weightOfStart(start);
	}

	/** How much more would be kept with this outcome, in characters. */
	growthOf(claim: Owned, { outcome }: StartProgress): number {
		const start = this.#ownedBy(claim);
		return start && outcome !== undefined ? outcome.length - (start.outcome?.length ?? 0) : 0;
	}

	settle(claim: Owned, progress: StartProgress): void {
		const start = this.#ownedBy(claim);
		if (!start) return;
		this.usage.characters += this.growthOf(claim, progress);
		start.aliveUntil = progress.aliveUntil;
		start.outcome = progress.outcome ?? start.outcome;
	}

	release(claim: Owned): void {
		this.#delete(this.#ownedBy(claim));
	}

	/** Those whose time is over by `now` (ms since 1970). */
	forgetExpired(now: number): void {
		for (const start of this.#byExpiry.takeUntil(({ expiresAt }) => expiresAt > now)) this.#forgotten(start);
	}

	#ownedBy({ owner, ...key }: Owned): Start | undefined {
		const start = this.#starts.get(nameOf(key));
		return start?.owner === owner ? start : undefined;
	}

	#delete(start: Start | undefined): void {
		if (!start) return;
		this.#byExpiry.delete(start);
		this.#forgotten(start);
	}

	#forgotten(start: Start): void {
		this.#starts.delete(nameOf(start));
		this.usage.characters -= weightOfStart(start) + (start.outcome?.length ?? 0);
	}
}

/** What a start takes without its outcome, in characters. */
export function weightOfStart(claim: Omit<StartClaim, 'now'>): number {
	const { account, startId, owner, fingerprint, origin, sessionId } = claim;
	return weightOf(account, startId, owner, fingerprint, origin, sessionId);
}

/** A copy with what others are told. */
export function toldOf({ fingerprint, origin, sessionId, aliveUntil, outcome }: Readonly<Start>): ClaimedStart {
	return { fingerprint, origin, sessionId, aliveUntil, ...(outcome === undefined ? {} : { outcome }) };
}

function nameOf({ account, startId }: StartKey): string {
	return JSON.stringify([account, startId]);
}
