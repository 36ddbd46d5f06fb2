import { types } from 'node:util';

import { toTransportFailure } from '../transport/failures';
import { redact } from '../call/serviceText';
import { cut } from '../text';
import type { Redirect } from './linkFailure';
import { KEY_PREFIX, trialOfAll } from './redisCommands';

/** Longest part of an error reply that is repeated, in characters. */
const MAX_REPLY_LENGTH = 200;

/** What helps where a password is not accepted that should be. */
const ENCODING = 'write / # ? @ % in a password as %2F %23 %3F %40 %25';

const CLUSTER = 'it is part of a Redis Cluster: begin the Redis URL with redis+cluster:// or rediss+cluster://';

/** Redis' error codes whose own words would not help. */
const BY_REPLY_CODE: Readonly<Record<string, string>> = {
	NOAUTH: 'it wants a password; put it into the Redis URL',
	WRONGPASS: `it does not accept the user or password in the Redis URL; ${ENCODING}`,
	READONLY: 'it is a replica that takes no changes',
	LOADING: 'it is still loading its data',
	MASTERDOWN: 'it is a replica that has lost its primary',
	BUSY: 'it is busy with a script of somebody else',
	OOM: 'its memory is full: give it more (maxmemory)',
	MOVED: CLUSTER,
	ASK: CLUSTER,
	CROSSSLOT: CLUSTER,
	CLUSTERDOWN: 'the Redis Cluster is down: some of its slots are served by no node',
	TRYAGAIN: 'its keys are just being moved to another node of the cluster',
	DENIED: 'it is in protected mode: it takes connections from its own machine only, until it has a password',
	NOREPLICAS: 'it has too few replicas to take changes',
	MISCONF: 'it takes no changes, as it cannot save its data to disk',
};

const WRONG_TLS = 'it does not speak TLS at that port: begin the Redis URL with redis:// or name its TLS port';
const SENTINEL =
	'it is a Redis Sentinel: name the Redis that it watches in the Redis URL, as in redis+sentinel://host:26379/mymaster';

/** Of replies: the command did not run, nor any part of a script that writes, and the same may be done a little later. */
const PASSING = new Set([...['READONLY', 'LOADING', 'MASTERDOWN', 'NOREPLICAS', 'BUSY', 'CLUSTERDOWN', 'TRYAGAIN']]);

const CLIENT_CERTIFICATE = 'if it wants certificates of its clients, set its tls-auth-clients to no';

/** What helps where a certificate is not accepted. */
const BY_CERTIFICATE: ReadonlyArray<readonly [RegExp, string]> = [
	[/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/, 'renew it, or look at the clocks of both machines'],
	[
		/^ERR_TLS_CERT_ALTNAME_INVALID$/,
		'write a name that the certificate has into the Redis URL, or have one made for that name',
	],
	[
		/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_SIGNATURE_FAILURE)/,
		'put the certificate of its authority into CA Certificate of the credential, or set NODE_EXTRA_CA_CERTS',
	],
	[/CERTIFICATE_REQUIRED/, CLIENT_CERTIFICATE],
];

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

/** The first word of an error reply, which says what kind of problem it is. Before version 7, Redis puts others around it. */
export function replyCode({ message }: Error): string {
	return /^ERR Error running script .*: -?([A-Z]+) /.exec(message)?.[1] ?? /^[A-Z]+/.exec(message)?.[0] ?? '';
}

/** Whether a command that was refused certainly did not run, and may be let in a little later. */
export function replyMayPass(reply: Error): boolean {
	return PASSING.has(replyCode(reply));
}

/** Whether a connection that was not made may be made a little later. */
export function connectionMayPass(error: unknown): boolean {
	return toTransportFailure(error, false).kind !== 'tls';
}

/** Where a node of a cluster sends a command, if it does. Without a host, it is the host that answered. */
export function redirectOf({ message }: Error): { redirect?: Redirect } {
	const [, kind, host = '', port] = /^(MOVED|ASK) \d+ (\S*):(\d+)/.exec(message) ?? [];
	if (kind === undefined) return {};
	return { redirect: { isAsk: kind === 'ASK', host: host === '?' ? '' : host, port: Number(port) } };
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
	const { kind, message: plainMessage } = toTransportFailure(error, false);
	const advice = tls ? BY_CERTIFICATE.find(([codes]) => codes.test(errorCode(error)))?.[1] : undefined;
	const message = advice === undefined ? plainMessage : `${plainMessage}; ${advice}`;
	if (hasAnswered) return known ?? message;
	if (tls && name === 'ConnectionTimeoutError') return `${known}${silenceOverTls}`;
	// Whoever speaks TLS hangs up on plain text.
	const hungUp = name === 'SocketClosedUnexpectedlyError' || (!known && kind === 'dropped');
	if (hungUp && !tls) return `${known ?? message} at once: if that port speaks TLS, begin the Redis URL with rediss://`;
	// Often nothing more is heard of such a refusal.
	if (hungUp) return `${known ?? message}; ${CLIENT_CERTIFICATE}`;
	return known ?? message;
}

/** A Redis without TLS waits for the rest of what it takes for a command. */
export const silenceOverTls = '; if that port does not speak TLS, begin the Redis URL with redis://';

function errorCode(error: unknown): string {
	return types.isNativeError(error) && 'code' in error ? String(error.code) : '';
}
