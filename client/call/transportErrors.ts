import { CognigyError, cancelled } from '../errors';
import type { TransportFailure } from '../transport/transportFailure';
import type { Deadline } from '../time/deadline';
import { timedOut } from './attempts';

export interface FailedExchange {
	/** What was being done, for errors: `The login to Cognigy`. */
	action: string;
	/** Address of the service. */
	url: string;
	/** Where the user says this address, for advice: `Base URL of the credential`. */
	field: string;
	/** The time limit that the exchange had. */
	attempt: Deadline;
}

/**
 * The error for an exchange without a complete answer: `network`, `timeout`, `cancelled`, `permission`, `protocol` or
 * `rejected`.
 */
export function transportError(
	failure: TransportFailure,
	{ action, url, field, attempt }: FailedExchange,
): CognigyError {
	const { host } = new URL(url);
	switch (failure.kind) {
		case 'aborted':
			return attempt.end === 'cancelled' ? cancelled(action) : timedOut(action);
		case 'egress':
			return new CognigyError({
				category: 'permission',
				message: `${action} failed: ${failure.message} ${host}`,
				advice:
					'Ask whoever runs this n8n to allow the address (N8N_SSRF_ALLOWED_HOSTNAMES or N8N_SSRF_ALLOWED_IP_RANGES).',
			});
		case 'tls':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: no secure connection to ${host}, ${failure.message}`,
				advice: `Check ${field}. For a private certificate authority set NODE_EXTRA_CA_CERTS for n8n.`,
			});
		case 'refused':
			return new CognigyError({
				category: 'rejected',
				message: `${action} failed: ${host} refused the connection; the reason it gave cannot be seen here`,
				advice: `Check ${field}, and whether Cognigy gets too many requests.`,
				isTransient: true,
			});
		case 'unsupported':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: ${failure.message}`,
				advice: 'Run n8n on a newer version of Node.js.',
			});
		case 'tooLarge':
		case 'malformed':
			return new CognigyError({
				category: 'protocol',
				message: `${action} failed: ${failure.message} (${host})`,
				advice: `Check ${field}: does it point to the Cognigy API?`,
			});
		case 'dns':
		case 'unreachable':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: cannot reach ${host}, ${failure.message}`,
				advice: `Check ${field}, and that n8n may connect to that address (firewall, proxy).`,
				isTransient: true,
			});
		case 'proxy':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: ${failure.message}`,
				advice: 'Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY of n8n, and the proxy that they name.',
				isTransient: true,
			});
		case 'dropped':
			return new CognigyError({
				category: 'network',
				message: `${action} failed: no complete answer from ${host}, ${failure.message}`,
				advice: 'Try again. If it stays, look at the network between n8n and Cognigy (firewall, proxy, load balancer).',
				isTransient: true,
			});
	}
}
