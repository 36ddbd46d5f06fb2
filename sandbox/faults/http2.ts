import type { IncomingMessage } from 'node:http';
import { constants, Http2ServerRequest, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { Connections } from '../http/connections';
import type { Http2Effect } from './effects';

/**
 * Does what the fault says to a request of HTTP/2, in the place of the operation.
 *
 * @returns false: it came over HTTP/1.1, where there is no such thing, and is to be served
 */
export function breakHttp2(fault: Http2Effect, request: IncomingMessage, connections: Connections): boolean {
	const stream = streamOf(request);
	const session = stream?.session;
	if (!stream || !session) return false;
	switch (fault.kind) {
		case 'resetStream':
			stream.close(constants[`NGHTTP2_${fault.code}`]);
			break;
		case 'goAway':
			goAway(session, stream, fault);
			break;
		case 'stall':
			connections.stall(request.socket);
			break;
	}
	return true;
}

function goAway(session: Http2Session, stream: ServerHttp2Stream, fault: Http2Effect & { kind: 'goAway' }): void {
	const own = stream.id ?? 0;
	const code = constants[`NGHTTP2_${fault.code}`];
	// What came later is answered, so it is not to pass for refused.
	const newest = Math.max(own, session.state.lastProcStreamID ?? 0);
	// Clients number their requests 1, 3, 5 and so on.
	const lastTaken = fault.taken || newest > own ? newest : own - 2;
	if (lastTaken > 0) session.goaway(code, lastTaken);
	else {
		// Node cannot say that none was taken: it says first that no more will be, refuses this one, and then says why.
		session.goaway(constants.NGHTTP2_NO_ERROR);
		stream.once('close', () => {
			if (!session.destroyed) session.goaway(code);
		});
	}
	if (!fault.taken) stream.close(constants.NGHTTP2_REFUSED_STREAM);
	// With what is under way, which is answered.
	session.close();
}

function streamOf(request: IncomingMessage): ServerHttp2Stream | undefined {
	// Of HTTP/2, Node gives a class of its own that only looks the same.
	const either: unknown = request;
	return either instanceof Http2ServerRequest ? either.stream : undefined;
}
