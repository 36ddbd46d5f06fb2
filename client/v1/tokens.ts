import { TokenProvider, type TokenProviderOptions, type TokenState } from '../token/tokenProvider';
import { CognigyError } from '../errors';
import { login, type LoginDependencies } from './signIn';

const LOGIN_RETRIES = 3;

type Login = TokenProviderOptions['login'];

/** Makes a login that first looks whether another process has a token. */
export type ShareLogin = (login: (signal: AbortSignal) => Promise<string>) => Login;

/**
 * The token of a credential, shared by its REST calls and its runtime channels (guarantee 4).
 * @param state shared by all credentials of the account with the same password
 */
export function v1Tokens(
	dependencies: LoginDependencies,
	shareLogin?: ShareLogin,
	state?: () => TokenState,
): TokenProvider {
	const { config, clock, random } = dependencies;
	const ownLogin = async (signal: AbortSignal) =>
		await login(dependencies, { signal, retries: LOGIN_RETRIES }).catch(asFinal);
	const lifetimeMs = config.tokenTtlMinutes * 60_000;
	return new TokenProvider({ login: shareLogin ? shareLogin(ownLogin) : ownLogin, lifetimeMs, clock, random }, state);
}

/** The login has been repeated already; the calls that wait for it must not repeat it once more. */
function asFinal(error: unknown): never {
	throw error instanceof CognigyError ? error.with({ isTransient: false }) : error;
}

/** What every call is told for a while after a token fresh from its login was refused. */
export const newTokenRefused = new CognigyError({
	category: 'authentication',
	message: 'Cognigy refused even a new token a moment ago (401), so no login is tried just now',
	advice:
		'Check that the user of the credential is active and may use this bot. Logins are tried again after 15 seconds.',
});
