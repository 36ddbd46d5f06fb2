import type { Clock } from '../../time/clock';
import { KEPT_MS, PRUNE_EVERY_MS } from '../sessionRecorder';
import {
	RegistryError,
	type ClaimedStart,
	type NewSession,
	type OnRegistryWarning,
	type SessionKey,
	type StagedBatch,
	type StartClaim,
	type StartKey,
	type StartProgress,
} from '../sessionRegistry';
import { Deliveries } from './deliveries';
import { Sessions, weightOfContext, weightOfSession } from './sessions';
import { StartClaims, toldOf, weightOfStart } from './startClaims';
import { Usage } from './usage';

/** How much a store holds at most. */
export interface MemoryLimits {
	sessions: number;
	/** Of all texts together: contexts, staged payloads, outcomes, ids; of each entry a little more for itself. */
	characters: number;
}

export interface MemoryStoreOptions {
	clock: Pick<Clock, 'wallTime'>;
	/** Told now and then when something had to make room that somebody may miss. */
	onWarning?: OnRegistryWarning | undefined;
	limits: MemoryLimits;
}

const ADVICE =
	'Sessions with a shorter lifetime make room sooner; n8n-nodes-cognigy, the full edition, keeps them in a file or in Redis.';

/**
 * What registries in memory share. Everything is done at once, so nothing comes in between. What was promised is never
 * dropped to make room: sessions that have not expired with what was delivered of them, batches that wait to be delivered,
 * starts that were claimed. What does not fit beside them is refused, and nothing changes then.
 */
export class MemoryStore {
	readonly #usage = new Usage();
	readonly sessions = new Sessions(this.#usage);
	readonly starts = new StartClaims(this.#usage);
	readonly deliveries = new Deliveries(this.#usage);
	#pruneAt: number;
	#warnAt = 0;

	constructor(private readonly options: MemoryStoreOptions) {
		this.#pruneAt = options.clock.wallTime() + PRUNE_EVERY_MS;
	}

	/** How much is kept, in characters. */
	get characters(): number {
		return this.#usage.characters;
	}

	/** @throws {RegistryError} when there is no room; a context alone is left out instead */
	record(session: NewSession): void {
		this.#pruneNowAndThen();
		const context = JSON.stringify(session.context);
		this.#makeRoomFor(session, weightOfSession(session));
		this.#record(session, context);
	}

	/** @throws {RegistryError} when there is no room for claim and session */
	claimStart(claim: StartClaim, session?: NewSession): ClaimedStart | undefined {
		this.#pruneNowAndThen();
		const earlier = this.starts.find(claim);
		if (earlier) return earlier.owner === claim.owner ? undefined : toldOf(earlier);
		const context = session && JSON.stringify(session.context);
		const weight = weightOfStart(claim);
		if (session) this.#makeRoomFor(session, weight + weightOfSession(session));
		else this.#makeRoom(weight, claim);
		this.starts.claim(claim);
		if (session && context !== undefined) this.#record(session, context);
		return undefined;
	}

	/** @throws {RegistryError} when there is no room for the outcome */
	settleStart(claim: StartKey & Pick<StartClaim, 'owner'>, progress: StartProgress): void {
		this.#makeRoom(this.starts.growthOf(claim, progress));
		this.starts.settle(claim, progress);
	}

	/** @throws {RegistryError} when there is no room */
	recordDelivered(key: SessionKey, consumer: string, messageIds: readonly string[], batchId?: string): void {
		this.#pruneNowAndThen();
		this.#makeRoom(this.deliveries.growthOfDelivered(key, consumer, messageIds, batchId), key);
		this.deliveries.recordDelivered(key, consumer, messageIds, batchId, this.options.clock.wallTime());
	}

	/** @throws {RegistryError} when there is no room */
	stage(key: SessionKey, consumer: string, batch: StagedBatch): void {
		this.#pruneNowAndThen();
		this.#makeRoom(this.deliveries.growthOfStaged(key, consumer, batch), key);
		this.deliveries.stage(key, consumer, batch, this.options.clock.wallTime());
	}

	prune(before: number, now = before): number {
		const gone = this.sessions.prune(before);
		for (const key of gone) this.deliveries.forget(key);
		this.deliveries.pruneIdle(before, (key) => this.sessions.has(key));
		this.starts.forgetExpired(now);
		return gone.length;
	}

	#record(session: NewSession, context: string): void {
		const { characters: limit } = this.options.limits;
		const weight = weightOfSession(session) + weightOfContext(context);
		const isKept = this.#usage.characters - this.sessions.contextCharacters + weight <= limit;
		if (isKept) this.sessions.dropContexts(() => this.#usage.characters + weight <= limit);
		this.sessions.record(session, isKept ? context : undefined);
	}

	#makeRoomFor(session: SessionKey, characters: number): void {
		const { sessions: limit } = this.options.limits;
		if (!this.sessions.has(session) && this.sessions.size >= limit && !this.#dropLongestExpired(session)) {
			throw new RegistryError(
				`The session registry in memory is full: it holds ${limit} sessions, and none that has expired. ${ADVICE}`,
			);
		}
		this.#makeRoom(characters, session);
	}

	/** @param key of the session that it is for, which stays */
	#makeRoom(characters: number, key?: SessionKey): void {
		const { characters: limit } = this.options.limits;
		const isEnough = () => characters <= 0 || this.#usage.characters + characters <= limit;
		if (isEnough()) return;
		// For what would never fit, nothing is to be taken away.
		if (characters <= limit) {
			this.starts.forgetExpired(this.options.clock.wallTime());
			this.sessions.dropContexts(isEnough);
			while (!isEnough() && this.#dropLongestExpired(key));
			if (isEnough()) return;
		}
		throw new RegistryError(
			`The session registry in memory is full: there is no room for ${characters} characters more, of ${limit}. ${ADVICE}`,
		);
	}

	/** @param key of a session that stays, as do those of which something waits. @returns whether there was one */
	#dropLongestExpired(key?: SessionKey): boolean {
		const now = this.options.clock.wallTime();
		const isKept = (other: SessionKey) =>
			(other.account === key?.account && other.sessionId === key.sessionId) || this.deliveries.hasStaged(other);
		const gone = this.sessions.dropLongestExpired(now, isKept);
		if (!gone) return false;
		this.deliveries.forget(gone);
		if (now >= this.#warnAt) {
			this.#warnAt = now + PRUNE_EVERY_MS;
			this.options.onWarning?.(
				`The session registry in memory is full: sessions that expired longest ago are dropped from it. ${ADVICE}`,
			);
		}
		return true;
	}

	/** Whoever starts sessions has them pruned; who only follows sessions of others does not. */
	#pruneNowAndThen(): void {
		const now = this.options.clock.wallTime();
		if (now < this.#pruneAt) return;
		this.#pruneAt = now + PRUNE_EVERY_MS;
		this.prune(now - KEPT_MS, now);
	}
}
