import { CognigyError } from '../errors';

/** What every call is told for a while after a token fresh from its login was refused. */
export const newTokenRefused = new CognigyError({
	category: 'authentication',
	message: 'Cognigy refused even a new token a moment ago (401), so no login is tried just now',
	advice:
		'Check that the user of the credential is active and may use this bot. Logins are tried again after 15 seconds.',
});
