import type { IExecuteFunctions } from 'n8n-workflow';

import type { EgressPolicy } from '../../client';
import type { ClientModule } from './loadClient';

/** n8n's own network policy (SSRF protection), where this n8n has one: from 2.28 on (guarantee 10). */
export function egressPolicyOf(
	context: { helpers: Pick<IExecuteFunctions['helpers'], 'getSecureEgressFilter'> },
	client: ClientModule,
): EgressPolicy {
	// Typed as always there, but older n8n versions do not have it.
	const getFilter = context.helpers.getSecureEgressFilter as
		IExecuteFunctions['helpers']['getSecureEgressFilter'] | undefined;
	if (!getFilter) return client.unrestrictedEgress;
	const filter = getFilter();
	return {
		async check(url) {
			const verdict = await filter.validateUrl(url);
			if (!verdict.ok) throw verdict.error;
		},
		lookup: filter.createSecureLookup(),
	};
}
