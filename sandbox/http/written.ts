import type { ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import { finished } from 'node:stream';

/**
 * Tells, once, whether an answer was written completely. Over HTTP/2 that is so when its stream has closed well: whatever cuts
 * the connection before takes the answer along.
 */
export function whenWritten(response: ServerResponse, tell: (isWritten: boolean) => void): void {
	// Of HTTP/2, Node gives a class of its own that only looks the same.
	const either: unknown = response;
	const stream = either instanceof Http2ServerResponse ? either.stream : undefined;
	if (!stream) return void finished(response, (error) => tell(!error));
	stream.once('close', () => tell(stream.writableFinished && stream.rstCode === 0));
}
