export type TransportFailureKind =
	/** `signal` aborted. */
	| 'aborted'
	/** The address of the host could not be found. */
	| 'dns'
	/** Nobody listens there, or no way leads there. */
	| 'unreachable'
	/** The certificate or the TLS handshake was not acceptable. */
	| 'tls'
	/** The proxy in between refused or failed. */
	| 'proxy'
	/** n8n's egress (SSRF) policy forbids the address. */
	| 'egress'
	/** The connection ended before the answer was complete. */
	| 'dropped'
	/** An answer other than an upgrade, whose status cannot be seen here. */
	| 'refused'
	/** The runtime lacks what the exchange needs. */
	| 'unsupported'
	/** The answer is larger than we are willing to read. */
	| 'tooLarge'
	/** The answer is not HTTP, or cannot be decoded. */
	| 'malformed';

/**
 * An exchange without a complete answer, or a connection that could not be made. Holds no part of the request, so nothing
 * secret can leak from it.
 */
export class TransportFailure extends Error {
	override readonly name = 'TransportFailure';

	constructor(
		readonly kind: TransportFailureKind,
		/** What happened, in plain words that continue "Cognigy at <host> …" or stand alone. */
		message: string,
		/** False only when it is certain that no byte of the request left (guarantee 1). */
		readonly requestSent: boolean,
		/** Whether a part of the answer had come. */
		readonly answerBegan = false,
	) {
		super(message);
	}
}

/** To continue a sentence. */
export const STOPPED = 'the request was stopped';

/** It was stopped before anything of it was sent. */
export const stoppedBefore = () => new TransportFailure('aborted', STOPPED, false);
