import type { LookupFunction } from 'node:net';

/** Which addresses may be contacted. n8n's SSRF policy plugs in here (guarantee 10). */
export interface EgressPolicy {
	/** @throws when the policy forbids the URL */
	check(url: string): Promise<void>;
	/** Resolves host names and refuses forbidden addresses, so that DNS cannot change between check and connect. */
	lookup?: LookupFunction;
}

/** For n8n versions without an egress policy. */
export const unrestrictedEgress: EgressPolicy = {
	check: async () => {},
};
