import { Client, type ClientDependencies } from '../../client/client';
import { CognigyAiBackend, type CognigyAiDependencies } from '../../client/cognigyAi/backend';
import { parseCognigyAiConfig, type CognigyAiConfig } from '../../client/cognigyAi/config';
import type {
	CognigyAiInputs,
	CognigyAiResetSessionInput,
	CognigyAiTriggerFlowInput,
	CognigyAiValidateVersionInput,
} from '../../client/cognigyAi/inputs';
import { edition } from '../../client/edition';
import { unrestrictedEgress } from '../../client/transport/egress';
import type { Clock } from '../../client/time/clock';
import type { FileTransport } from '../../client/transport/http';
import type { CallOptions } from '../../client/types';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../sandbox';
import { withoutProxies } from './environment';
import { FakeClock } from './fakeClock';
import { closeAfterTest } from './setups';
import { RecordingTransport } from './v1';

/** Longer than every pause that these tests cause between attempts, shorter than every time limit. In ms. */
export const LONGEST_PAUSE_MS = 900;

export const callOptions: CallOptions = { timeoutSeconds: 60, retries: 3, auditInput: 'hash' };

export type CognigyAiClientDependencies = Omit<CognigyAiDependencies, 'shared'> &
	Omit<ClientDependencies, 'shared' | 'store'>;

/** A client of Cognigy.AI, as `clientFor` makes it. */
export function cognigyAiClient(
	config: CognigyAiConfig,
	dependencies: CognigyAiClientDependencies,
): Client<CognigyAiInputs> {
	return new Client(new CognigyAiBackend(config, dependencies), { ...dependencies, store: config });
}

export interface CognigyAiSetupOptions {
	sandbox?: CognigyAiSandboxOptions;
	/** Fields of the credential that differ from the sandbox's. */
	fields?: Record<string, unknown>;
	clock?: Clock;
	random?: () => number;
	/** The edition's own by default. */
	transport?: FileTransport;
	dependencies?: Pick<CognigyAiClientDependencies, 'budget' | 'registry'>;
}

export interface CognigyAiSetup {
	sandbox: CognigyAiSandbox;
	client: Client<CognigyAiInputs>;
	transport: RecordingTransport;
}

/** A client of Cognigy.AI on real HTTP and real sockets; pauses are skipped unless a clock is given. */
export async function cognigyAiSetup(options: CognigyAiSetupOptions = {}): Promise<CognigyAiSetup> {
	withoutProxies();
	const sandbox = await startCognigyAiSandbox(options.sandbox);
	closeAfterTest(() => sandbox.close());
	const { clock = new FakeClock({ skipsUpToMs: LONGEST_PAUSE_MS }), random = () => 0 } = options;
	const transport = new RecordingTransport(options.transport ?? edition.httpTransport(unrestrictedEgress));
	const config = parseCognigyAiConfig({
		apiBaseUrl: sandbox.apiUrl,
		apiKey: sandbox.apiKey,
		projectId: sandbox.projectId,
		endpointBaseUrl: sandbox.endpointUrl,
		...options.fields,
	});
	const sockets = edition.socketTransport(unrestrictedEgress);
	const client = cognigyAiClient(config, { transport, sockets, clock, random, ...options.dependencies });
	closeAfterTest(() => client.close());
	return { sandbox, client, transport };
}

export function validateInput(input: Partial<CognigyAiValidateVersionInput>): CognigyAiValidateVersionInput {
	return { endpoint: '', deployment: { kind: 'live' }, ...input };
}

export function triggerInput(input: Partial<CognigyAiTriggerFlowInput>): CognigyAiTriggerFlowInput {
	return {
		endpoint: '',
		channel: 'rest',
		userId: 'user-1',
		sessionId: 'session-1',
		text: 'Where is my order?',
		sessionTtlMinutes: 30,
		...input,
	};
}

export function resetInput(input: Partial<CognigyAiResetSessionInput>): CognigyAiResetSessionInput {
	return {
		sessionId: 'session-1',
		userId: 'user-1',
		verify: true,
		...input,
	};
}
