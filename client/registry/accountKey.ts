import { createHash } from 'node:crypto';

/** What makes an account of the service: who is logged in where. */
export interface AccountIdentity {
	/** The type of the credential. */
	type: string;
	baseUrl: string;
	tenantId: string;
	username: string;
}

/** 128 bits: enough that no two accounts meet. */
const LENGTH = 32;

/** Name of the account in the registry: the same after a change of password, and nothing can be read from it. */
export function accountKey({ type, baseUrl, tenantId, username }: AccountIdentity): string {
	const identity = JSON.stringify([type, baseUrl, tenantId, username]);
	return createHash('sha256').update(identity).digest('hex').slice(0, LENGTH);
}
