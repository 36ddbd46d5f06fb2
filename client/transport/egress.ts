import type { LookupFunction } from 'node:net';

import { raceWithSignal } from '../time/race';
import { egressRefused, toTransportFailure } from './failures';
import { stoppedBefore } from './transportFailure';

/** Which addresses may be contacted. n8n's SSRF policy plugs in here (guarantee 10). */
export interface EgressPolicy {
	/** Missing: every URL is allowed. @throws when the policy forbids the URL */
	check?(url: string): Promise<void>;
	/** Resolves host names and refuses forbidden addresses, so that DNS cannot change between check and connect. */
	lookup?: LookupFunction;
}

/** For n8n versions without an egress policy. */
export const unrestrictedEgress: EgressPolicy = {};

/** The address of a WebSocket as proxies and egress policies know it; without the query, which may hold secrets. */
export function httpAddressOf(webSocketUrl: string): string {
	const { protocol, host, pathname } = new URL(webSocketUrl);
	return `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}${pathname}`;
}

/**
 * Asks the policy before a connection is made.
 * @throws {TransportFailure} `egress` when it refuses, `aborted` when `signal` does first, `dns` when it cannot look the
 *   host up
 */
export async function checkEgress(policy: EgressPolicy, url: string, signal: AbortSignal): Promise<void> {
	if (!policy.check) return;
	try {
		await raceWithSignal(policy.check(url), signal);
	} catch (error) {
		if (signal.aborted) throw stoppedBefore();
		// The policy looks host names up; whatever else it says is a refusal.
		const failure = toTransportFailure(error, false);
		throw failure.kind === 'dns' ? failure : egressRefused();
	}
}
