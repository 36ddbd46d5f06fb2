import type { N8nClient, StoredCredential } from '../n8n-host';
import { step } from './terminal';

/** A credential as a person types it in. */
export interface CredentialInput {
	readonly name: string;
	readonly type: string;
	readonly data: Record<string, unknown>;
}

/** Creates a credential and presses its "Test". */
export async function createTestedCredential(
	client: N8nClient,
	title: string,
	{ name, type, data }: CredentialInput,
): Promise<StoredCredential> {
	return await step(title, async () => {
		const credential = await client.createCredential(name, type, data);
		const test = await client.testCredential(credential, data);
		if (test.status !== 'OK')
			throw new Error(`n8n's test of the credential failed: ${test.message ?? 'no reason given'}`);
		return credential;
	});
}
