import {
	RegistryError,
	type ClaimedStart,
	type ExpiredSessionsQuery,
	type NewSession,
	type OpenSessionsQuery,
	type RegisteredSession,
	type SessionKey,
	type SessionRegistry,
	type StagedBatch,
	type StagedPage,
	type StartClaim,
	type StartKey,
	type StartProgress,
} from '../../client/registry/sessionRegistry';

interface Life extends RegisteredSession {
	context: NewSession['context'];
	isConfirmed: boolean;
	endedAt?: number;
	resetAt?: number;
	claimedUntil: number;
}

type Method = Exclude<keyof SessionRegistry, 'close'>;

/** A registry without a store, which can be made to fail. */
export class MemoryRegistry implements SessionRegistry {
	/** What was asked for, in order: the method and the session. */
	readonly calls: string[] = [];
	/** Methods that fail. */
	readonly #broken = new Set<Method>();
	readonly #lives = new Map<string, Life>();
	readonly #earlierLives = new Map<string, Life>();
	readonly #emitted = new Map<string, Set<string>>();
	readonly #staged = new Map<string, Map<string, StagedBatch>>();
	readonly #starts = new Map<string, ClaimedStart & Omit<StartClaim, 'now'>>();
	#sequence = 0;

	/** From now on these methods fail; none: everything works. */
	breakDown(...methods: Method[]): void {
		this.#broken.clear();
		for (const method of methods) this.#broken.add(method);
	}

	/** How often a method was called. */
	count(method: Method): number {
		return this.calls.filter((call) => call.split(' ')[0] === method).length;
	}

	async record(session: NewSession): Promise<void> {
		this.#called('record', session);
		const name = nameOf(session);
		const life = this.#lives.get(name);
		if (life) this.#earlierLives.set(name, life);
		const expiresAt = session.createdAt + session.ttlSeconds * 1000;
		const fresh = { ...session, sequence: ++this.#sequence, expiresAt, isConfirmed: false, claimedUntil: 0 };
		this.#lives.set(name, fresh);
	}

	async confirm(key: SessionKey): Promise<void> {
		this.#called('confirm', key);
		const life = this.#lives.get(nameOf(key));
		if (!life || life.isConfirmed) return;
		const { endedAt: _endedAt, ...rest } = life;
		this.#lives.set(nameOf(key), { ...rest, sequence: ++this.#sequence, isConfirmed: true });
	}

	async forget(key: SessionKey): Promise<void> {
		this.#called('forget', key);
		const name = nameOf(key);
		const earlier = this.#earlierLives.get(name);
		this.#earlierLives.delete(name);
		if (earlier) this.#lives.set(name, earlier);
		else this.#lives.delete(name);
	}

	async claimStart({ now, ...claim }: StartClaim, session?: NewSession): Promise<ClaimedStart | undefined> {
		this.#called('claimStart', claim);
		const earlier = this.#starts.get(startName(claim));
		if (earlier && earlier.expiresAt > now) return earlier.owner === claim.owner ? undefined : { ...earlier };
		if (session) await this.record(session);
		this.#starts.set(startName(claim), claim);
		return undefined;
	}

	async settleStart(claim: StartKey & Pick<StartClaim, 'owner'>, progress: StartProgress): Promise<void> {
		this.#called('settleStart');
		const start = this.#starts.get(startName(claim));
		if (start?.owner === claim.owner) Object.assign(start, progress);
	}

	async releaseStart(claim: StartKey & Pick<StartClaim, 'owner'>): Promise<void> {
		this.#called('releaseStart');
		if (this.#starts.get(startName(claim))?.owner === claim.owner) this.#starts.delete(startName(claim));
	}

	async openSessions(query: OpenSessionsQuery): Promise<RegisteredSession[]> {
		this.#called('openSessions');
		const { account, botId, flowId, now, after, unconfirmedUntil } = query;
		return this.#sorted(
			(life) =>
				life.account === account &&
				(botId === undefined || life.botId === botId) &&
				(flowId === undefined || life.flowId === flowId) &&
				life.endedAt === undefined &&
				life.expiresAt > now &&
				life.sequence > after &&
				(life.isConfirmed || life.createdAt <= unconfirmedUntil),
			(life) => life.sequence,
		);
	}

	async contextOf(key: SessionKey): Promise<Record<string, unknown> | undefined> {
		this.#called('contextOf', key);
		return this.#lives.get(nameOf(key))?.context;
	}

	async markEnded(session: SessionKey & Pick<RegisteredSession, 'sequence'>, at: number): Promise<void> {
		this.#called('markEnded', session);
		const life = this.#lives.get(nameOf(session));
		if (life?.sequence === session.sequence) life.endedAt = at;
	}

	async markReset(key: SessionKey, at: number): Promise<void> {
		this.#called('markReset', key);
		const life = this.#lives.get(nameOf(key));
		if (life) Object.assign(life, { resetAt: at, claimedUntil: 0 });
	}

	async claimExpired({ account, botId, now, leaseMs, limit }: ExpiredSessionsQuery): Promise<RegisteredSession[]> {
		this.#called('claimExpired');
		const claimed = this.#sorted(
			(life) =>
				life.account === account &&
				(botId === undefined || life.botId === botId) &&
				life.resetAt === undefined &&
				life.expiresAt <= now &&
				life.claimedUntil <= now,
			(life) => life.expiresAt,
		).slice(0, limit);
		for (const life of claimed) life.claimedUntil = now + leaseMs;
		return claimed;
	}

