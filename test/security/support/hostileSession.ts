import { SessionLink, type LinkListener } from '../../../client/cognigyAi/socket/sessionLink';
import type { SocketTransport } from '../../../client/cognigyAi/socket/transport';
import { systemClock } from '../../../client/time/systemClock';

export const TOKEN = 'feed'.repeat(16);

/** A session on a service that means us harm, as streams and turns hold it. */
export function linkTo(url: string, sockets: SocketTransport, listener: LinkListener): SessionLink {
	const address = { base: url, token: TOKEN, name: 'endpoint-hostile' };
	const session = { address, userId: 'user-1', sessionId: 's-1', testMode: false };
	const link = new SessionLink(session, { sockets, clock: systemClock, secrets: [] });
	link.listen(listener);
	return link;
}
