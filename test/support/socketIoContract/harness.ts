import { endpointName, type EndpointAddress } from '../../../client/cognigyAi/endpointAddress';
import {
	SocketRefusal,
	type SessionSocket,
	type SocketEvent,
	type SocketListener,
	type SocketTransport,
} from '../../../client/cognigyAi/socket/transport';
import { unrestrictedEgress, type EgressPolicy } from '../../../client/transport/egress';
import { TransportFailure } from '../../../client/transport/transportFailure';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../../sandbox';
import { closeEngineServers } from '../engineServer';
import { restoreEnvironment, withoutProxies } from '../environment';
import { closeProxies } from '../proxy';
import { allThatShows } from '../secrets';
import { closeServers } from '../servers';
import type { SocketIoDifference } from '../../editions/socketDifferences';
import { distrust } from '../trust';

export type MakeTransport = (egress: EgressPolicy) => SocketTransport;
/** Whether the transport under test cannot do what others can. */
export type Differs = (difference: SocketIoDifference) => boolean;

const TOKEN = 'feed'.repeat(16);

export interface Harness {
	/** A fresh one for every test. */
	readonly caller: AbortController;
	/** Events as they came. */
	readonly heard: string[];
	readonly isDropped: boolean;
	/** What the listener makes of an event; taken at once unless a test says otherwise. */
	onEvent: SocketListener['onEvent'];
	forgetDrop(): void;
	sandboxWith(options?: CognigyAiSandboxOptions): Promise<CognigyAiSandbox>;
	dial(address: EndpointAddress, egress?: EgressPolicy): Promise<SessionSocket>;
	failureOf(address: EndpointAddress, egress?: EgressPolicy): Promise<TransportFailure | SocketRefusal>;
	/** Is closed after the test. */
	closing(close: () => unknown): void;
}

/** For the beginning of a `describe`. */
export function socketIoHarness(makeTransport: MakeTransport): Harness {
	let caller: AbortController;
	let heard: string[];
	let isDropped: boolean;
	const open: Array<() => unknown> = [];

	const listener: SocketListener = {
		onEvent(event: SocketEvent, payload: unknown) {
			heard.push(`${event} ${JSON.stringify(payload)}`);
			return harness.onEvent(event, payload);
		},
		onDropped: () => (isDropped = true),
	};

	const harness: Harness = {
		get caller() {
			return caller;
		},
		get heard() {
			return heard;
		},
		get isDropped() {
			return isDropped;
		},
		onEvent: () => true,
		forgetDrop: () => (isDropped = false),
		async sandboxWith(options = {}) {
			const sandbox = await startCognigyAiSandbox(options);
			open.push(() => sandbox.close());
			return sandbox;
		},
		async dial(address, egress = unrestrictedEgress) {
			const request = { address, userId: 'user 1', sessionId: 's/1', testMode: false, signal: caller.signal };
			const socket = await makeTransport(egress).dial(request, listener);
			open.push(() => socket.close());
			return socket;
		},
		async failureOf(address, egress) {
			const error: unknown = await harness.dial(address, egress).then(
				() => undefined,
				(reason: unknown) => reason,
			);
			expect(allThatShows(error)).not.toContain(address.token);
			if (error instanceof TransportFailure || error instanceof SocketRefusal) return error;
			throw new Error(`Was to fail in another way than ${String(error)}`);
		},
		closing: (close) => open.push(close),
	};

	beforeEach(() => {
		withoutProxies();
		caller = new AbortController();
		heard = [];
		isDropped = false;
		harness.onEvent = () => true;
	});
	afterEach(async () => {
		for (const close of open.splice(0).reverse()) await close();
		await closeServers();
		await closeEngineServers();
		await closeProxies();
		distrust();
		restoreEnvironment();
	});
	return harness;
}

export const addressAt = (base: string, token = TOKEN): EndpointAddress => ({
	base,
	token,
	name: endpointName(token),
});

export const endpointOf = ({ endpointUrl, endpoint }: CognigyAiSandbox, base = endpointUrl) =>
	addressAt(base, endpoint('Showcase Socket').urlToken);

export const say = (socket: SessionSocket, { token }: EndpointAddress, text: string) =>
	socket.send('processInput', { URLToken: token, userId: 'user 1', sessionId: 's/1', text });