	async releaseClaim(key: SessionKey): Promise<void> {
		this.#called('releaseClaim', key);
		const life = this.#lives.get(nameOf(key));
		if (life) life.claimedUntil = 0;
	}

	async deliveredIds(key: SessionKey, consumer: string): Promise<string[]> {
		this.#called('deliveredIds', key);
		return [...(this.#emitted.get(nameOf(key, consumer)) ?? [])];
	}

	async recordDelivered(key: SessionKey, consumer: string, ids: readonly string[], batchId?: string): Promise<void> {
		this.#called('recordDelivered', key);
		const name = nameOf(key, consumer);
		this.#emitted.set(name, new Set([...(this.#emitted.get(name) ?? []), ...ids]));
		if (batchId !== undefined) this.#staged.get(name)?.delete(batchId);
	}

	async stage(key: SessionKey, consumer: string, batch: StagedBatch): Promise<void> {
		this.#called('stage', key);
		const name = nameOf(key, consumer);
		const staged = this.#staged.get(name) ?? new Map<string, StagedBatch>();
		this.#staged.set(name, staged);
		if (!staged.has(batch.id)) staged.set(batch.id, batch);
	}

	async stagedBatches(key: SessionKey, consumer: string, page: StagedPage = {}): Promise<StagedBatch[]> {
		this.#called('stagedBatches', key);
		const { after, limit = Infinity, maxCharacters = Infinity } = page;
		const all = [...(this.#staged.get(nameOf(key, consumer))?.values() ?? [])];
		let characters = 0;
		return all
			.slice(all.findIndex(({ id }) => id === after) + 1)
			.slice(0, limit)
			.filter(({ payload }, index) => (characters += payload.length) <= maxCharacters || index === 0);
	}

	async prune(before: number, now = before): Promise<number> {
		this.#called('prune');
		for (const [name, { expiresAt }] of this.#starts) if (expiresAt <= now) this.#starts.delete(name);
		const old = this.#sorted(
			(life) => life.expiresAt < before,
			(life) => life.sequence,
		);
		for (const life of old) this.#lives.delete(nameOf(life));
		return old.length;
	}

	async close(): Promise<void> {}

	#called(method: Method, key?: SessionKey): void {
		this.calls.push(key ? `${method} ${key.sessionId}` : method);
		if (this.#broken.has(method)) throw new RegistryError(`The registry is broken: ${method}`);
	}

	#sorted(fits: (life: Life) => boolean, by: (life: Life) => number): Life[] {
		return [...this.#lives.values()].filter(fits).sort((a, b) => by(a) - by(b));
	}
}

function nameOf({ account, sessionId }: SessionKey, consumer = ''): string {
	return JSON.stringify([account, sessionId, consumer]);
}

function startName({ account, startId }: StartKey): string {
	return JSON.stringify([account, startId]);
}
