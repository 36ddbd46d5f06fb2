import { CognigyError } from '../../errors';
import type { HttpResponse } from '../../transport/http';
import { statusError } from '../statusErrors';

/** What the user behind the token must be allowed to do (docs/protocol-v1.md#permissions). */
const SCOPES = ['bot:runtime:execute', 'session:manage'];

export interface RefusedDial {
	refusal: HttpResponse;
	/** What was being done, for errors: `Resetting session "s1"`. */
	action: string;
	botId: string;
	/** Host of the runtime channel. */
	host: string;
	/** Now, in ms since 1970, for `Retry-After` dates. */
	wallTimeMs: number;
	/** What must not show should the service repeat it (guarantee 6). */
	secrets: readonly string[];
}

/** The error for a dial that was answered with something else than an upgrade (docs/protocol-v1.md#runtime-channel). */
export function dialError({ refusal, action, botId, host, wallTimeMs, secrets }: RefusedDial): CognigyError {
	const { status } = refusal;
	if (status === 404) {
		return new CognigyError({
			category: 'notFound',
			message: `${action} failed: ${host} has no runtime channel for bot "${botId}" (404)`,
			advice: 'Check Bot ID, and WebSocket URL and Tenant ID of the credential.',
			httpStatus: status,
		});
	}
	if (status < 400 || status === 426) {
		return new CognigyError({
			category: 'protocol',
			message: `${action} failed: ${host} answered with the status ${status} instead of opening a WebSocket`,
			advice:
				'Check WebSocket URL of the credential, and that proxies and load balancers in between let WebSockets through.',
			httpStatus: status,
		});
	}
	const permission = scopeNamedIn(refusal.body);
	const inputs = 'Bot ID, and Tenant ID of the credential';
	return statusError(refusal, { subject: `bot "${botId}"`, action, permission, inputs }, wallTimeMs, secrets);
}

/** The error for a dial that was refused where the transport cannot see how. A new token did not help either. */
export function unseenRefusal(action: string, host: string): CognigyError {
	return new CognigyError({
		category: 'rejected',
		message: `${action} failed: ${host} refused to open the runtime channel; the reason it gave cannot be seen in this edition`,
		advice: `Check that the user has the permission ${SCOPES.join(' and ')}, Tenant ID and WebSocket URL of the credential, Bot ID, and whether Cognigy gets too many requests.`,
		isTransient: true,
	});
}

/** The service may say which of the two scopes is missing. */
function scopeNamedIn(body: string): string {
	const named = SCOPES.filter((scope) => body.includes(scope));
	return (named.length > 0 ? named : SCOPES).join(' or ');
}
