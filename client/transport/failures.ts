import { STOPPED, TransportFailure, type TransportFailureKind } from './transportFailure';

/** Node's, OpenSSL's, axios' and undici's (of `fetch`) error codes in the words of `TransportFailure`. */
const BY_CODE: Readonly<Record<string, readonly [TransportFailureKind, string]>> = {
	ERR_CANCELED: ['aborted', STOPPED],
	ENOTFOUND: ['dns', 'the host name is not known'],
	EAI_AGAIN: ['dns', 'the host name could not be looked up just now'],
	EAI_FAIL: ['dns', 'the host name could not be looked up'],
	ENODATA: ['dns', 'the host name has no address'],
	ECONNREFUSED: ['unreachable', 'nothing accepts connections at that address and port'],
	EHOSTUNREACH: ['unreachable', 'no route leads to that host'],
	ENETUNREACH: ['unreachable', 'no route leads to that network'],
	EHOSTDOWN: ['unreachable', 'the host is down'],
	ETIMEDOUT: ['unreachable', 'the connection timed out'],
	EADDRNOTAVAIL: ['unreachable', 'this machine has no free port or address for the connection'],
	ECONNRESET: ['dropped', 'the connection was reset'],
	ECONNABORTED: ['dropped', 'the connection was aborted'],
	EPIPE: ['dropped', 'the connection was closed while sending'],
	ERR_STREAM_PREMATURE_CLOSE: ['dropped', 'the connection was closed in the middle of the answer'],
	EPROTO: ['tls', 'the other side does not speak TLS as expected'],
	CERT_SIGNATURE_FAILURE: ['tls', 'its TLS certificate is not signed by its issuer'],
	CERT_HAS_EXPIRED: ['tls', 'its TLS certificate has expired'],
	CERT_NOT_YET_VALID: ['tls', 'its TLS certificate is not valid yet'],
	DEPTH_ZERO_SELF_SIGNED_CERT: ['tls', 'its TLS certificate is self-signed'],
	SELF_SIGNED_CERT_IN_CHAIN: ['tls', 'its TLS certificate chain contains a self-signed certificate'],
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', 'its TLS certificate could not be verified'],
	UNABLE_TO_GET_ISSUER_CERT: ['tls', 'the issuer of its TLS certificate is not known'],
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['tls', 'the issuer of its TLS certificate is not known'],
	ERR_TLS_CERT_ALTNAME_INVALID: ['tls', 'its TLS certificate is for another host name'],
	ERR_BUFFER_TOO_LARGE: ['tooLarge', 'the answer is too large'],
	ERR_BAD_RESPONSE: ['dropped', 'the answer ended too early'],
	UND_ERR_CONNECT_TIMEOUT: ['unreachable', 'the connection timed out'],
	UND_ERR_SOCKET: ['dropped', 'the connection was closed'],
	UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['malformed', 'the answer is not valid HTTP'],
	UND_ERR_HEADERS_TIMEOUT: ['dropped', 'no answer came for 5 minutes'],
	UND_ERR_BODY_TIMEOUT: ['dropped', 'the answer stopped for 5 minutes'],
	UND_ERR_HEADERS_OVERFLOW: ['malformed', 'the headers of the answer are too large'],
	UND_ERR_INVALID_ARG: ['malformed', 'the request holds a character that HTTP does not allow'],
	ERR_INVALID_CHAR: ['malformed', 'the request holds a character that HTTP does not allow'],
};

/**
 * Turns whatever axios, `fetch` and Node throw into a failure without any part of the request in it.
 * @param requestSent whether bytes of the request may have left before the failure
 */
