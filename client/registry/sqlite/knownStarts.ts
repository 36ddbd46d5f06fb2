import type { StartClaim, StartKey, StartProgress } from '../sessionRegistry';

/** So many starts are remembered, and so many characters of what came of them; the latest ones. */
const MAX_STARTS = 10_000;
const MAX_CHARACTERS = 4_000_000;

/** A start that this process has claimed, and what came of it. */
export interface KnownStart extends Omit<StartClaim, 'now'> {
	/** As JSON text; missing: it is under way, or that was too much to remember. */
	outcome?: string;
}

/** The starts that this process has claimed: should their file be taken away, they are not to be made again. */
export class KnownStarts {
	/** In the order in which they were claimed. */
	readonly #starts = new Map<string, KnownStart>();
	/** Of the outcomes. */
	#characters = 0;

	constructor(
		private readonly maxStarts = MAX_STARTS,
		private readonly maxCharacters = MAX_CHARACTERS,
	) {}

	/** @param now in ms since 1970. @returns those that are not to be forgotten yet */
	at(now: number): KnownStart[] {
		return [...this.#starts.values()].filter(({ expiresAt }) => expiresAt > now);
	}

	claimed({ now: _now, ...start }: StartClaim): void {
		if (this.#ownOf(start)) return;
		this.#forget(nameOf(start));
		this.#starts.set(nameOf(start), start);
		const [oldest] = this.#starts.keys();
		if (this.#starts.size > this.maxStarts && oldest !== undefined) this.#forget(oldest);
	}

	settled(claim: StartKey & Pick<StartClaim, 'owner'>, { aliveUntil, outcome }: StartProgress): void {
		const known = this.#ownOf(claim);
		if (!known) return;
		known.aliveUntil = aliveUntil;
		if (outcome === undefined) return;
		this.#characters += outcome.length - (known.outcome?.length ?? 0);
		known.outcome = outcome;
		this.#makeRoom();
	}

	released(claim: StartKey & Pick<StartClaim, 'owner'>): void {
		if (this.#ownOf(claim)) this.#forget(nameOf(claim));
	}

	#ownOf(claim: StartKey & Pick<StartClaim, 'owner'>): KnownStart | undefined {
		const known = this.#starts.get(nameOf(claim));
		return known?.owner === claim.owner ? known : undefined;
	}

	#forget(name: string): void {
		this.#characters -= this.#starts.get(name)?.outcome?.length ?? 0;
		this.#starts.delete(name);
	}

	/** That a start was made is worth more than what came of it. */
	#makeRoom(): void {
		if (this.#characters <= this.maxCharacters) return;
		for (const start of this.#starts.values()) {
			if (this.#characters <= this.maxCharacters) return;
			this.#characters -= start.outcome?.length ?? 0;
			delete start.outcome;
		}
	}
}

function nameOf({ account, startId }: StartKey): string {
	return JSON.stringify([account, startId]);
}
