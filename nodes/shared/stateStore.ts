import { credentialTypeOf } from './authentication';
import type { WithoutItems } from './openClient';

/** Whether the credential keeps its sessions on this machine. One that cannot be read is looked at later. */
export async function isKeptHere(context: Pick<WithoutItems, 'getNode' | 'getCredentials'>): Promise<boolean> {
	try {
		const fields: { stateStore?: unknown } = await context.getCredentials(credentialTypeOf(context.getNode()));
		return (fields.stateStore ?? 'local') === 'local';
	} catch {
		return false;
	}
}
