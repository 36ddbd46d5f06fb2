/** One HTTP exchange. Status codes are answers, not errors; only an exchange without a whole answer fails. */
export interface HttpTransport {
	/** @throws {TransportFailure} when no complete answer came */
	send(request: HttpRequest): Promise<HttpResponse>;
	/** Closes every connection; what is under way ends as `dropped`. */
	close(): void;
}

/** One that also gets files. */
export interface FileTransport extends HttpTransport {
	/**
	 * As `send`, for an answer that is a file.
	 * @throws {TransportFailure} also `tooLarge`, when it has more than `maxBytes`
	 */
	download(request: DownloadRequest): Promise<FileResponse>;
}

export interface HttpRequest {
	method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
	url: string;
	headers: Readonly<Record<string, string>>;
	/** JSON text. */
	body?: string;
	/** Ends the exchange: time limit and cancellation alike. */
	signal: AbortSignal;
}

export interface DownloadRequest extends Pick<HttpRequest, 'url' | 'headers' | 'signal'> {
	/** Counted after decompression. */
	maxBytes: number;
}

export interface FileResponse extends Omit<HttpResponse, 'body'> {
	bytes: Uint8Array;
}

export interface HttpResponse {
	status: number;
	/** Lower-case names. */
	headers: Readonly<Record<string, string | undefined>>;
	body: string;
}
