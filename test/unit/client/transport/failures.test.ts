import { AxiosError } from 'axios';

import { toTransportFailure } from '../../../../client/transport/failures';
import { TransportFailure } from '../../../../client/transport/transportFailure';
import { allThatShows } from '../../../support/secrets';

const SECRET = 'very-secret-token';

/** An error as Node throws it: its message and properties may hold anything. */
function nodeError(code: string, message = `connect ${code} ${SECRET}`): Error {
	return Object.assign(new Error(message), { code, request: { headers: { Authorization: `Bearer ${SECRET}` } } });
}

/** As the axios in n8n 1.123.0 makes its errors: none that Node counts as one. */
function inheriting(error: Error): object {
	return Object.assign(Object.create(Error.prototype), { ...error, message: error.message, name: 'Error' }) as object;
}

describe.each([true, false])('a failure when "request sent" is %p', (requestSent) => {
	it.each([
		['ERR_CANCELED', 'aborted'],
		['ENOTFOUND', 'dns'],
		['EAI_AGAIN', 'dns'],
		['ECONNREFUSED', 'unreachable'],
		['EHOSTUNREACH', 'unreachable'],
		['ENETUNREACH', 'unreachable'],
		['ETIMEDOUT', 'unreachable'],
		['ECONNRESET', 'dropped'],
		['EPIPE', 'dropped'],
		['CERT_HAS_EXPIRED', 'tls'],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
		['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
		['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'],
		['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
		['CERT_REVOKED', 'tls'],
		['EPROTO', 'tls'],
		['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
		['HPE_INVALID_CONSTANT', 'malformed'],
		['HPE_HEADER_OVERFLOW', 'malformed'],
		['Z_DATA_ERROR', 'malformed'],
		['EMFILE', 'dropped'],
		['UND_ERR_CONNECT_TIMEOUT', 'unreachable'],
		['UND_ERR_SOCKET', 'dropped'],
		['UND_ERR_HEADERS_TIMEOUT', 'dropped'],
		['UND_ERR_BODY_TIMEOUT', 'dropped'],
		['UND_ERR_HEADERS_OVERFLOW', 'malformed'],
		['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'malformed'],
		['UND_ERR_INVALID_ARG', 'malformed'],
	])('with the code %s is "%s"', (code, kind) => {
		for (const error of [
			nodeError(code),
			AxiosError.from(nodeError(code)),
			new Error('outer', { cause: nodeError(code) }),
			inheriting(nodeError(code)),
		]) {
			const failure = toTransportFailure(error, requestSent);
			expect(failure).toMatchObject({ kind, requestSent });
			expect(allThatShows(failure)).not.toContain(SECRET);
		}
	});

	it('at every address of a host is what the first address said', () => {
		const error = new AggregateError([nodeError('ECONNREFUSED'), nodeError('ENETUNREACH')], 'all failed');
		expect(toTransportFailure(error, requestSent)).toMatchObject({ kind: 'unreachable', requestSent });
	});

	it.each([undefined, null, 'text', 42, {}, new Error(SECRET)])('that nobody can name (%p) is "dropped"', (error) => {
		const failure = toTransportFailure(error, requestSent);
		expect(failure).toMatchObject({ kind: 'dropped', requestSent });
		expect(allThatShows(failure)).not.toContain(SECRET);
	});

	it('that is known already stays as it is', () => {
		const failure = new TransportFailure('proxy', 'refused', false);
		expect(toTransportFailure(failure, requestSent)).toBe(failure);
	});

	it('of a chain of errors without an end is found all the same', () => {
		const error = new Error('loop');
		error.cause = error;
		expect(toTransportFailure(error, requestSent)).toMatchObject({ kind: 'dropped' });
	});
});

it.each(['SsrfBlockedIpError', 'SsrfBlockedHostnameError'])(
	"n8n's %s is a matter of the egress policy, which refuses before anything is sent",
	(name) => {
		const error = Object.assign(new Error('blocked'), { name });
		expect(toTransportFailure(AxiosError.from(error), true)).toMatchObject({ kind: 'egress', requestSent: false });
	},
);
