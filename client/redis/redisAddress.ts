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
 * @throws {RedisError} that repeats no part of the URL: whatever is in the wrong place could be the password
 */
export function parseRedisUrl(text: string): RedisAddress {
	if (!URL.canParse(text)) throw malformed('is not a valid address');
	const { protocol, hostname, port, username, password, pathname } = new URL(text);
	if (protocol !== 'redis:' && protocol !== 'rediss:') throw malformed('must begin with redis:// or rediss://');
	if (hostname === '') throw malformed('names no host');
	const database = pathname.replace(/^\//, '');
	if (!/^\d{0,4}$/.test(database)) throw malformed('must end with the number of a database, or with nothing');
	return {
		// IPv6 addresses stand in brackets in a URL, and nowhere else.
		host: hostname.replace(/^\[(.*)\]$/, '$1'),
		port: port === '' ? DEFAULT_PORT : Number(port),
		tls: protocol === 'rediss:',
		...(username === '' ? {} : { username: decoded(username) }),
		...(password === '' ? {} : { password: decoded(password) }),
		...(database === '' ? {} : { database: Number(database) }),
	};
}

/** Host and port as a person would write them. */
export function hostOf({ host, port }: RedisAddress): string {
	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw malformed('has a "%" in its user or password that is not written as "%25"');
	}
}

const malformed = (problem: string) => new RedisError(`The Redis URL ${problem}; like redis://redis.example.com:6379`);
