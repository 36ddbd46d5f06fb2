import type { InternalAxiosRequestConfig } from 'axios';

import type { TransportFailure } from '../transportFailure';

/** One request of axios in one version of HTTP: how it is sent, and what became of it. */
export interface AxiosExchange {
	/** What axios is told of the way. */
	readonly config: Pick<InternalAxiosRequestConfig, 'transport' | 'httpAgent' | 'httpsAgent'>;
	/** Whether the service wants HTTP/1.1, after a failure. */
	readonly wantsHttp1: boolean;
	/**
	 * Whether what axios takes for an answer is one of the service, and whole.
	 * @throws when it is not
	 */
	check(status: number): void;
	/** What the failure of axios, or of `check`, means. */
	failure(error: unknown): TransportFailure;
	/** To be called when axios is done, whatever came out. */
	finish(): void;
}
