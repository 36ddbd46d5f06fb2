import { edition } from '../../client/edition';
import { unrestrictedEgress } from '../../client/transport/egress';
import type {
	DownloadRequest,
	FileResponse,
	FileTransport,
	HttpRequest,
	HttpResponse,
} from '../../client/transport/http';
import type { CallOptions } from '../../client/types';
import { Client, type ClientDependencies } from '../../client/client';
import { V1Backend, type V1Dependencies } from '../../client/v1/backend';
import { parseV1Config, type V1Config } from '../../client/v1/config';
import type { V1Inputs, V1TriggerFlowInput, V1ValidateVersionInput } from '../../client/v1/inputs';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { withoutProxies } from './environment';
import { FakeClock } from './fakeClock';
import { closeAfterTest } from './setups';

/** Longer than every pause that these tests cause between attempts, shorter than every time limit (a write has 5 s). In ms. */
export const LONGEST_PAUSE_MS = 4_900;

export const TIMEOUT_MS = 60_000;

export const callOptions: CallOptions = { timeoutSeconds: TIMEOUT_MS / 1000, retries: 3, auditInput: 'hash' };

export const versionsInput: V1ValidateVersionInput = {
	botId: 'order-status',
	flowId: 'main',
	targetEnvironment: 'production',
};

export const startInput: V1TriggerFlowInput = {
	botId: 'order-status',
	flowId: 'main',
	userId: 'user-1',
	sessionId: 'session-1',
	input: 'Where is my order?',
	context: { metadata: { orderId: 'A-1001' } },
	sessionTtlMinutes: 30,
};

export type V1ClientDependencies = V1Dependencies & Omit<ClientDependencies, 'store'>;

/** A client of the v1 API, as `clientFor` makes it. */
export function v1Client(config: V1Config, dependencies: V1ClientDependencies): Client<V1Inputs> {
	return new Client(new V1Backend(config, dependencies), { ...dependencies, store: config });
}

export interface V1SetupOptions {
	/** The service; a sandbox by default. */
	baseUrl?: string;
	sandbox?: SandboxOptions;
	/** Fields of the credential that differ from the sandbox user `demo`. */
	fields?: Record<string, unknown>;
	/** Changes requests on their way. */
	onRequest?: (request: HttpRequest) => HttpRequest;
	clock?: FakeClock;
	random?: () => number;
	/** The edition's own by default. */
	transport?: FileTransport;
	/** None of them by default. */
	dependencies?: Pick<V1ClientDependencies, 'budget' | 'registry' | 'shareLogin'>;
}

export interface V1Setup {
	sandbox: Sandbox;
	client: Client<V1Inputs>;
	/** Skips the pauses between attempts; time limits end when it is advanced. */
	clock: FakeClock;
	transport: RecordingTransport;
}

/** A client of the v1 API on real HTTP, with time and chance in the test's hand. */
export async function v1Setup(options: V1SetupOptions = {}): Promise<V1Setup> {
	const sandbox = await startSandbox(options.sandbox);
	closeAfterTest(() => sandbox.close());
	return { sandbox, ...v1ClientFor(options.baseUrl ?? sandbox.url, options) };
}

/** The client of `v1Setup`, for a service that is there already. */
export function v1ClientFor(
	baseUrl: string,
	options: Omit<V1SetupOptions, 'baseUrl' | 'sandbox'>,
): Omit<V1Setup, 'sandbox'> {
	withoutProxies();
	const { clock = new FakeClock({ skipsUpToMs: LONGEST_PAUSE_MS }), random = () => 0 } = options;
	const { transport: inner = edition.httpTransport(unrestrictedEgress) } = options;
	const transport = new RecordingTransport(inner, options.onRequest);
	const config = parseV1Config({ baseUrl, username: 'demo', password: 'demo-password', ...options.fields });
	const webSocket = edition.webSocketTransport(unrestrictedEgress);
	const client = v1Client(config, { transport, webSocket, clock, random, ...options.dependencies });
	closeAfterTest(() => client.close());
	return { client, clock, transport };
}

/** Keeps what was sent and answered. */
export class RecordingTransport implements FileTransport {
	readonly requests: HttpRequest[] = [];
	readonly responses: HttpResponse[] = [];
	readonly downloads: DownloadRequest[] = [];

	constructor(
		private readonly inner: FileTransport,
		private readonly onRequest: (request: HttpRequest) => HttpRequest = (request) => request,
	) {}

	/** Every bearer token that was sent. */
	get tokens(): string[] {
		return this.requests.flatMap(({ headers }) => headers.Authorization?.replace('Bearer ', '') ?? []);
	}

	async send(request: HttpRequest): Promise<HttpResponse> {
		this.requests.push(request);
		const response = await this.inner.send(this.onRequest(request));
		this.responses.push(response);
		return response;
	}

	async download(request: DownloadRequest): Promise<FileResponse> {
		this.downloads.push(request);
		return await this.inner.download(request);
	}

	close(): void {
		this.inner.close();
	}
}
