import type { Changes } from '../journal/changes';
import type { Connections } from '../http/connections';
import type { Outcomes } from '../outcomes/outcomes';
import type { RateLimit } from '../http/rateLimit';
import type { ApiKeys } from './apiKeys';
import type { Callbacks } from './endpoints/callbacks';
import type { Exchanges } from './exchanges';
import type { FaultPlan } from './faults/faultPlan';
import type { Settings } from './options';
import type { Profiles } from './profiles';
import type { Resources } from './resources';
import type { Sessions } from './sessions/sessions';
import type { Turns } from './sessions/turns';
import type { SocketLines } from './sockets/socketLines';
import type { Packages } from './releases/packages';
import type { Tasks } from './releases/tasks';
import type { Stats } from './stats';

/** What all parts work on. */
export interface Service {
	settings: Settings;
	apiKeys: ApiKeys;
	resources: Resources;
	rateLimit: RateLimit;
	/** What takes long. */
	tasks: Tasks;
	packages: Packages;
	sessions: Sessions;
	profiles: Profiles;
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
	outcomes: Outcomes;
}
