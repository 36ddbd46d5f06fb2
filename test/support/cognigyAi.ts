import { CognigyAiClient, type CognigyAiClientDependencies } from '../../client/cognigyAi/cognigyAiClient';
import { parseCognigyAiConfig } from '../../client/cognigyAi/config';
import { SocketIoTransport } from '../../client/cognigyAi/socket/socketIoTransport';
import { AxiosTransport } from '../../client/transport/node/axiosTransport';
import { unrestrictedEgress } from '../../client/transport/egress';
import type { Clock } from '../../client/time/clock';
import type { CallOptions, ResetSessionInput, TriggerFlowInput, ValidateVersionInput } from '../../client/types';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../sandbox';
import { withoutProxies } from './environment';
import { FakeClock } from './fakeClock';
import { closeAfterTest } from './setups';
import { RecordingTransport } from './v1';

/** Longer than every pause that these tests cause between attempts, shorter than every time limit. In ms. */
export const LONGEST_PAUSE_MS = 900;

export const callOptions: CallOptions = { timeoutSeconds: 60, retries: 3, auditInput: 'hash' };

export interface CognigyAiSetupOptions {
	sandbox?: CognigyAiSandboxOptions;
	/** Fields of the credential that differ from the sandbox's. */
	fields?: Record<string, unknown>;
	clock?: Clock;
	random?: () => number;
	dependencies?: Pick<CognigyAiClientDependencies, 'budget' | 'registry'>;
}

export interface CognigyAiSetup {
	sandbox: CognigyAiSandbox;
	client: CognigyAiClient;
	transport: RecordingTransport;
}

/** A client of Cognigy.AI on real HTTP and real sockets; pauses are skipped unless a clock is given. */
export async function cognigyAiSetup(options: CognigyAiSetupOptions = {}): Promise<CognigyAiSetup> {
	withoutProxies();
	const sandbox = await startCognigyAiSandbox(options.sandbox);
	closeAfterTest(() => sandbox.close());
	const { clock = new FakeClock({ skipsUpToMs: LONGEST_PAUSE_MS }), random = () => 0 } = options;
	const transport = new RecordingTransport(new AxiosTransport(unrestrictedEgress));
	const config = parseCognigyAiConfig({
		apiBaseUrl: sandbox.apiUrl,
		apiKey: sandbox.apiKey,
		projectId: sandbox.projectId,
		...options.fields,
	});
	const sockets = new SocketIoTransport(unrestrictedEgress);
	const client = new CognigyAiClient(config, { transport, sockets, clock, random, ...options.dependencies });
	closeAfterTest(() => client.close());
	return { sandbox, client, transport };
}

/** What the other backend needs, and this one ignores. */
const v1Fields = { botId: '', flowId: '', targetEnvironment: '' };

export function validateInput(input: Partial<ValidateVersionInput>): ValidateVersionInput {
	return { ...v1Fields, deployment: { kind: 'live' }, ...input };
}

export function triggerInput(input: Partial<TriggerFlowInput>): TriggerFlowInput {
	return {
		...v1Fields,
		input: '',
		context: {},
		channel: 'rest',
		userId: 'user-1',
		sessionId: 'session-1',
		text: 'Where is my order?',
		sessionTtlMinutes: 30,
		...input,
	};
}

export function resetInput(input: Partial<ResetSessionInput>): ResetSessionInput {
	return {
		botId: '',
		sessionId: 'session-1',
		userId: 'user-1',
		maxDurationSec: 900,
		clearVariables: true,
		clearHistory: true,
		clearNluContext: true,
		verify: true,
		...input,
	};
}
