import { join } from 'node:path';

import { SocketIoTransport } from '../../cognigyAi/socket/socketIoTransport';
import { redisConnectionFor } from '../../redis/redisConnection';
import { lazyRegistry } from '../../registry/lazyRegistry';
import { redisRegistry } from '../../registry/redisRegistry';
import { localRegistryProblem } from '../../registry/sqlite/driver';
import { openSqliteRegistry } from '../../registry/sqliteRegistry';
import { systemClock } from '../../time/systemClock';
import { NodeTransport } from '../../transport/node/nodeTransport';
import { WsTransport } from '../../transport/node/wsTransport';
import type { Edition } from '../edition';
import { host } from './host';
import { sharedState } from './sharedState';

/** The file with the sessions, in n8n's folder. */
const REGISTRY_FILE = 'cognigy-sessions.sqlite';

/** For n8n on machines of one's own: Redis, SQLite, queue mode, proxies, n8n's network policy at each connection. */
export const edition: Edition = {
	clock: systemClock,
	host,
	httpTransport: (egress) => new NodeTransport(egress),
	webSocketTransport: (egress) => new WsTransport(egress),
	socketTransport: (egress) => new SocketIoTransport(egress),
	openRegistry({ stateStore, redisUrl }, folder, onWarning) {
		if (stateStore === 'redis') return redisRegistry(redisConnectionFor(redisUrl), onWarning);
		return lazyRegistry(async () => await openSqliteRegistry(join(folder, REGISTRY_FILE), onWarning), systemClock);
	},
	localRegistryProblem,
	sharedState,
};
