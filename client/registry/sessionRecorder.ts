import {
	RegistryError,
	type ClaimedStart,
	type NewSession,
	type SessionRegistry,
	type StartClaim,
} from './sessionRegistry';

/** How often old sessions are deleted, in ms. */
export const PRUNE_EVERY_MS = 60 * 60_000;
/** How long a session is kept after it has expired, in ms. */
export const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Told when the registry does not work; what was to be done goes on without it. */
export type OnWarning = (message: string) => void;

/** Keeps the registry up to date with what the client does. A registry that does not work breaks nothing. */
export class SessionRecorder {
	#pruneAt = 0;

	/** @param account the account behind the credential, as `accountKey` makes it */
	constructor(
		private readonly registry: SessionRegistry,
		private readonly account: string,
	) {}

	/** A start is about to be sent. */
	async starting(session: Omit<NewSession, 'account'>, onWarning: OnWarning): Promise<void> {
		const { account } = this;
		await this.#attempt(this.registry.record({ ...session, account }), session.sessionId, 'recorded', onWarning);
		await this.#pruneNowAndThen(session.createdAt);
	}

	/**
	 * A start is about to be sent, which only one may make.
	 * @param session missing: it goes into a session that runs already
	 * @returns what is known of it if somebody else has claimed it
	 * @throws {RegistryError}
	 */
	async claiming(
		claim: Omit<StartClaim, 'account'>,
		session: Omit<NewSession, 'account'> | undefined,
	): Promise<ClaimedStart | undefined> {
		const { account } = this;
		const earlier = await this.registry.claimStart({ ...claim, account }, session && { ...session, account });
		await this.#pruneNowAndThen(claim.now);
		return earlier;
	}

	/** The start ran or may have run: streams may follow the session. */
	async started(sessionId: string, onWarning: OnWarning): Promise<void> {
		const { account } = this;
		await this.#attempt(this.registry.confirm({ account, sessionId }), sessionId, 'opened', onWarning);
	}

	/** The start certainly did not run, or the service gave the session another id. */
	async notStarted(sessionId: string, onWarning: OnWarning): Promise<void> {
		const { account } = this;
		await this.#attempt(this.registry.forget({ account, sessionId }), sessionId, 'removed', onWarning);
	}

	async reset(sessionId: string, at: number, onWarning: OnWarning): Promise<void> {
		const { account } = this;
		await this.#attempt(this.registry.markReset({ account, sessionId }, at), sessionId, 'marked as reset', onWarning);
	}

	/** A reset failed: if it was claimed for it, somebody else may try. */
	async notReset(sessionId: string, onWarning: OnWarning): Promise<void> {
		const { account } = this;
		await this.#attempt(this.registry.releaseClaim({ account, sessionId }), sessionId, 'released', onWarning);
	}

	/** Old sessions go, whoever started them; what hinders it now will not hinder it the next time. */
	async #pruneNowAndThen(now: number): Promise<void> {
		if (now < this.#pruneAt) return;
		this.#pruneAt = now + PRUNE_EVERY_MS;
		await this.registry.prune(now - KEPT_MS, now).catch(() => {});
	}

	async #attempt(change: Promise<void>, sessionId: string, what: string, onWarning: OnWarning): Promise<void> {
		try {
			await change;
		} catch (error) {
			onWarning(registryWarning(sessionId, what, error));
		}
	}
}

/** @param what could not be done with the session: `recorded` */
export function registryWarning(sessionId: string, what: string, error: unknown): string {
	return `Session "${sessionId}" could not be ${what} in the session registry: ${reasonOf(error)}`;
}

/** Why the registry did not do something. */
export function reasonOf(error: unknown): string {
	return error instanceof RegistryError ? error.message : 'the reason is not known';
}
