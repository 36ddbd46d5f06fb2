import type { IExecuteFunctions } from 'n8n-workflow';

import type { CognigyClient, HostEnvironment } from '../../client';
import type { CredentialType } from './authentication';
import { dependsOnItem } from './credentialExpressions';
import type { ClientModule } from './loadClient';
import { hostEnvironmentOf } from './hostEnvironment';

/**
 * From the credential of an item to the client that all users of this credential share.
 *
 * A credential may hold expressions, and the tenant of one customer must never serve another: so it is read per item.
 * But n8n reads it from its database and decrypts it each time (about 2 ms), so it is read only once where it surely is
 * the same for all items.
 */
export class CredentialClients {
	readonly #environment: HostEnvironment;
	#forAllItems: Promise<CognigyClient | undefined> | undefined;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly module: ClientModule,
		private readonly type: CredentialType,
	) {
		this.#environment = hostEnvironmentOf(context, module);
	}

	/** @throws {CognigyError} `invalidInput`, naming the field of the credential */
	async get(itemIndex: number): Promise<CognigyClient> {
		const { type } = this;
		this.#forAllItems ??= dependsOnItem(this.context, type).then(async (isDynamic) =>
			isDynamic ? undefined : await this.#read(type, 0),
		);
		return (await this.#forAllItems) ?? (await this.#read(type, itemIndex));
	}

	async #read(type: CredentialType, itemIndex: number): Promise<CognigyClient> {
		const fields = await this.context.getCredentials(type, itemIndex);
		return this.module.clientFor({ type, fields }, this.#environment);
	}
}
