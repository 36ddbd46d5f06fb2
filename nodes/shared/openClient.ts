import type { INode } from 'n8n-workflow';

import type { CognigyClient } from '../../client';
import { credentialTypeOf, type CredentialType } from './authentication';
import type { ClientModule } from './loadClient';
import type { AnyContext } from './n8nFeatures';
import { hostEnvironmentOf } from './hostEnvironment';

/** A trigger, or a list in the editor: there are no items that the credential could depend on. */
export interface WithoutItems extends AnyContext {
	getNode(): INode;
	getCredentials(type: string): Promise<object>;
}

/**
 * The client of the credential as it is now, with the backend that is chosen in the node.
 * @param type of the credential, for a node that has no choice
 * @throws {CognigyError} `invalidInput`, naming the field of the credential
 */
export async function openClient(
	context: WithoutItems,
	module: ClientModule,
	type: CredentialType = credentialTypeOf(context.getNode()),
): Promise<CognigyClient> {
	const fields = await context.getCredentials(type);
	return module.clientFor({ type, fields }, hostEnvironmentOf(context, module));
}
