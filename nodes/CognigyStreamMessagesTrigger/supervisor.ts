import type { CognigyClient, CognigyError, DeliveredMemory, MessageBatch } from '../../client';
import type { ClientModule } from '../shared/loadClient';
import type { Outage } from './outage';
import type { FollowInput } from './settings';

/** Pause before the sessions are followed again with fresh credentials, in ms; the first and the longest one. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** A generation that goes on for so long, in ms, has a login that works. */
const STABLE_MS = 30_000;

/** The login as a source of trouble. No session has this id. */
const LOGIN = ' login';

/** The change to another session registry as a source of trouble. */
const CHANGE = ' change';

/** The credential is read anew so often, in ms: it may have been edited. */
const READ_CREDENTIAL_EVERY_MS = 5_000;

/** How long a stop may take, in ms: n8n stops triggers one after the other (guarantee 7). */
const LONGEST_STOP_MS = 1_000;

export interface SupervisorOptions {
	client: ClientModule;
	/** Reads the credential anew: it may have been edited. */
	openClient: () => Promise<CognigyClient>;
	input: FollowInput;
	parallel?: number;
	/** What is known to be delivered besides what the registry knows. */
	memory?: DeliveredMemory | undefined;
	/** Who follows, for what is remembered as emitted. */
	consumer: string;
	onBatch: (batch: MessageBatch) => Promise<void>;
	/** As of `FollowOptions`; by default not. */
	recognisesBatches?: boolean;
	/** Called once: the service does not know the one session that is followed, or it is over. */
	onOver: () => void;
	/** Told of what had to be left out. */
	onWarning: (message: string) => void;
	outage: Outage;
	asCognigyError: (error: unknown) => CognigyError;
	/** Whether the credential itself is wrong, as opposed to n8n being unable to read it just now. */
	isWrongCredential: (error: unknown) => boolean;
}

/** How long what was followed stays connected after another generation has begun, in ms: by then it follows that too. */
const HOLD_MS = 15_000;

/** One run of the client's `follow`. */
interface Generation {
	/** Of the credential as it was read last. */
	client: CognigyClient;
	/** Ends it for another one. */
	ending: AbortController;
	/** The client of that one, and how to let go what is held so that nothing is lost in between. */
	next?: { client: CognigyClient; letGo: () => void };
}

/**
 * Keeps the following of sessions alive for ever (guarantee 8). The client rides out whatever passes. An edited credential
 * of the same account goes on with what runs; one of another account, or with another session registry, begins anew.
 */
export class Supervisor {
	readonly #stopping = new AbortController();
	#running = Promise.resolve();
	/** Generations in a row that ended badly. */
	#failures = 0;
	#isOverSaid = false;
	#credentialReadAt = -Infinity;

	constructor(private readonly options: SupervisorOptions) {}

