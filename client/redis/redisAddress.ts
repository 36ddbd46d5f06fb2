import { RedisError } from './redisError';

/** Where a Redis is and how to get in. */
export interface RedisAddress {
	host: string;
	port: number;
	tls: boolean;
	username?: string;
	password?: string;
	database?: number;
}

const DEFAULT_PORT = 6379;

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`; `rediss://` is the same over TLS.
 * @returns what is wrong with it, to continue the name of the field, repeats no part of it: whatever is in the wrong place
 *   could be the password
 */
export function readRedisUrl(text: string): RedisAddress | string {
	if (text === '') return 'is empty';
	const [, scheme, rest = ''] = /^([^/?#]*:)\/\/(.*)$/s.exec(text) ?? [];
	if (scheme === undefined || !/^rediss?:$/i.test(scheme)) return 'must begin with redis:// or rediss://';
	// Behind the last "@" nothing is secret. Before it, none of these can stand as it is.
	const login = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
	if (/[/?#]/.test(login) || isBadlyEncoded(login)) return WRONG_PASSWORD;
	if (/^([/?#]|$)|^:\d*(\/|$)/.test(rest.slice(rest.lastIndexOf('@') + 1))) return 'names no host';
	if (!URL.canParse(text)) {
		// `redis://:secret`, or a port that is none.
		return login === '' && rest.includes(':') ? 'has no valid host and port' : 'is not a valid address';
	}
	const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
	if (hostname === '') return 'names no host';
	if (port === '0') return 'must have a port from 1 to 65535';
	if (search || hash) return 'must not contain "?" or "#" after the host';
	const database = pathname.replace(/^\//, '');
	if (!/^\d{0,4}$/.test(database)) {
		return 'must end with the number of a database, such as /0, or with the port: databases of Redis have no names';
	}
	return {
		// IPv6 addresses stand in brackets in a URL, and nowhere else.
		host: hostname.replace(/^\[(.*)\]$/, '$1'),
		port: port === '' ? DEFAULT_PORT : Number(port),
		tls: protocol === 'rediss:',
		...(username === '' ? {} : { username: decodeURIComponent(username) }),
		...(password === '' ? {} : { password: decodeURIComponent(password) }),
		...(database === '' ? {} : { database: Number(database) }),
	};
}

/** @throws {RedisError} as `readRedisUrl` says */
export function parseRedisUrl(text: string): RedisAddress {
	const address = readRedisUrl(text);
	if (typeof address === 'string')
		throw new RedisError(`The Redis URL ${address}; like redis://redis.example.com:6379`);
	return address;
}

/** Host and port as a person would write them. */
export function hostOf({ host, port }: RedisAddress): string {
	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const WRONG_PASSWORD =
	'has a user or password that is not encoded: write / # ? @ % in the password as %2F %23 %3F %40 %25';

function isBadlyEncoded(text: string): boolean {
	try {
		decodeURIComponent(text);
		return false;
	} catch {
		return true;
	}
}
