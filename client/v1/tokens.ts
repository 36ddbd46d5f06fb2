import { TokenProvider } from '../auth/tokenProvider';
import { CognigyError } from '../errors';
import { login, type LoginDependencies } from './login';

const LOGIN_RETRIES = 3;

/** The token of a credential, shared by its REST calls and its runtime channels (guarantee 4). */
export function v1Tokens(dependencies: LoginDependencies): TokenProvider {
	const { config, clock, random } = dependencies;
	return new TokenProvider({
		login: async (signal) => await login(dependencies, { signal, retries: LOGIN_RETRIES }).catch(asFinal),
		lifetimeMs: config.tokenTtlMinutes * 60_000,
		clock,
		random,
	});
}

/** The login has been repeated already; the calls that wait for it must not repeat it once more. */
function asFinal(error: unknown): never {
	throw error instanceof CognigyError ? error.with({ isTransient: false }) : error;
}