	get #clock() {
		return this.options.client.edition.clock;
	}

	async #pause(ms: number, signal?: AbortSignal): Promise<void> {
		await this.options.client.pause(this.#clock, ms, signal);
	}

	/** @param ready what to wait for before */
	start(ready: Promise<void>): void {
		this.#running = ready.then(async () => await this.#run());
	}

	/**
	 * Ends every request at once. What was emitted already goes on in n8n, and is recorded as delivered before this
	 * resolves: n8n may end right afterwards. It waits no longer than a second for that.
	 */
	async stop(): Promise<void> {
		this.#stopping.abort();
		await Promise.race([this.#running, this.#pause(LONGEST_STOP_MS)]);
	}

	async #run(): Promise<void> {
		const { signal } = this.#stopping;
		while (!signal.aborted) {
			const end = await this.#followOnce();
			if (end === 'edited') continue;
			const isWell = end === 'well';
			this.#failures = isWell ? 0 : this.#failures + 1;
			const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
			if (isWell && !signal.aborted) this.#sayThatItIsOver();
			// A session that is over may begin anew.
			const pauseMs = isWell ? LONGEST_PAUSE_MS : FIRST_PAUSE_MS + Math.random() * limit;
			await this.#pause(pauseMs, signal);
		}
	}

	#sayThatItIsOver(): void {
		if (this.#isOverSaid) return;
		this.#isOverSaid = true;
		this.options.onOver();
	}

	/** Goes on with the credential as it is now. Nothing that is on its way is ended without need: it could be lost. */
	async #readCredential(generation: Generation): Promise<void> {
		const now = performance.now();
		if (now - this.#credentialReadAt < READ_CREDENTIAL_EVERY_MS) return;
		this.#credentialReadAt = now;
		const { openClient, input, outage, isWrongCredential } = this.options;
		try {
			const fresh = await openClient();
			if (fresh !== generation.client) {
				fresh.checkFollow(input);
				if (!generation.client.sharesSessionsWith(fresh)) return await this.#changeTo(fresh, generation);
			}
			generation.client = fresh;
			// One that did not work may have been taken back.
			outage.over(CHANGE);
		} catch (error) {
			if (isWrongCredential(error)) generation.ending.abort();
		}
	}

	/** Another session registry, or another account. While that does not work, the old one goes on. */
	async #changeTo(fresh: CognigyClient, generation: Generation): Promise<void> {
		const { consumer, outage, asCognigyError } = this.options;
		try {
			await fresh.takeOver(generation.client, consumer);
			outage.over(CHANGE);
		} catch (error) {
			outage.trouble(asCognigyError(error), CHANGE);
			return;
		}
		if (generation.ending.signal.aborted) return;
		const letGo = generation.client.holdFollowed();
		this.#stopping.signal.addEventListener('abort', letGo, { once: true });
		generation.next = { client: fresh, letGo };
		generation.ending.abort();
	}

	/** Once more, for what was emitted since. */
	async #finishChange({ client, next }: Generation): Promise<void> {
		const { consumer, outage, asCognigyError } = this.options;
		const { signal } = this.#stopping;
		while (next && !signal.aborted) {
			try {
				await next.client.takeOver(client, consumer);
				outage.over(CHANGE);
				this.#clock.after(HOLD_MS, next.letGo, { isBackground: true });
				return;
			} catch (error) {
				outage.trouble(asCognigyError(error), CHANGE);
				await this.#pause(FIRST_PAUSE_MS, signal);
			}
		}
	}

	/** One generation. @returns whether it ended well, or for another one at once */
	async #followOnce(): Promise<'well' | 'badly' | 'edited'> {
		const { client, openClient, input, parallel, memory, consumer, outage, asCognigyError } = this.options;
		const { onBatch, recognisesBatches = false, onWarning } = this.options;
		const ending = new AbortController();
		const signal = AbortSignal.any([this.#stopping.signal, ending.signal]);
		const endStability = this.#clock.after(
			STABLE_MS,
			() => {
				this.#failures = 0;
				outage.over(LOGIN);
			},
			{ isBackground: true },
		);
		let stopReading = () => {};
		try {
			const generation: Generation = { client: await openClient(), ending };
			stopReading = client.every(this.#clock, READ_CREDENTIAL_EVERY_MS, () => void this.#readCredential(generation));
			await generation.client.follow(input, {
				consumer,
				...(parallel === undefined ? {} : { parallel }),
				...(memory ? { memory } : {}),
				signal,
				clientNow: () => generation.client,
				onBatch,
				recognisesBatches,
				onTrouble: (error, source) => {
					if (signal.aborted) return;
					outage.trouble(error, source);
					void this.#readCredential(generation);
				},
				onRecovered: (source) => outage.over(source),
				onWarning,
			});
			if (!ending.signal.aborted) return 'well';
			await this.#finishChange(generation);
			return 'edited';
		} catch (error) {
			outage.trouble(asCognigyError(error), LOGIN);
			return 'badly';
		} finally {
			endStability();
			stopReading();
		}
	}
}
