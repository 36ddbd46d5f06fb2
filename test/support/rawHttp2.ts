import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { closeAfterTest } from './setups';

/** Bytes that a client of HTTP/2 sends first. */
const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
const HEADERS = 1;
const SETTINGS = 4;
const ACK = 1;

/** One frame (RFC 9113, 4.1). */
function frame(type: number, flags: number, streamId: number, payload = Buffer.alloc(0)): Buffer {
	const head = Buffer.alloc(HEAD_BYTES);
	head.writeUIntBE(payload.length, 0, 3);
	head.writeUInt8(type, 3);
	head.writeUInt8(flags, 4);
	head.writeUInt32BE(streamId, 5);
	return Buffer.concat([head, payload]);
}

/**
 * A service that takes one request at a time, answers each with 413 as soon as its headers are there, and says and takes
 * nothing more of it: no server of Node does so.
 * @returns its port
 */
export async function hastyHttp2(): Promise<number> {
	const server = createServer((socket) => answerAtOnce(socket));
	closeAfterTest(() => void server.close());
	await once(server.listen(0, '127.0.0.1'), 'listening');
	return (server.address() as AddressInfo).port;
}

function answerAtOnce(socket: Socket): void {
	closeAfterTest(() => void socket.destroy());
	socket.on('error', () => {});
	let received = Buffer.alloc(0);
	let isBegun = false;
	// SETTINGS_MAX_CONCURRENT_STREAMS: 1.
	socket.write(frame(SETTINGS, 0, 0, Buffer.of(0, 3, 0, 0, 0, 1)));
	socket.on('data', (chunk: Buffer) => {
		received = Buffer.concat([received, chunk]);
		if (!isBegun && received.length >= PREFACE_BYTES) {
			received = received.subarray(PREFACE_BYTES);
			isBegun = true;
		}
		const hasFrame = () => received.length >= HEAD_BYTES && received.length >= HEAD_BYTES + received.readUIntBE(0, 3);
		while (isBegun && hasFrame()) {
			const [type, flags, streamId] = [received.readUInt8(3), received.readUInt8(4), received.readUInt32BE(5)];
			received = received.subarray(HEAD_BYTES + received.readUIntBE(0, 3));
			if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0));
			// `:status: 413`, with END_STREAM and END_HEADERS.
			if (type === HEADERS) socket.write(frame(HEADERS, 5, streamId, Buffer.of(0x08, 3, 0x34, 0x31, 0x33)));
		}
	});
}
