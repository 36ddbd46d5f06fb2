import type { IExecuteFunctions } from 'n8n-workflow';

import type { CognigyClient, EgressPolicy } from '../../client';
import { egressPolicyOf } from './egress';
import type { ClientModule } from './loadClient';

/** From the credential of an item to the client that all users of this credential share. */
export class CredentialClients {
	readonly #egress: EgressPolicy;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly module: ClientModule,
	) {
		this.#egress = egressPolicyOf(context, module);
	}

	/**
	 * Read per item: a credential may hold expressions, and the tenant of one customer must never serve another.
	 * @throws {CognigyError} `invalidInput`, naming the field of the credential
	 */
	async get(itemIndex: number): Promise<CognigyClient> {
		const type = 'cognigyApi';
		const fields = await this.context.getCredentials(type, itemIndex);
		return this.module.clientFor({ type, fields }, this.#egress);
	}
}
