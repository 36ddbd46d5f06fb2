import type { Client } from '../../client/client';
import type { CallOptions } from '../../client/types';
import type { V1Inputs, V1ResetSessionInput } from '../../client/v1/inputs';
import type { FakeClock } from './fakeClock';
import { runtimeService, type RuntimeService } from './runtimeService';
import { callOptions, v1ClientFor } from './v1';

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

/** A client of the v1 API on a real WebSocket, with time, chance and the service in the test's hand. */
export async function runtimeSetup(options: RuntimeSetupOptions = {}): Promise<RuntimeSetup> {
	const service = options.service ?? (await runtimeService());
	const fields = { tenantId: TENANT, password: PASSWORD, ...options.fields };
	const { client, clock } = v1ClientFor(service.url, { ...options, fields });
	return { service, client, clock };
}
