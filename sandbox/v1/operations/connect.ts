import { Refusal } from '../../http/answers';
import type { ScriptedBot } from '../bots';
import { CHANNEL_SUBPROTOCOL, type Permission } from '../contract';
import type { JournalEntry } from '../../journal/journal';
import type { Service } from '../service';
import { authenticate, requirePermission } from './access';
import { findBot } from './bots';

const CHANNEL_PERMISSIONS: readonly Permission[] = ['bot:runtime:execute', 'session:manage'];

/** A request to open a runtime channel. Empty: it was not sent. */
export interface ConnectCall {
	tenantId: string;
	botId: string;
	token: string;
	origin: string;
	/** The subprotocols that the client offers. */
	subprotocols: readonly string[];
	/** What the client may call the sandbox's own origin, where that is no https one. */
	ownOrigins: readonly string[];
	entry: JournalEntry;
}

/**
 * docs/protocol-v1.md#runtime-channel: what is checked before a runtime channel opens. It does not count against the
 * rate limit.
 */
export function connect(service: Service, call: ConnectCall): ScriptedBot {
	const user = authenticate(service, call.token);
	for (const permission of CHANNEL_PERMISSIONS) requirePermission(user, permission);
	if (call.tenantId !== service.tenantId) throw new Refusal(404, 'not_found', 'There is no tenant with this id.');
	const bot = findBot(service, call.botId);
	if (!isAllowedOrigin(call)) {
		throw new Refusal(400, 'bad_request', 'The header Origin must be the https origin of the API.');
	}
	if (!call.subprotocols.includes(CHANNEL_SUBPROTOCOL)) {
		throw new Refusal(400, 'bad_request', `The subprotocol ${CHANNEL_SUBPROTOCOL} must be offered.`);
	}
	return bot;
}

/** The contract knows https origins only; a sandbox without TLS is at none. */
function isAllowedOrigin({ origin, ownOrigins }: ConnectCall): boolean {
	if (ownOrigins.includes(origin)) return true;
	return URL.canParse(origin) && new URL(origin).origin === origin && origin.startsWith('https://');
}
