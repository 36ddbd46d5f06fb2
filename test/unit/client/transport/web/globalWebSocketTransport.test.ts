import { systemClock } from '../../../../../client/time/systemClock';
import { unrestrictedEgress } from '../../../../../client/transport/egress';
import { GlobalWebSocketTransport } from '../../../../../client/transport/web/globalWebSocketTransport';
import { transportFailureOf } from '../../../../support/errors';
import { RecordingListener } from '../../../../support/recordingListener';
import { closeServers } from '../../../../support/servers';
import { webSocketServer } from '../../../../support/webSocketServer';

const { WebSocket: original } = globalThis;
afterEach(async () => {
	globalThis.WebSocket = original;
	await closeServers();
});

it('without a WebSocket of its own, the runtime is named as too old, and nothing is sent', async () => {
	const server = await webSocketServer();
	Reflect.deleteProperty(globalThis, 'WebSocket');
	const transport = new GlobalWebSocketTransport(unrestrictedEgress, systemClock);
	const { signal } = new AbortController();
	const request = { url: server.url, origin: 'https://api.example.com', subprotocol: 'cognigy-runtime-v1', signal };
	const failure = await transportFailureOf(transport.dial(request, new RecordingListener()));

	expect(failure).toMatchObject({ kind: 'unsupported', requestSent: false });
	expect(failure.message).toBe('this Node.js knows no WebSockets: version 22 or newer is needed');
	expect(server.accepted).toBe(0);
});

it('an address that no WebSocket can have is not repeated', async () => {
	const transport = new GlobalWebSocketTransport(unrestrictedEgress, systemClock);
	const request = { url: 'ws://127.0.0.1/?token=very-secret#x', origin: 'https://api.example.com', subprotocol: 'a b' };
	const { signal } = new AbortController();
	const failure = await transportFailureOf(transport.dial({ ...request, signal }, new RecordingListener()));

	expect(failure).toMatchObject({ kind: 'malformed', requestSent: false });
	expect(failure.message).not.toContain('very-secret');
});
