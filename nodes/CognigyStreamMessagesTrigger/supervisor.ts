import { setTimeout as sleep } from 'node:timers/promises';

import type { CognigyClient, CognigyError, FollowInput, MessageBatch } from '../../client';
import type { Outage } from './outage';

/** Pause before the sessions are followed again with fresh credentials, in ms; the first and the longest one. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** A generation that goes on for so long, in ms, has a login that works. */
const STABLE_MS = 30_000;

/** The login as a source of trouble. No session has this id. */
const LOGIN = ' login';

/** While there is trouble, the credential is read anew so often, in ms: it may have been edited. */
const READ_CREDENTIAL_EVERY_MS = 5_000;

/** How long a stop may take, in ms: n8n stops triggers one after the other (guarantee 7). */
const LONGEST_STOP_MS = 1_000;

export interface SupervisorOptions {
	/** Reads the credential anew: it may have been edited. */
	openClient: () => Promise<CognigyClient>;
	input: FollowInput;
	parallel?: number;
	/** Who follows, for what is remembered as emitted. */
	consumer: string;
	onBatch: (batch: MessageBatch) => Promise<void>;
	/** Called once: the service does not know the one session that is followed, or it is over. */
	onOver: () => void;
	/** Told of what had to be left out. */
	onWarning: (message: string) => void;
	outage: Outage;
	asCognigyError: (error: unknown) => CognigyError;
}

/**
 * Keeps the following of sessions alive for ever (guarantee 8). The client rides out whatever passes; when the credential
 * was edited while there is trouble, a new generation begins with it.
 */
export class Supervisor {
	readonly #stopping = new AbortController();
	#running = Promise.resolve();
	/** Generations in a row that ended badly. */
	#failures = 0;
	#isOverSaid = false;
	#credentialReadAt = -Infinity;

	constructor(private readonly options: SupervisorOptions) {}

	/** @param ready what to wait for before */
	start(ready: Promise<void>): void {
		this.#running = ready.then(async () => await this.#run());
	}

	/**
	 * Ends every request at once. What was emitted already goes on in n8n, and is written down as emitted before this
	 * resolves: n8n may end right afterwards. It waits no longer than a second for that.
	 */
	async stop(): Promise<void> {
		this.#stopping.abort();
		await Promise.race([this.#running, sleep(LONGEST_STOP_MS, undefined, { ref: false })]);
	}

	async #run(): Promise<void> {
		const { signal } = this.#stopping;
		while (!signal.aborted) {
			const isWell = await this.#followOnce();
			this.#failures = isWell ? 0 : this.#failures + 1;
			const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
			if (isWell && !signal.aborted) this.#sayThatItIsOver();
			// A session that is over may begin anew.
			const pauseMs = isWell ? LONGEST_PAUSE_MS : FIRST_PAUSE_MS + Math.random() * limit;
			await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
		}
	}

	#sayThatItIsOver(): void {
		if (this.#isOverSaid) return;
		this.#isOverSaid = true;
		this.options.onOver();
	}

	/**
	 * Another address or user may be the way out of the trouble. With the same one nothing is gained by beginning anew, and
	 * messages could be lost: those on their way in requests that are ended.
	 */
	async #endIfCredentialIsOther(client: CognigyClient, generation: AbortController): Promise<void> {
		const now = performance.now();
		if (now - this.#credentialReadAt < READ_CREDENTIAL_EVERY_MS) return;
		this.#credentialReadAt = now;
		const fresh = await this.options.openClient().catch(() => client);
		if (fresh !== client) generation.abort();
	}

	/** One generation. @returns whether it ended well */
	async #followOnce(): Promise<boolean> {
		const { openClient, input, parallel, consumer, onBatch, outage, asCognigyError, onWarning } = this.options;
		const generation = new AbortController();
		const signal = AbortSignal.any([this.#stopping.signal, generation.signal]);
		const stability = setTimeout(() => {
			this.#failures = 0;
			outage.over(LOGIN);
		}, STABLE_MS).unref();
		try {
			const client = await openClient();
			await client.follow(input, {
				consumer,
				...(parallel === undefined ? {} : { parallel }),
				signal,
				onBatch,
				onTrouble: (error, source) => {
					if (signal.aborted) return;
					outage.trouble(error, source);
					void this.#endIfCredentialIsOther(client, generation);
				},
				onRecovered: (source) => outage.over(source),
				onWarning,
			});
			return !generation.signal.aborted;
		} catch (error) {
			outage.trouble(asCognigyError(error), LOGIN);
			return false;
		} finally {
			clearTimeout(stability);
		}
	}
}
