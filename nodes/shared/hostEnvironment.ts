import { LoggerProxy } from 'n8n-workflow';

import type { HostEnvironment } from '../../client';
import { egressPolicyOf } from './egress';
import type { ClientModule } from './loadClient';
import type { AnyContext } from './n8nFeatures';

/** What n8n is for the client: its network policy, its folder and its log. */
export function hostEnvironmentOf(context: AnyContext, client: ClientModule): HostEnvironment {
	return {
		egress: egressPolicyOf(context, client),
		stateFolder: client.edition.host.stateFolder(),
		onWarning: (message) => LoggerProxy.warn(message),
	};
}
