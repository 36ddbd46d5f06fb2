import type { IncomingHttpHeaders } from 'node:http2';
import { Readable } from 'node:stream';

export interface Http2AnswerOptions {
	/** There is room for more. */
	onRoom: () => void;
	/** Nobody reads on, though the end has not come. */
	onGivenUp: () => void;
}

/**
 * An answer as axios reads it: what Node has of HTTP/1.1. It has a life of its own, as a stream of HTTP/2 drops what has come
 * and was not read yet when its connection ends; a service may have given that once only.
 */
export class Http2Answer extends Readable {
	statusCode = 0;
	headers: IncomingHttpHeaders = {};
	/** All of it has come. */
	isWhole = false;

	constructor(private readonly options: Http2AnswerOptions) {
		super();
	}

	begin({ ':status': status, ...headers }: IncomingHttpHeaders): void {
		this.statusCode = Number(status);
		this.headers = headers;
	}

	end(): void {
		this.isWhole = true;
		this.push(null);
	}

	override _read(): void {
		this.options.onRoom();
	}

	override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
		if (!this.isWhole) this.options.onGivenUp();
		callback(error);
	}
}