export function toTransportFailure(error: unknown, requestSent: boolean): TransportFailure {
	if (error instanceof TransportFailure) return error;
	// axios wraps what an agent throws.
	if (error instanceof Error && error.cause instanceof TransportFailure) return error.cause;
	const { code, message, name } = facts(error);
	const known = BY_CODE[code];
	if (/maxContentLength/.test(message)) {
		return new TransportFailure('tooLarge', 'the answer is too large', requestSent);
	}
	if (known) return new TransportFailure(known[0], known[1], requestSent);
	if (/Ssrf|Egress/i.test(name)) {
		return egressRefused();
	}
	if (/proxy/i.test(message)) {
		return new TransportFailure('proxy', 'the proxy did not let the connection through', requestSent);
	}
	// What `fetch` of Node 24 throws has no code.
	if (code.startsWith('HPE_') || name.includes('HTTPParserError')) {
		return new TransportFailure('malformed', 'the answer is not valid HTTP', requestSent);
	}
	if (isBlockedPort(message)) {
		return new TransportFailure('unreachable', 'fetch connects to no port that browsers block', requestSent);
	}
	// Of zlib and of Brotli.
	if (/^(Z_|ERR__ERROR_)/.test(code)) {
		return new TransportFailure('malformed', 'the answer could not be decompressed', requestSent);
	}
	if (/^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|ERR_OSSL)/.test(code)) {
		return new TransportFailure('tls', 'the TLS connection could not be set up', requestSent);
	}
	return new TransportFailure('dropped', code ? `the exchange failed (${code})` : 'the exchange failed', requestSent);
}

/**
 * Whether the error can only come from looking up, connecting, or verifying a certificate: then no connection ever stood.
 * The code alone seldom says so: also of a connection that stands, Linux may say EHOSTUNREACH or ETIMEDOUT, and in TLS 1.3
 * the other side's alerts may follow the request. What is in doubt gives false.
 */
export function neverConnected(error: unknown): boolean {
	const { code, message, syscall } = facts(error);
	return (
		syscall === 'getaddrinfo' ||
		syscall === 'connect' ||
		code === 'UND_ERR_CONNECT_TIMEOUT' ||
		/^(CERT_|ERR_TLS_CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)/.test(code) ||
		isBlockedPort(message) ||
		// Node's words for an end of the connection during the handshake, which share a code with ends that come later.
		message.includes('before secure TLS connection was established')
	);
}

/**
 * Whether an answer of `fetch` ended before its time, where undici says that it is not valid HTTP: on a connection that is to
 * be closed after it.
 * @param answerBegan whether its headers had come
 */
export function brokeOff(error: unknown, answerBegan: boolean): boolean {
	const { code, message } = facts(error);
	// Two lengths have the same code, and show in the headers.
	if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return answerBegan;
	return message.includes('Invalid EOF state');
}

/** The words of `fetch` for a port that it does not connect to; there is no code. */
function isBlockedPort(message: string): boolean {
	return message.endsWith('bad port');
}

export function egressRefused(): TransportFailure {
	return new TransportFailure('egress', 'the network policy of this n8n does not allow the address', false);
}

/** The first error code in the chain: axios and `fetch` wrap Node's error, Node wraps several per address that it tried. */
function facts(error: unknown): { code: string; syscall: string; message: string; name: string } {
	const found = { code: '', syscall: '', message: '', name: '' };
	let current: unknown = error;
	for (let depth = 0; depth < 5 && isErrorLike(current); depth++) {
		found.message += ` ${current.message}`;
		// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of another realm, and made by anybody
		found.name += ` ${String(current.name)} ${current.constructor?.name ?? ''}`;
		const code: unknown = Reflect.get(current, 'code');
		if (typeof code === 'string' && !found.code) found.code = code;
		const syscall: unknown = Reflect.get(current, 'syscall');
		if (typeof syscall === 'string' && !found.syscall) found.syscall = syscall;
		const several: unknown = Reflect.get(current, 'errors');
		current = Array.isArray(several) ? several[0] : current.cause;
	}
	return found;
}

/**
 * Neither `instanceof`, as Node's own errors are of another realm where our code runs in a context of its own, nor
 * `isNativeError`: errors of the axios in n8n 1.123.0 only inherit from Error.
 */
function isErrorLike(value: unknown): value is Pick<Error, 'message' | 'name' | 'cause'> {
	return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'message') === 'string';
}
