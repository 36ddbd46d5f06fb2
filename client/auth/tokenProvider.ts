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

interface Token {
	value: string;
	renewAt: number;
	expiresAt: number;
}

interface RunningLogin {
	result: Promise<Token>;
	waiting: number;
	abort: AbortController;
}

/**
 * The one token of a credential (guarantee 4): one login in flight however many callers wait, renewed ahead of its end,
 * and once after a 401.
 */
export class TokenProvider {
	#token: Token | undefined;
	#refusedToken: string | undefined;
	#login: RunningLogin | undefined;
	#rejection: { error: CognigyError; until: number } | undefined;

	constructor(private readonly options: TokenProviderOptions) {}

	/**
	 * A token that is valid now, as far as its lifetime tells.
	 * @throws {CognigyError} when the login fails
	 * @throws the reason of the deadline's signal when it ends first
	 */
	async get(deadline: Deadline): Promise<string> {
		const { clock } = this.options;
		const token = this.#token;
		if (token && clock.monotonic() < token.renewAt) return token.value;
		// While somebody renews a token that still lives, the others go on with it.
		if (token && clock.monotonic() < token.expiresAt && this.#login) return token.value;
		try {
			return (await this.#renew(deadline)).value;
		} catch (error) {
			// Renewing ahead of time is a precaution: while the old token still lives, a login that fails hurts nobody.
			const now = clock.monotonic();
			if (!token || now >= token.expiresAt || deadline.end) throw error;
			token.renewAt = now + RENEWAL_PAUSE_MS;
			return token.value;
		}
	}

	/**
	 * A token other than `staleToken`, which the service answered with 401.
	 * @throws as `get`
	 */
	async renew(staleToken: string, deadline: Deadline): Promise<string> {
		this.#throwIfHeld();
		if (this.#token?.value === staleToken) this.#token = undefined;
		if (!this.#token) this.#refusedToken = staleToken;
		return await this.get(deadline);
	}

	/** The service refused a login, or even a new token: until a while is over, nobody logs in again. */
	hold(error: CognigyError): void {
		this.#rejection = { error, until: this.options.clock.monotonic() + REJECTION_HOLD_MS };
	}

	async #renew(deadline: Deadline): Promise<Token> {
		this.#throwIfHeld();
		const login = (this.#login ??= this.#startLogin());
		login.waiting++;
		try {
			return await raceWithSignal(login.result, deadline.signal);
		} finally {
			login.waiting--;
			if (login.waiting === 0 && this.#login === login) {
				this.#login = undefined;
				login.abort.abort();
			}
		}
	}

	#startLogin(): RunningLogin {
		const abort = new AbortController();
		const login: RunningLogin = { result: this.#performLogin(abort.signal), waiting: 0, abort };
		const forget = () => {
			if (this.#login === login) this.#login = undefined;
		};
		login.result.then(forget, forget);
		return login;
	}

	async #performLogin(signal: AbortSignal): Promise<Token> {
		const { login, lifetimeMs, clock, random } = this.options;
		const sentAt = clock.monotonic();
		try {
			const answer = await login(signal, this.#refusedToken);
			const { value, expiresInMs } = typeof answer === 'string' ? { value: answer, expiresInMs: lifetimeMs } : answer;
			const renewShare = RENEW_AT_SHARE - JITTER_SHARE * random();
			const expiresAt = sentAt + expiresInMs;
			this.#token = { value, renewAt: expiresAt - lifetimeMs * (1 - renewShare), expiresAt };
			return this.#token;
		} catch (error) {
			if (error instanceof CognigyError && error.category === 'authentication') {
				this.hold(error);
			}
			throw error;
		}
	}

	#isHeld(): boolean {
		return this.#rejection !== undefined && this.options.clock.monotonic() < this.#rejection.until;
	}

	#throwIfHeld(): void {
		if (this.#rejection && this.#isHeld()) throw this.#rejection.error;
	}
}
