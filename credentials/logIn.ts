import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { askOverHelpers, type RequestHelpers } from './askOverHelpers';

/**
 * Logs in over n8n's own request helper.
 * @returns the bearer token
 * @throws {Error} with a message for the user: what is wrong, and what to do
 */
export async function logIn(helpers: RequestHelpers, credentials: ICredentialDataDecryptedObject): Promise<string> {
	return await askOverHelpers(helpers, async ({ loginOnce }, transport) => await loginOnce(credentials, transport));
}
