import type { FileResponse } from '../http';

/** One request in one version of HTTP. */
export interface Exchange {
	/**
	 * Sends it, once.
	 * @returns the whole answer, decompressed
	 * @throws {TransportFailure} when none came
	 */
	send(): Promise<FileResponse>;
	/** Whether the service wants HTTP/1.1, after a failure. */
	readonly wantsHttp1: boolean;
}

/** What every request says of us. */
export const USER_AGENT = 'n8n-nodes-cognigy';
