import type { EgressPolicy } from '../../client';
import type { ClientModule } from './loadClient';
import { egressFilter, type AnyContext } from './n8nFeatures';

/** n8n's own network policy (SSRF protection), where this n8n has one (guarantee 10). */
export function egressPolicyOf(context: AnyContext, client: ClientModule): EgressPolicy {
	const filter = egressFilter(context, client.edition.host);
	if (!filter) return client.unrestrictedEgress;
	return {
		async check(url) {
			const verdict = await filter.validateUrl(url);
			if (!verdict.ok) throw verdict.error;
		},
		lookup: filter.createSecureLookup(),
	};
}
