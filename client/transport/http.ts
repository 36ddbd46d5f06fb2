/** One HTTP exchange. Status codes are answers, not errors; only an exchange without a whole answer fails. */
export interface HttpTransport {
	/** @throws {TransportFailure} when no complete answer came */
	send(request: HttpRequest): Promise<HttpResponse>;
	/** Closes every connection; what is under way ends as `dropped`. */
	close(): void;
}

export interface HttpRequest {
	method: 'GET' | 'POST' | 'PATCH';
	url: string;
	headers: Readonly<Record<string, string>>;
	/** JSON text. */
	body?: string;
	/** Ends the exchange: time limit and cancellation alike. */
	signal: AbortSignal;
}

export interface HttpResponse {
	status: number;
	/** Lower-case names. */
	headers: Readonly<Record<string, string | undefined>>;
	body: string;
}
