import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { JSON_TYPE, type WireAnswer } from '../http/answers';
import type { Connections } from '../http/connections';
import type { LosingEffect, SpoilingEffect } from './effects';

const MEGABYTE = 1024 * 1024;
const PADDING = Buffer.alloc(64 * 1024, 'x');
const BLANKS = Buffer.alloc(64 * 1024, ' ');
const HTML_PAGE = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n';

/**
 * Whether what the client gets is the answer as it should be. One that is padded is not: who refuses it for its size has
 * not got it, which cannot be seen from here.
 */
export function leavesIntact(fault: { kind: string } | undefined): boolean {
	return !fault || fault.kind === 'latency' || fault.kind === 'slowBody';
}

/** The answer of an operation that ran, spoiled as the fault says; undefined: the connection was ended without one. */
export function spoil(
	fault: LosingEffect | SpoilingEffect,
	answer: WireAnswer,
	socket: Socket,
	connections: Connections,
): WireAnswer<string | Readable> | undefined {
	const { status, headers, body } = withBody(answer);
	switch (fault.kind) {
		case 'latency':
			return answer;
		case 'dropAfter':
			connections.cut(socket);
			return undefined;
		case 'resetAfter':
			connections.reset(socket);
			return undefined;
		case 'truncate': {
			// A stream, as the length of a string would be put right; `close` ends the connection once it is sent.
			const promised = { 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
			return { status, headers: { ...headers, ...promised }, body: Readable.from([Buffer.from(firstHalf(body))]) };
		}
		case 'badJson':
			return { status: 200, headers, body: firstHalf(body) };
		case 'wrongShape':
			return { status: 200, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(fault.body) };
		case 'wrongContentType':
			return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: HTML_PAGE };
		case 'hugeBody':
			return { status, headers, body: padded(body, fault.bytes) };
		case 'slowBody': {
			const bytes = Buffer.from(body);
			return {
				status,
				headers: { ...headers, 'content-length': String(bytes.length) },
				body: Readable.from(dribble(bytes, fault.chunkBytes, fault.intervalMs)),
			};
		}
		case 'gzipBomb': {
			// A client that goes away early ends both streams; there is nobody left to tell.
			const gzip = pipeline(padded(body, fault.megabytes * MEGABYTE), createGzip(), () => undefined);
			return { status, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzip };
		}
	}
}

/** What has no body cannot be spoiled. Nothing to list is an empty list. */
function withBody(answer: WireAnswer): WireAnswer {
	if (answer.status !== 204) return answer;
	return { status: 200, headers: { ...answer.headers, 'content-type': JSON_TYPE }, body: '[]' };
}

function firstHalf(text: string): string {
	return text.slice(0, Math.ceil(text.length / 2));
}

/**
 * A JSON object with one more field of so many bytes in front, or a list with so many blanks: still good JSON, for who
 * has the memory.
 */
function padded(json: string, bytes: number): Readable {
	const [before, chunk, after] = json.startsWith('[') ? ['[', BLANKS, ''] : ['{"padding":"', PADDING, '",'];
	return Readable.from(
		(function* () {
			yield Buffer.from(before);
			for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
			yield Buffer.from(`${after}${json.slice(1)}`);
		})(),
	);
}

async function* dribble(bytes: Buffer, chunkBytes: number, intervalMs: number): AsyncGenerator<Buffer> {
	for (let start = 0; start < bytes.length; start += chunkBytes) {
		if (start > 0) await sleep(intervalMs, undefined, { ref: false });
		yield bytes.subarray(start, start + chunkBytes);
	}
}
