import { readCertificates } from './caCertificates';
import { RedisError } from './redisError';

export interface RedisNode {
	host: string;
	port: number;
}

/** Where a Redis is and how to get in. */
export interface RedisAddress extends RedisNode {
	tls: boolean;
	username?: string;
	password?: string;
	database?: number;
	/** PEM. Whom to believe that a certificate is genuine; missing: whom Node believes. */
	caCertificates?: string;
	/** What a Sentinel calls it. The host is then that of the first Sentinel, and these are all. */
	sentinel?: { name: string; nodes: RedisNode[] };
	/** Nodes of the cluster that it is. */
	cluster?: { nodes: RedisNode[] };
}

const DEFAULT_PORT = 6379;
const SENTINEL_PORT = 26379;

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, `redis+sentinel://[user[:password]@]host[:port][,…]/name[/database]`
 * or `redis+cluster://[user[:password]@]host[:port][,…]`; `rediss` is the same over TLS, and `valkey` another word for `redis`.
 * @returns what is wrong with it, to continue the name of the field, repeats no part of it: whatever is in the wrong place
 *   could be the password
 */
export function readRedisUrl(text: string): RedisAddress | string {
	if (text === '') return 'is empty';
	const [, scheme = '', rest = ''] = /^([^/?#]*:)\/\/(.*)$/s.exec(text) ?? [];
	const [isKnown, tls, kind] = /^(?:redis|valkey)(s?)(?:\+(sentinel|cluster))?:$/.exec(scheme.toLowerCase()) ?? [];
	if (isKnown === undefined) return 'must begin with redis:// or rediss://';
	// Behind the last "@" nothing is secret. Before it, none of these can stand as it is.
	const login = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
	if (/[/?#]/.test(login) || isBadlyEncoded(login)) return WRONG_PASSWORD;
	const place = rest.slice(rest.lastIndexOf('@') + 1);
	if (/^([/?#]|$)|^:\d*(\/|$)/.test(place)) return 'names no host';
	const [hosts = '', ...path] = (/^[^?#]*/.exec(place)?.[0] ?? '').split('/');
	const wrongHost = login === '' && rest.includes(':') ? 'has no valid host and port' : 'is not a valid address';
	const nodes = hosts.split(',').map((one) => nodeOf(one, kind === 'sentinel' ? SENTINEL_PORT : DEFAULT_PORT));
	if (!nodes.every((node) => node !== undefined) || !URL.canParse(`redis://${login}@h`)) return wrongHost;
	const [first = { host: '', port: 0 }] = nodes;
	if (nodes.some(({ host }) => host === '')) return 'names no host';
	if (nodes.some(({ port }) => port === 0)) return 'must have a port from 1 to 65535';
	if (/[?#]/.test(place)) return 'must not contain "?" or "#" after the host';
	if (kind === undefined && nodes.length > 1) return ONE_HOST;
	const name = kind === 'sentinel' ? decoded(path.shift() ?? '') : '';
	if (kind === 'sentinel' && name === '') return NO_NAME;
	const database = path.join('/');
	if (!/^\d{0,4}$/.test(database)) return WRONG_DATABASE;
	if (kind === 'cluster' && Number(database) !== 0)
		return 'must not end with a number: a Redis Cluster has database 0 only';
	const { username, password } = new URL(`redis://${login}@h`);
	return {
		...first,
		tls: tls === 's',
		...(username === '' ? {} : { username: decodeURIComponent(username) }),
		...(password === '' ? {} : { password: decodeURIComponent(password) }),
		...(database === '' || kind === 'cluster' ? {} : { database: Number(database) }),
		...(kind === 'sentinel' ? { sentinel: { name, nodes } } : {}),
		...(kind === 'cluster' ? { cluster: { nodes } } : {}),
	};
}

/** @returns undefined where it is none */
function nodeOf(text: string, defaultPort: number): RedisNode | undefined {
	const url = `redis://${text}`;
	if (!URL.canParse(url)) return undefined;
	const { hostname, port } = new URL(url);
	// IPv6 addresses stand in brackets in a URL, and nowhere else.
	return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? defaultPort : Number(port) };
}

/**
 * What a credential says of a Redis, as one text that `parseRedisUrl` reads: its URL, with certificates if there are any.
 * @param caCertificates as people paste them
 */
export function redisPlace(url: string, caCertificates: string): string {
	const certificates = readCertificates(caCertificates);
	return certificates === undefined ? url : `${url}${CERTIFICATES}${encodeURIComponent(certificates)}`;
}

/** Stands in no URL that `readRedisUrl` accepts. */
const CERTIFICATES = '#ca=';

/**
 * @param place of `redisPlace`
 * @throws {RedisError} as `readRedisUrl` says
 */
export function parseRedisUrl(place: string): RedisAddress {
	const at = place.lastIndexOf(CERTIFICATES);
	const address = readRedisUrl(at < 0 ? place : place.slice(0, at));
	if (typeof address === 'string')
		throw new RedisError(`The Redis URL ${address}; like redis://redis.example.com:6379`);
	if (at < 0) return address;
	return { ...address, caCertificates: decodeURIComponent(place.slice(at + CERTIFICATES.length)) };
}

/** Host and port as a person would write them; behind a Sentinel, with the name of the Redis. */
export function hostOf({ host, port, sentinel }: RedisNode & Pick<RedisAddress, 'sentinel'>): string {
	const node = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
	return sentinel ? `${node}/${sentinel.name}` : node;
}

const WRONG_DATABASE =
	'must end with the number of a database, such as /0, or with the port: databases of Redis have no names';
const ONE_HOST = 'names several hosts: begin it with redis+sentinel:// or redis+cluster://';
const NO_NAME = 'must name the Redis that the Sentinels watch, such as /mymaster';

const WRONG_PASSWORD =
	'has a user or password that is not encoded: write / # ? @ % in the password as %2F %23 %3F %40 %25';

function isBadlyEncoded(text: string): boolean {
	return text !== '' && decoded(text) === '';
}

/** @returns '' where it is badly encoded */
function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return '';
	}
}
