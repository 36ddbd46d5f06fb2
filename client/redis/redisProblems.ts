import { types } from 'node:util';

import { toTransportFailure } from '../net/failures';
import { redact } from '../redact';
import { cut } from '../text';

/** Longest part of an error reply that is repeated, in characters. */
const MAX_REPLY_LENGTH = 200;

/** Redis' error codes whose own words would not help. */
const BY_REPLY_CODE: Readonly<Record<string, string>> = {
	NOAUTH: 'it wants a password; put it into the Redis URL',
	WRONGPASS: 'it does not accept the user or password in the Redis URL',
	NOPERM: 'the user in the Redis URL lacks a permission',
	READONLY: 'it is a replica that takes no changes',
	LOADING: 'it is still loading its data',
	OOM: 'its memory is full',
	MOVED: 'it is part of a Redis Cluster; name a Redis that stands alone',
};

/** Names of errors of `@redis/client` that have no code. */
const BY_NAME: Readonly<Record<string, string>> = {
	ConnectionTimeoutError: 'it does not answer in time',
	SocketClosedUnexpectedlyError: 'the connection was closed',
	DisconnectsClientError: 'the connection was closed',
	ClientClosedError: 'the connection was closed',
	ClientOfflineError: 'the connection was closed',
};

/** The first word of an error reply, which says what kind of problem it is. */
export function replyCode(reply: Error): string {
	return /^[A-Z]+/.exec(reply.message)?.[0] ?? '';
}

/** What Redis answered instead of a result, for a message that people read. */
export function replyProblem(reply: Error, secrets: readonly string[]): string {
	// Behind these words Redis repeats what it was sent.
	const [text = ''] = reply.message.split(/,? with args beginning/);
	// A long command to a Redis that wants a password is refused in other words.
	const code = text.includes('unauthenticated') ? 'NOAUTH' : replyCode(reply);
	return BY_REPLY_CODE[code] ?? `it answered "${cut(redact(text, secrets), MAX_REPLY_LENGTH)}"`;
}

/** Why a connection was not made, or ended. */
export function connectionProblem(error: unknown): string {
	const name = types.isNativeError(error) ? error.constructor.name : '';
	return BY_NAME[name] ?? toTransportFailure(error, false).message;
}
