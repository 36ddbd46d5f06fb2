import type { IncomingMessage } from 'node:http';
import type { CallTraits } from '../faults/faultPlan';
import type { JournalEntry } from '../../journal/journal';
import type { ConnectCall } from '../operations/connect';
import type { Service } from '../service';

/** Reads an upgrade request, and notes in the journal what is recognised in it. */
export function readUpgrade(request: IncomingMessage, entry: JournalEntry, { tokens, users }: Service): ConnectCall {
	const { headers, socket, url = '' } = request;
	const query = new URLSearchParams(url.slice(`${url}?`.indexOf('?')));
	const field = (name: string) => query.get(name) ?? '';
	const token = field('token');
	const botId = field('botId');

	entry.user = users.get(tokens.ownerOf(token) ?? '')?.username ?? null;
	entry.botId = botId || null;
	return {
		tenantId: field('tenant'),
		botId,
		token,
		origin: headers.origin ?? '',
		ownOrigins: 'encrypted' in socket ? [] : plainOrigins(headers.host, socket.localPort),
		subprotocols: (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim()),
		entry,
	};
}

/** What a client may call a sandbox without TLS. */
function plainOrigins(host: string | undefined, port: number | undefined): string[] {
	return [host, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`].map((name) => `http://${name}`);
}

/** What of an upgrade a fault can be matched on. */
export function traitsOfUpgrade({ user, botId, reusedConnection }: JournalEntry): CallTraits {
	return { botId, username: user, reusedConnection };
}
