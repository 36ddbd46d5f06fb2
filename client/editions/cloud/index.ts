import { config } from 'zod/v4';

import { WebSocketIoTransport } from '../../cognigyAi/socket/web/webSocketIoTransport';
import { makeMemoryStore, openMemoryRegistry } from '../../registry/memoryRegistry';
import { abortSignalClock } from '../../time/abortSignalClock';
import { FetchTransport } from '../../transport/web/fetchTransport';
import { GlobalWebSocketTransport } from '../../transport/web/globalWebSocketTransport';
import type { Edition } from '../edition';
import { host } from './host';

// Otherwise zod makes functions of text, which n8n's check refuses.
config({ jitless: true });

const NOT_SHARED =
	'A credential for Cognigy says State Store Redis, which this package does not have. It works as with Local: each process ' +
	'of n8n has sessions, request budget and login of its own. The package n8n-nodes-cognigy shares them over Redis.';

let isSaid = false;

/** For n8n Cloud, and n8n servers that load verified packages only: nothing of Node but what n8n's check allows. */
export const edition: Edition = {
	clock: abortSignalClock,
	host,
	httpTransport: (egress) => new FetchTransport(egress, abortSignalClock),
	webSocketTransport: (egress) => new GlobalWebSocketTransport(egress, abortSignalClock),
	socketTransport: (egress) => new WebSocketIoTransport(egress, abortSignalClock),
	openRegistry(store, _folder, onWarning) {
		if (store.stateStore === 'redis' && !isSaid) {
			isSaid = true;
			onWarning(NOT_SHARED);
		}
		const make = () => makeMemoryStore({ clock: abortSignalClock, onWarning });
		return openMemoryRegistry(host.processWide('memory-store', make));
	},
	localRegistryProblem: async () => undefined,
};
