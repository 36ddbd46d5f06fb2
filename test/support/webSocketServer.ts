import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import {
	afterRequest,
	listen,
	rawServer,
	type HttpTestServer,
	type RecordedRequest,
	type ServerIdentity,
	type TestServer,
} from './servers';

export interface WebSocketTestServer extends Omit<HttpTestServer, 'underWay'> {
	/** The server's ends of the connections that were opened, in order. */
	readonly connections: WebSocket[];
}

/** A WebSocket server that takes the first subprotocol it is offered; over TLS when it has an identity. */
export async function webSocketServer(
	onConnection: (connection: WebSocket, request: RecordedRequest) => void = () => {},
	identity?: ServerIdentity,
): Promise<WebSocketTestServer> {
	const requests: RecordedRequest[] = [];
	const connections: WebSocket[] = [];
	const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: true });
	const server = identity ? https.createServer(identity) : http.createServer();
	server.on('upgrade', (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
		const recorded = recordedUpgrade(request);
		requests.push(recorded);
		upgrader.handleUpgrade(request, socket, head, (connection) => {
			connections.push(connection);
			connection.on('error', () => {});
			onConnection(connection, recorded);
		});
	});
	return await listen(server, identity ? 'wss' : 'ws', { requests, connections });
}

export function recordedUpgrade({ method = '', url: path = '', headers, rawHeaders }: http.IncomingMessage) {
	return { method, path, headers, rawHeaders, body: '' } satisfies RecordedRequest;
}

/** A server whose answer to a handshake, and all that follows, is up to the test. */
export async function handMadeWebSocketServer(
	onHandshake: (socket: Socket, head: string) => void,
): Promise<TestServer> {
	return await rawServer(afterRequest(onHandshake), 'ws');
}

/** The answer that opens a WebSocket. Headers may be replaced, or left out with null. */
export function upgradeAnswer(head: string, changes: Record<string, string | null> = {}): string {
	const headers: Record<string, string | null> = {
		Upgrade: 'websocket',
		Connection: 'Upgrade',
		'Sec-WebSocket-Accept': createHash('sha1')
			.update(`${headerOf(head, 'Sec-WebSocket-Key')}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
			.digest('base64'),
		'Sec-WebSocket-Protocol': headerOf(head, 'Sec-WebSocket-Protocol'),
		...changes,
	};
	const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
	return ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n');
}

function headerOf(head: string, name: string): string {
	return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}

/** A frame as a server sends it. `start`: first byte, with the final bit and the opcode. */
export function rawFrame(start: number, payload: string | Buffer = ''): Buffer {
	const content = Buffer.from(payload);
	if (content.length > 125) throw new Error('Longer frames are not needed so far');
	return Buffer.concat([Buffer.of(start, content.length), content]);
}
