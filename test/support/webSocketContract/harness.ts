import { getEventListeners } from 'node:events';

import { unrestrictedEgress, type EgressPolicy } from '../../../client/transport/egress';
import type { TransportFailure, TransportFailureKind } from '../../../client/transport/transportFailure';
import type {
	DialRequest,
	DialResult,
	WebSocketConnection,
	WebSocketTransport,
} from '../../../client/transport/webSocket';
import { restoreEnvironment, withoutProxies } from '../environment';
import { transportFailureOf } from '../errors';
import { RecordingListener } from '../recordingListener';
import { allThatShows } from '../secrets';
import { closeServers } from '../servers';
import type { WebSocketDifference } from '../../editions/socketDifferences';
import { distrust } from '../trust';

export type MakeTransport = (egress: EgressPolicy) => WebSocketTransport;
/** Whether the transport under test cannot do what others can. */
export type Differs = (difference: WebSocketDifference) => boolean;

export const TOKEN = 'very-secret-token';
export const SUBPROTOCOL = 'cognigy-runtime-v1';
export const ORIGIN = 'https://api.cognigy.example.com';
/** Path and query of every dial here. */
export const PATH = `/ws/v1?tenant=a%20b&botId=%2F%C3%A4&token=${TOKEN}`;

export interface Harness {
	/** A fresh one for every test. */
	readonly caller: AbortController;
	readonly listener: RecordingListener;
	egress: EgressPolicy;
	dial(url: string, changes?: Partial<DialRequest>): Promise<DialResult>;
	/** @throws when the other side refuses */
	connect(url: string): Promise<WebSocketConnection>;
	/** @throws when the other side does not refuse */
	refused(url: string): Promise<Extract<DialResult, { refusal: unknown }>['refusal']>;
	failing(url: string): Promise<TransportFailure>;
	expectFailure(url: string, kind: TransportFailureKind): Promise<void>;
}

/** For the beginning of a `describe`. */
export function webSocketHarness(makeTransport: MakeTransport): Harness {
	let caller: AbortController;
	let listener: RecordingListener;
	let connections: WebSocketConnection[];

	const harness: Harness = {
		get caller() {
			return caller;
		},
		get listener() {
			return listener;
		},
		egress: unrestrictedEgress,
		async dial(url, changes = {}) {
			const request = { url: url + PATH, origin: ORIGIN, subprotocol: SUBPROTOCOL, signal: caller.signal };
			const result = await makeTransport(harness.egress).dial({ ...request, ...changes }, listener);
			if ('connection' in result) connections.push(result.connection);
			expect(allThatShows(result)).not.toContain(TOKEN);
			return result;
		},
		async connect(url) {
			const result = await harness.dial(url);
			if ('connection' in result) return result.connection;
			throw new Error(`Was to connect, but was refused with ${result.refusal.status}`);
		},
		async refused(url) {
			const result = await harness.dial(url);
			if ('refusal' in result) return result.refusal;
			throw new Error('Was to be refused, but was connected');
		},
		async failing(url) {
			const failure = await transportFailureOf(harness.dial(url));
			expect(allThatShows(failure)).not.toContain(TOKEN);
			expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
			expect(listener.events).toEqual([]);
			return failure;
		},
		async expectFailure(url, kind) {
			expect(await harness.failing(url)).toMatchObject({ kind, requestSent: false });
		},
	};

	beforeEach(() => {
		withoutProxies();
		caller = new AbortController();
		listener = new RecordingListener();
		connections = [];
		harness.egress = unrestrictedEgress;
	});
	afterEach(async () => {
		for (const connection of connections) connection.destroy();
		await closeServers();
		distrust();
		restoreEnvironment();
	});
	return harness;
}
