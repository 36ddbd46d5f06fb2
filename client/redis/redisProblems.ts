import { types } from 'node:util';

import { toTransportFailure } from '../transport/failures';
import { redact } from '../call/serviceText';
import { cut } from '../text';
import { KEY_PREFIX, trialOfAll } from './redisCommands';

/** Longest part of an error reply that is repeated, in characters. */
const MAX_REPLY_LENGTH = 200;

/** What helps where a password is not accepted that should be. */
const ENCODING = 'write / # ? @ % in a password as %2F %23 %3F %40 %25';

/** Redis' error codes whose own words would not help. */
const BY_REPLY_CODE: Readonly<Record<string, string>> = {
	NOAUTH: 'it wants a password; put it into the Redis URL',
	WRONGPASS: `it does not accept the user or password in the Redis URL; ${ENCODING}`,
	READONLY: 'it is a replica that takes no changes',
	LOADING: 'it is still loading its data',
	OOM: 'its memory is full',
	MOVED: 'it is part of a Redis Cluster; name a Redis that stands alone',
	DENIED: 'it is in protected mode: it takes connections from its own machine only, until it has a password',
	NOREPLICAS: 'it has too few replicas to take changes',
	MISCONF: 'it takes no changes, as it cannot save its data to disk',
};

const WRONG_TLS = 'it does not speak TLS at that port: begin the Redis URL with redis:// or name its TLS port';
const SENTINEL = 'it is a Redis Sentinel: name the Redis that it watches in the Redis URL';

/** Error replies that have only the code ERR, by their words. */
const BY_WORDS: ReadonlyArray<readonly [RegExp, string]> = [
	// Redis before 6.
	[/^ERR invalid password/i, `it does not accept the password in the Redis URL; ${ENCODING}`],
	[
		/without any password configured|no password is set/i,
		'it has no password, but the Redis URL has one: take it out of the Redis URL',
	],
	[/DB index is out of range/i, 'it has no database of the number at the end of the Redis URL'],
	// Before any other command: Redis itself knows it always.
	[/unknown command .?select/i, SENTINEL],
	[/max number of clients/i, 'it has too many connections already'],
];

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
	const known = BY_REPLY_CODE[code] ?? BY_WORDS.find(([words]) => words.test(text))?.[1];
	return known ?? `it answered "${cut(redact(text, secrets), MAX_REPLY_LENGTH)}"`;
}

/**
 * What Redis does not do for us, and why, where its reply leaves that open: which command or key the user may not use, and
 * who it is that does not know our scripts.
 * @param ask sends a command over the same connection
 * @returns undefined where the reply is of another kind
 */
export async function refusalProblem(
	{ message }: Error,
	ask: (args: string[]) => Promise<unknown>,
): Promise<string | undefined> {
	const unknown = /unknown command [`'"]?([\w|-]+)/i.exec(message)?.[1]?.toUpperCase();
	if (unknown !== undefined) {
		const role = await ask(['ROLE']).catch(() => undefined);
		if (Array.isArray(role) && role[0] === 'sentinel') return SENTINEL;
		if (!/^EVAL/.test(unknown)) return undefined;
		return `its command ${unknown} is switched off or renamed, but we need EVAL and EVALSHA: use a Redis that has them`;
	}
	if (!/^NOPERM|can't (run|access)|has no permissions|ACL failure/i.test(message)) return undefined;
	if (/\bkeys?\b/i.test(message)) {
		return `the user in the Redis URL may not read and write the keys ${KEY_PREFIX}*: give it the right ~${KEY_PREFIX}*`;
	}
	const named = /'([\w|-]+)' command/.exec(message)?.[1];
	const { script, keys } = trialOfAll;
	const refused =
		named === undefined ? await ask(['EVAL', script, String(keys.length), ...keys]).catch(() => []) : [named];
	return rightsProblem(refused) ?? 'the user in the Redis URL lacks a permission';
}

/** @param refused names of commands that the user may not run */
export function rightsProblem(refused: unknown): string | undefined {
	const names = Array.isArray(refused) ? refused.filter((name) => typeof name === 'string') : [];
	if (names.length === 0) return undefined;
	const rights = names.map((name) => `+${name.toLowerCase()}`).join(' ');
	const commands = names.map((name) => name.toUpperCase()).join(', ');
	return `the user in the Redis URL may not use ${commands}: give it the right ${rights}`;
}

/** How far a connection came. */
export interface ConnectionState {
	tls: boolean;
	/** Whether Redis has answered anything on it. */
	hasAnswered: boolean;
}

/** Why a connection was not made, or ended. */
export function connectionProblem(error: unknown, { tls, hasAnswered }: ConnectionState): string {
	const name = types.isNativeError(error) ? error.constructor.name : '';
	if (tls && /wrong version number|packet length too long/i.test(types.isNativeError(error) ? error.message : '')) {
		return WRONG_TLS;
	}
	const known = BY_NAME[name];
	const { kind, message } = toTransportFailure(error, false);
	if (hasAnswered) return known ?? message;
	if (tls && name === 'ConnectionTimeoutError') return `${known}${silenceOverTls}`;
	// Whoever speaks TLS hangs up on plain text.
	const hungUp = name === 'SocketClosedUnexpectedlyError' || (!known && kind === 'dropped');
	if (hungUp && !tls) return `${known ?? message} at once: if that port speaks TLS, begin the Redis URL with rediss://`;
	return known ?? message;
}

/** A Redis without TLS waits for the rest of what it takes for a command. */
export const silenceOverTls = '; if that port does not speak TLS, begin the Redis URL with redis://';
