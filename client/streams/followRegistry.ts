import type { RegisteredSession, SessionRegistry } from '../registry/sessionRegistry';
import { sleep, type Clock } from '../time/clock';
import { registryTrouble } from './outbox';
import { REGISTRY, type FollowOptions } from './types';

/** How often the registry is asked for new sessions, in ms: they are to be followed within a second. */
const LOOK_EVERY_MS = 400;
/** How often it is asked for all sessions, in ms: those whose start was never confirmed lie behind the cursor. */
const LOOK_AT_ALL_EVERY_MS = 60_000;
/** A start that was not confirmed for so long, in ms, was begun by a process that has crashed. */
const START_MS = 2 * 60_000;

export interface FollowRegistryOptions {
	registry: SessionRegistry;
	account: string;
	/** Missing: of every bot. */
	botId?: string | undefined;
	/** Missing: every flow. */
	flowId?: string | undefined;
	clock: Clock;
	signal: AbortSignal;
	/** Follows one session; resolves when it is over or `signal` aborts. @throws {RegistryError} */
	follow: (session: RegisteredSession) => Promise<void>;
	/** A session that is being followed was begun anew, and may go on: it is open for longer. */
	onRenewed: (session: RegisteredSession) => void;
	onTrouble: FollowOptions['onTrouble'];
	onRecovered: FollowOptions['onRecovered'];
}

/** Follows every open session of an account, and new ones as they are recorded, until `signal` aborts. */
export async function followRegistry(options: FollowRegistryOptions): Promise<void> {
	const { registry, account, botId, flowId, clock, signal, onRecovered } = options;
	let isTroubled = false;
	const onTrouble = (error: unknown) => {
		isTroubled = true;
		options.onTrouble(registryTrouble(error), REGISTRY);
	};
	const following = new Following({ ...options, onTrouble });
	let after = 0;
	let lookAtAllAt = 0;
	while (!signal.aborted) {
		const now = clock.monotonic();
		if (now >= lookAtAllAt) {
			after = 0;
			lookAtAllAt = now + LOOK_AT_ALL_EVERY_MS;
		}
		try {
			const wallTime = clock.wallTime();
			const unconfirmedUntil = wallTime - START_MS;
			const query = { account, botId, flowId, now: wallTime, after, unconfirmedUntil };
			for (const session of await registry.openSessions(query)) {
				after = Math.max(after, session.sequence);
				following.add(session);
			}
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by onTrouble
			if (isTroubled) onRecovered(REGISTRY);
			isTroubled = false;
		} catch (error) {
			onTrouble(error);
		}
		await sleep(clock, LOOK_EVERY_MS, signal).catch(() => {});
	}
	await following.end();
}

/** The sessions that are followed just now, each of them once. */
class Following {
	readonly #running = new Map<string, { sequence: number; done: Promise<void>; next?: RegisteredSession }>();

	constructor(
		private readonly options: Pick<FollowRegistryOptions, 'follow' | 'onRenewed' | 'signal'> & {
			onTrouble: (error: unknown) => void;
		},
	) {}

	/** A session that begins anew while its last life is still followed comes after it. */
	add(session: RegisteredSession): void {
		const running = this.#running.get(session.sessionId);
		if (!running) {
			this.#running.set(session.sessionId, { sequence: session.sequence, done: this.#follow(session) });
		} else if (running.sequence !== session.sequence) {
			running.next = session;
			this.options.onRenewed(session);
		}
	}

	async end(): Promise<void> {
		await Promise.all(Array.from(this.#running.values(), ({ done }) => done));
	}

	async #follow(session: RegisteredSession): Promise<void> {
		const { follow, signal, onTrouble } = this.options;
		try {
			await follow(session);
		} catch (error) {
			onTrouble(error);
		}
		const next = this.#running.get(session.sessionId)?.next;
		this.#running.delete(session.sessionId);
		if (next && !signal.aborted) this.add(next);
	}
}
