import { CognigyError } from '../errors';
import type { Clock } from '../time/clock';
import type { Deadline } from '../time/deadline';
import { raceWithSignal } from '../time/race';

/** Renewal starts when this share of the lifetime is over, minus up to JITTER_SHARE. */
const RENEW_AT_SHARE = 0.9;
/** Spread of the renewal, so that many n8n processes do not log in at the same moment. */
const JITTER_SHARE = 0.1;
/** After a rejected login nobody tries again for this time, in ms: a wrong password in 1,000 items must not lock the account. */
const REJECTION_HOLD_MS = 15_000;
/** After a renewal that failed, the next one is tried after this time, in ms, while the old token still lives. */
const RENEWAL_PAUSE_MS = 10_000;

/** A token that has lived for a while already. */
export interface UsedToken {
	value: string;
	/** Rest of its lifetime, in ms, counted from the moment it was asked for. */
	expiresInMs: number;
}

export interface TokenProviderOptions {
	/**
	 * One login; resolves with the token.
	 * @param refusedToken the last one that the service answered with 401: it must not come back
	 */
	login: (signal: AbortSignal, refusedToken: string | undefined) => Promise<string | UsedToken>;
	/** Lifetime of a token in ms, counted from the moment the login was sent. */
	lifetimeMs: number;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** How long somebody waits for a token. */
type WaitLimit = Pick<Deadline, 'signal' | 'end'>;

/** A token as all who may use it share it. In ms of the monotonic clock. */
export interface KnownToken {
	value: string;
	/** When the login was sent that made it. */
	bornAt: number;
	/** When this share of its lifetime is over it is renewed. */
	renewShare: number;
	/** It is not renewed before, as that has just failed. */
	renewNotBefore?: number;
}

interface RunningLogin {
	result: Promise<KnownToken>;
	waiting: number;
	abort: AbortController;
}

/** What is known of the logins of one user with one password: whoever has the same ones may share it. */
export interface TokenState {
	token?: KnownToken | undefined;
	/** The last one that the service answered with 401. */
	refusedToken?: string;
	running?: RunningLogin | undefined;
	/** Nobody logs in before. */
	rejection?: { error: CognigyError; until: number };
}

/**
 * The one token of an account (guarantee 4): one login in flight however many callers wait, renewed ahead of its end,
 * and once after a 401. Several providers may share what they know; each logs in by its own way, and goes by what its own
 * credential says of lifetimes.
 */
export class TokenProvider {
	readonly #options: TokenProviderOptions;
	readonly #stateNow: () => TokenState;

	/** @param state what is known of logins with these very user and password; by default nobody else's */
	constructor(options: TokenProviderOptions, state?: () => TokenState) {
		const own: TokenState = {};
		this.#options = options;
		this.#stateNow = state ?? (() => own);
	}

	/**
	 * A token that is valid now, as far as its lifetime tells.
	 * @throws {CognigyError} when the login fails
	 * @throws the reason of the deadline's signal when it ends first
	 */
	async get(deadline: WaitLimit): Promise<string> {
		const { clock } = this.#options;
		const { token, running } = this.#stateNow();
		if (token && clock.monotonic() < this.#renewAt(token)) return token.value;
		// While somebody renews a token that still lives, the others go on with it.
		if (token && clock.monotonic() < this.#expiresAt(token) && running) return token.value;
		try {
			return (await this.#renew(deadline)).value;
		} catch (error) {
			// Renewing ahead of time is a precaution: while the old token still lives, a login that fails hurts nobody.
			const now = clock.monotonic();
			if (!token || now >= this.#expiresAt(token) || deadline.end) throw error;
			token.renewNotBefore = now + RENEWAL_PAUSE_MS;
			return token.value;
		}
	}

	/**
	 * A token other than `staleToken`, which the service answered with 401.
	 * @throws as `get`
	 */
	async renew(staleToken: string, deadline: WaitLimit): Promise<string> {
		this.#throwIfHeld();
		const state = this.#stateNow();
		if (state.token?.value === staleToken) state.token = undefined;
		if (!state.token) state.refusedToken = staleToken;
		return await this.get(deadline);
	}

	/** The service refused a login, or even a new token: until a while is over, nobody logs in again. */
	hold(error: CognigyError): void {
		this.#stateNow().rejection = { error, until: this.#options.clock.monotonic() + REJECTION_HOLD_MS };
	}

	#renewAt({ bornAt, renewShare, renewNotBefore = -Infinity }: KnownToken): number {
		return Math.max(bornAt + this.#options.lifetimeMs * renewShare, renewNotBefore);
	}

	#expiresAt({ bornAt }: KnownToken): number {
		return bornAt + this.#options.lifetimeMs;
	}

	async #renew(deadline: WaitLimit): Promise<KnownToken> {
		this.#throwIfHeld();
		const state = this.#stateNow();
		const login = (state.running ??= this.#startLogin(state));
		login.waiting++;
		try {
			return await raceWithSignal(login.result, deadline.signal);
		} finally {
			login.waiting--;
			if (login.waiting === 0 && state.running === login) {
				state.running = undefined;
				login.abort.abort();
			}
		}
	}

	#startLogin(state: TokenState): RunningLogin {
		const abort = new AbortController();
		const login: RunningLogin = { result: this.#performLogin(state, abort.signal), waiting: 0, abort };
		const forget = () => {
			if (state.running === login) state.running = undefined;
		};
		login.result.then(forget, forget);
		return login;
	}

	async #performLogin(state: TokenState, signal: AbortSignal): Promise<KnownToken> {
		const { login, lifetimeMs, clock, random } = this.#options;
		const sentAt = clock.monotonic();
		try {
			const answer = await login(signal, state.refusedToken);
			const { value, expiresInMs } = typeof answer === 'string' ? { value: answer, expiresInMs: lifetimeMs } : answer;
			const renewShare = RENEW_AT_SHARE - JITTER_SHARE * random();
			state.token = { value, bornAt: sentAt + expiresInMs - lifetimeMs, renewShare };
			return state.token;
		} catch (error) {
			if (error instanceof CognigyError && error.category === 'authentication') {
				this.hold(error);
			}
			throw error;
		}
	}

	#throwIfHeld(): void {
		const { rejection } = this.#stateNow();
		if (rejection && this.#options.clock.monotonic() < rejection.until) throw rejection.error;
	}
}
