import { AxiosTransport } from '../../client/transport/node/axiosTransport';
import { unrestrictedEgress } from '../../client/transport/egress';
import type { Client } from '../../client/client';
import type { CallOptions } from '../../client/types';
import { parseV1Config } from '../../client/v1/config';
import type { V1Inputs, V1ResetSessionInput } from '../../client/v1/inputs';
import { WsTransport } from '../../client/transport/node/wsTransport';
import { restoreEnvironment, withoutProxies } from './environment';
import { FakeClock } from './fakeClock';
import { runtimeService, type RuntimeService } from './runtimeService';
import { closeServers } from './servers';
import { callOptions, LONGEST_PAUSE_MS, v1Client } from './v1';

export const PASSWORD = 'p4ss  wörd "quoted" \\ 7Kq!';
export const TENANT = 'tenant a/ä';

export const resetInput: V1ResetSessionInput = {
	botId: 'order-status',
	sessionId: 'session-1',
	maxDurationSec: 900,
	clearVariables: true,
	clearHistory: true,
	clearNluContext: true,
	verify: true,
};

export const resetOptions: CallOptions = callOptions;

export interface RuntimeSetupOptions {
	/** Fields of the credential that differ. */
	fields?: Record<string, unknown>;
	service?: RuntimeService;
	clock?: FakeClock;
	random?: () => number;
}

export interface RuntimeSetup {
	service: RuntimeService;
	client: Client<V1Inputs>;
	/** Skips the pauses between attempts up to 4.9 s; time limits end when it is advanced. */
	clock: FakeClock;
}

const clients: Array<Client<V1Inputs>> = [];

/** A client of the v1 API on a real WebSocket, with time, chance and the service in the test's hand. */
export async function runtimeSetup(options: RuntimeSetupOptions = {}): Promise<RuntimeSetup> {
	withoutProxies();
	const { clock = new FakeClock({ skipsUpToMs: LONGEST_PAUSE_MS }), random = () => 0 } = options;
	const service = options.service ?? (await runtimeService());
	const config = parseV1Config({
		baseUrl: service.url,
		tenantId: TENANT,
		username: 'demo',
		password: PASSWORD,
		...options.fields,
	});
	const transport = new AxiosTransport(unrestrictedEgress);
	const client = v1Client(config, { transport, webSocket: new WsTransport(unrestrictedEgress), clock, random });
	clients.push(client);
	return { service, client, clock };
}

/** For `afterEach`. */
export async function closeRuntimeSetups(): Promise<void> {
	for (const client of clients.splice(0)) client.close();
	await closeServers();
	restoreEnvironment();
}
