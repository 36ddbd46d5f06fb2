import { makeMemoryStore, openMemoryRegistry } from '../../client/registry/memoryRegistry';
import { RegistryError, type SessionRegistry } from '../../client/registry/sessionRegistry';
import { systemClock } from '../../client/time/systemClock';

type Method = Exclude<keyof SessionRegistry, 'close'>;

/** The registry in memory, which can be made to fail and counts what it is asked for. */
export class MemoryRegistry implements SessionRegistry {
	/** What was asked for, in order: the method and the session. A claim that records a session is a `record` as well. */
	readonly calls: string[] = [];
	/** Methods that fail. */
	readonly #broken = new Set<Method>();
	readonly #registry = openMemoryRegistry(makeMemoryStore({ clock: systemClock }));

	readonly record = this.#counted('record');
	readonly confirm = this.#counted('confirm');
	readonly forget = this.#counted('forget');
	readonly settleStart = this.#counted('settleStart');
	readonly releaseStart = this.#counted('releaseStart');
	readonly openSessions = this.#counted('openSessions');
	readonly contextOf = this.#counted('contextOf');
	readonly markEnded = this.#counted('markEnded');
	readonly markReset = this.#counted('markReset');
	readonly claimExpired = this.#counted('claimExpired');
	readonly releaseClaim = this.#counted('releaseClaim');
	readonly deliveredIds = this.#counted('deliveredIds');
	readonly recordDelivered = this.#counted('recordDelivered');
	readonly stage = this.#counted('stage');
	readonly stagedBatches = this.#counted('stagedBatches');
	readonly prune = this.#counted('prune');
	readonly #claimStart = this.#counted('claimStart');

	readonly claimStart: SessionRegistry['claimStart'] = async (claim, session) => {
		const earlier = await this.#claimStart(claim, session);
		if (!earlier && session) this.calls.push(`record ${session.sessionId}`);
		return earlier;
	};

	/** From now on these methods fail; none: everything works. */
	breakDown(...methods: Method[]): void {
		this.#broken.clear();
		for (const method of methods) this.#broken.add(method);
	}

	/** How often a method was called. */
	count(method: Method): number {
		return this.calls.filter((call) => call.split(' ')[0] === method).length;
	}

	async close(): Promise<void> {}

	#counted<Name extends Method>(method: Name): SessionRegistry[Name] {
		const call = this.#registry[method] as (...args: unknown[]) => Promise<unknown>;
		const counted = async (...args: unknown[]): Promise<unknown> => {
			const [about] = args;
			const hasSession = typeof about === 'object' && about !== null && 'sessionId' in about;
			this.calls.push(hasSession ? `${method} ${String(about.sessionId)}` : method);
			if (this.#broken.has(method)) throw new RegistryError(`The registry is broken: ${method}`);
			return await call(...args);
		};
		return counted as SessionRegistry[Name];
	}
}
