import type { RedisAddress, RedisNode } from './redisAddress';
import type { RedisLibrary } from './redisLibrary';

/** A connection that is not made within this time, in ms, fails. */
const CONNECT_MS = 2_000;

/** Who is to be let in, and how the connection is kept from others. */
export type RedisAccess = Pick<RedisAddress, 'tls' | 'caCertificates' | 'username' | 'password' | 'database'>;

export type RedisClient = ReturnType<typeof newRedisClient>;

/** A client of the library, for one connection: it is made once and never again. */
export function newRedisClient(
	{ createClient }: RedisLibrary,
	{ host, port }: RedisNode,
	{ tls, caCertificates, username, password, database }: RedisAccess,
) {
	// The next command that somebody sends makes a new link: no loop of attempts keeps a process alive. A load balancer that
	// drops idle connections sees TCP's own signs of life, every few seconds (the library's default).
	const socket = { host, port, connectTimeout: CONNECT_MS, reconnectStrategy: false as const };
	const trust = caCertificates === undefined ? {} : { ca: caCertificates };
	return createClient({
		...(username === undefined ? {} : { username }),
		...(password === undefined ? {} : { password }),
		...(database === undefined ? {} : { database }),
		socket: tls ? { ...socket, ...trust, tls, rejectUnauthorized: true } : socket,
		// Understood by every version, and all that plain lists and texts need.
		RESP: 2,
		disableOfflineQueue: true,
		// The library's limit ends when a command is written, not when it is answered: `RedisSession` has its own.
		commandOptions: { timeout: undefined },
		disableClientInfo: true,
		maintNotifications: 'disabled',
	});
}
