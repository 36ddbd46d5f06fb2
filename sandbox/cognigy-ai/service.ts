import type { Changes } from '../changes';
import type { Connections } from '../connections';
import type { RateLimit } from '../rate-limit';
import type { ApiKeys } from './api-keys';
import type { Callbacks } from './endpoints/callbacks';
import type { Exchanges } from './exchanges';
import type { FaultPlan } from './faults/fault-plan';
import type { Settings } from './options';
import type { Resources } from './resources';
import type { Sessions } from './sessions/sessions';
import type { Turns } from './sessions/turns';
import type { SocketLines } from './sockets/socket-lines';
import type { Stats } from './stats';

/** What all parts work on. */
export interface Service {
	settings: Settings;
	apiKeys: ApiKeys;
	resources: Resources;
	rateLimit: RateLimit;
	sessions: Sessions;
	turns: Turns;
	/** Where the outputs of Webhook endpoints go to. */
	callbacks: Callbacks;
	/** Where the outputs of Socket.IO endpoints go to. */
	socketLines: SocketLines;
	exchanges: Exchanges;
	faults: FaultPlan;
	connections: Connections;
	stats: Stats;
	changes: Changes;
}
