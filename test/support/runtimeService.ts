import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import { listen, type RecordedRequest, type ServerIdentity, type TestServer } from './servers';
import { recordedUpgrade } from './webSocketServer';

/** What a handshake is answered with. `hang`: nothing. */
export type DialAnswer = 'open' | 'hang' | { status: number; headers?: Record<string, string>; body?: string };

/** What a frame is answered with: JSON, the text of a frame, bytes, a close, a cut connection, or nothing. */
export type FrameAnswer =
	{ json: unknown } | { text: string } | { bytes: Buffer } | { close: number; reason?: string } | 'cut' | 'silence';

/** Login and runtime channel of the service (docs/protocol-v1.md#login and #runtime-channel), as a test wants them. */
export interface RuntimeService extends TestServer {
	/** Answers to the next logins, in order; when there is none left, a new token is given out. */
	readonly loginAnswers: Array<'hang' | { status: number }>;
	/** Answers to the next handshakes, in order; when there is none left, a channel is opened. */
	readonly dialAnswers: DialAnswer[];
	/** Answers to the next frames, in order; when there is none left, everything works. */
	readonly frameAnswers: FrameAnswer[];
	/** Every token that was given out: one per login. */
	readonly tokens: string[];
	readonly dials: RecordedRequest[];
	/** Every text frame that came, as it came. */
	readonly frames: string[];
	/** Which channel each frame came on. */
	readonly channelOfFrame: number[];
	/** The service's ends of the channels, in order. */
	readonly channels: WebSocket[];
	/** Code of every channel that is closed, in the order of their ends. */
	readonly closeCodes: number[];
	/** Channels that are open now. */
	readonly openChannels: number;
}

export const complete: FrameAnswer = { json: { status: 'RESET_COMPLETE' } };
export const clean: FrameAnswer = { json: { flowState: 'RESET', variables: {} } };
export const dirty: FrameAnswer = { json: { flowState: 'RUNNING', variables: { a: 1, b: 2 } } };

export async function runtimeService(identity?: ServerIdentity): Promise<RuntimeService> {
	const state = {
		loginAnswers: [] as RuntimeService['loginAnswers'],
		dialAnswers: [] as DialAnswer[],
		frameAnswers: [] as FrameAnswer[],
		tokens: [] as string[],
		dials: [] as RecordedRequest[],
		frames: [] as string[],
		channelOfFrame: [] as number[],
		channels: [] as WebSocket[],
		closeCodes: [] as number[],
	};
	const logIn: http.RequestListener = (_request, response) => {
		const answer = state.loginAnswers.shift();
		if (answer === 'hang') return;
		if (answer) return void response.writeHead(answer.status).end();
		const token = `t0ken/number+${state.tokens.length + 1}=`;
		state.tokens.push(token);
		response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
	};
	const server = identity ? https.createServer(identity, logIn) : http.createServer(logIn);
	server.keepAliveTimeout = 0;
	const upgrader = new WebSocketServer({ noServer: true });
	server.on('upgrade', (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
		state.dials.push(recordedUpgrade(request));
		const answer = state.dialAnswers.shift() ?? 'open';
		// Node leaves it to us to notice that the other side is gone.
		if (answer === 'hang') return void socket.resume().on('end', () => socket.destroy());
		if (answer !== 'open') return refuse(socket, answer);
		upgrader.handleUpgrade(request, socket, head, (channel) => {
			const number = state.channels.push(channel) - 1;
			channel.on('error', () => {});
			channel.on('close', (code) => state.closeCodes.push(code));
			channel.on('message', (data) => {
				state.channelOfFrame.push(number);
				state.frames.push(String(data));
				reply(channel, state.frameAnswers.shift() ?? (String(data).includes('"QUERY"') ? clean : complete));
			});
		});
	});
	const listening = await listen(server, identity ? 'https' : 'http', state);
	return Object.defineProperty(listening, 'openChannels', {
		get: () => state.channels.filter(({ readyState, OPEN }) => readyState === OPEN).length,
	}) as RuntimeService;
}

function refuse(socket: Socket, { status, headers = {}, body = '' }: Exclude<DialAnswer, string>): void {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	const start = [`HTTP/1.1 ${status} No`, `Content-Length: ${Buffer.byteLength(body)}`, ...lines];
	socket.end([...start, '', body].join('\r\n'));
}

function reply(channel: WebSocket, answer: FrameAnswer): void {
	if (answer === 'silence') return;
	if (answer === 'cut') channel.terminate();
	else if ('json' in answer) channel.send(JSON.stringify(answer.json));
	else if ('text' in answer) channel.send(answer.text);
	else if ('bytes' in answer) channel.send(answer.bytes);
	else channel.close(answer.close === 1005 ? undefined : answer.close, answer.reason);
}
