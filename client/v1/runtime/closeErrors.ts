import { CognigyError, type CognigyErrorDetails } from '../../errors';
import type { ConnectionEnd } from '../../transport/webSocket';
import { quoted } from '../../call/serviceText';

/**
 * The error for a request whose channel was closed before the answer came (docs/protocol-v1.md#close-codes).
 * @param action what was being done, for errors: `Resetting session "s1"`
 * @param secrets what must not show should the service repeat it (guarantee 6)
 */
export function closeError(end: ConnectionEnd, action: string, secrets: readonly string[]): CognigyError {
	return new CognigyError(describe(end, action, quoted(end.reason, secrets)));
}

const network = 'Try again. If it stays, look at the network between n8n and Cognigy (firewall, proxy, load balancer).';
const later = 'Try again later. If it stays, look at the status and the logs of your Cognigy.';

function describe({ code, violation }: ConnectionEnd, action: string, said: string): CognigyErrorDetails {
	if (violation) {
		return {
			category: 'protocol',
			message: `${action} failed: Cognigy's answer is ${violation === 'tooLarge' ? 'too large' : 'not a valid frame'}`,
			advice: 'Check WebSocket URL of the credential: does it point to the Cognigy runtime channel?',
		};
	}
	switch (code) {
		case 1000:
		case 1001:
			return {
				category: 'network',
				message: `${action} failed: Cognigy closed the connection before it answered (${code})${said}`,
				advice: later,
				isTransient: true,
			};
		case 1002:
		case 1003:
		case 1007:
		case 1010:
			return {
				category: 'protocol',
				message: `${action} failed: Cognigy did not understand what was sent (${code})${said}`,
				advice: 'Please report this, with the version of this package and of your Cognigy.',
			};
		case 1008:
			return {
				category: 'rejected',
				message: `${action} was rejected by the Cognigy engine (1008)${said}`,
				advice:
					'Check Session ID and Bot ID, and that the credential’s user may manage sessions of this bot (session:manage).',
			};
		case 1009:
			return {
				category: 'rejected',
				message: `${action} failed: what was sent is too large for Cognigy (1009)${said}`,
				advice: 'Make the State Clear Matrix and the Session ID shorter.',
			};
		case 1011:
			return {
				category: 'server',
				message: `${action} failed: Cognigy met an error of its own (1011)${said}`,
				advice: later,
				isTransient: true,
			};
		case 1012:
			return {
				category: 'server',
				message: `${action} failed: Cognigy is restarting (1012)${said}`,
				advice: later,
				isTransient: true,
			};
		case 1013:
			return {
				category: 'server',
				message: `${action} failed: Cognigy is too busy (1013)${said}`,
				advice: later,
				isTransient: true,
			};
		default:
			return {
				category: 'network',
				message: `${action} failed: the connection was lost before Cognigy answered (${code})${said}`,
				advice: network,
				isTransient: true,
			};
	}
}
