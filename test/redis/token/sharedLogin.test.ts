import { sharedLogin } from '../../../client/token/sharedToken';
import { TokenProvider, type UsedToken } from '../../../client/token/tokenProvider';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { RedisError } from '../../../client/redis/redisError';
import { systemClock } from '../../../client/time/systemClock';
import { Deadline } from '../../../client/time/deadline';
import { failureOf } from '../../support/budgetSchedule';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

const LIFETIME_MS = 60_000;
const { signal } = new AbortController();

let server: RedisServer;
let redis: RedisConnection;
/** Tokens that the service gave out, in order. */
let tokens: string[];

beforeEach(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
	tokens = [];
});

afterEach(async () => {
	await redis.close();
	await server.stop();
});

async function login(): Promise<string> {
	const token = `confidential token ${tokens.length + 1}`;
	tokens.push(token);
	return token;
}

/** One of several processes. */
function sharing({ account = 'a', password = 'p', lockMs = 10_000, through = redis, by = login } = {}) {
	const options = { redis: through, account, password, lifetimeMs: LIFETIME_MS, lockMs };
	return sharedLogin(by, { ...options, clock: systemClock, random: () => 1 - Number.EPSILON });
}

const valueOf = (token: string | UsedToken) => (typeof token === 'string' ? token : token.value);
const keys = async () => (await redis.command('KEYS', '*')) as string[];
const tokenKey = async () => (await keys()).find((key) => !key.endsWith(':lock')) ?? 'none';

describe('the token of one process', () => {
	it('is taken by the others, with the rest of its life', async () => {
		const first = await sharing()(signal);
		await redis.command('PEXPIRE', await tokenKey(), '20000');
		const second = await sharing()(signal);

		expect(second).toMatchObject({ value: first });
		expect(typeof second === 'string' ? NaN : second.expiresInMs).toBeGreaterThan(19_000);
		expect(typeof second === 'string' ? NaN : second.expiresInMs).toBeLessThanOrEqual(20_000);
		expect(tokens).toHaveLength(1);
	});

	it('ends in Redis with its life', async () => {
		await sharing()(signal);
		const leftMs = Number(await redis.command('PTTL', await tokenKey()));
		expect(leftMs).toBeGreaterThan(LIFETIME_MS - 5_000);
		expect(leftMs).toBeLessThanOrEqual(LIFETIME_MS);
	});

	it('is nowhere in Redis as it is, nor are password and account', async () => {
		await sharing({ account: 'somebody@example.com', password: 'confidential password' })(signal);
		for (const key of await keys()) {
			const dump = String(await redis.command('DUMP', key));
			const value = String(await redis.command('GET', key));
			for (const text of [key, dump, value, Buffer.from(value.slice(3), 'base64url').toString('latin1')]) {
				expect(text).not.toMatch(/confidential|somebody/);
			}
		}
		expect(await keys()).toHaveLength(1);
	});

	it('is sealed anew every time, so that nobody sees that it is the same', async () => {
		const same = sharing({ by: async () => 'same' });
		await same(signal);
		const first = await redis.command('GET', await tokenKey());
		await same(signal, 'same');
		expect(await redis.command('GET', await tokenKey())).not.toBe(first);
	});

	it('is none for another password, which logs in and stores its own', async () => {
		const before = await sharing()(signal);
		const after = await sharing({ password: 'changed' })(signal);
		expect(after).not.toBe(before);
		expect(valueOf(await sharing({ password: 'changed' })(signal))).toBe(after);
		expect(tokens).toHaveLength(2);
	});

	it('is none for another account, also when somebody puts it there', async () => {
		await sharing()(signal);
		const sealed = String(await redis.command('GET', await tokenKey()));
		await sharing({ account: 'b' })(signal);
		const [a, b] = [await tokenKey(), (await keys()).at(-1)];
		for (const key of [a, b ?? '']) await redis.command('SET', key, sealed, 'PX', '60000');

		expect(valueOf(await sharing()(signal))).toBe('confidential token 1');
		expect(valueOf(await sharing({ account: 'b' })(signal))).toBe('confidential token 3');
	});

	it.each(['', 'v1.', 'v1.AAAA', 'v2.x', 'nonsense', 'v1.' + 'A'.repeat(200)])(
		'is none when "%s" stands there',
		async (text) => {
			await sharing()(signal);
			await redis.command('SET', await tokenKey(), text, 'PX', '60000');
			expect(valueOf(await sharing()(signal))).toBe('confidential token 2');
		},
	);

	it.each([0, 20, 30, 50, 60])('is none when somebody changed it at %i', async (at) => {
		await sharing()(signal);
		const [format = '', content = ''] = String(await redis.command('GET', await tokenKey())).split('.');
		const bytes = Buffer.from(content, 'base64url');
		bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
		await redis.command('SET', await tokenKey(), `${format}.${bytes.toString('base64url')}`, 'PX', '60000');

		expect(valueOf(await sharing()(signal))).toBe('confidential token 2');
	});

	it('is none when it never ends', async () => {
		await sharing()(signal);
		await redis.command('PERSIST', await tokenKey());
		expect(valueOf(await sharing()(signal))).toBe('confidential token 2');
	});

	it('is renewed when little of its life is left', async () => {
		await sharing()(signal);
		await redis.command('PEXPIRE', await tokenKey(), String(LIFETIME_MS / 4));
		expect(valueOf(await sharing()(signal))).toBe('confidential token 2');
		expect(valueOf(await sharing()(signal))).toBe('confidential token 2');
	});
});

describe('a token that the service refused', () => {
	it('is not taken again, and not by others either while it is renewed', async () => {
		const refused = valueOf(await sharing()(signal));
		let storedMeanwhile: unknown;
		const by = async () => {
			storedMeanwhile = await redis.command('EXISTS', await tokenKey());
			return await login();
		};
		const renewed = valueOf(await sharing({ by })(signal, refused));

		expect(renewed).toBe('confidential token 2');
		expect(storedMeanwhile).toBe(0);
		expect(valueOf(await sharing()(signal))).toBe(renewed);
	});

	it('is replaced by the one that another process has fetched already', async () => {
		const refused = valueOf(await sharing()(signal));
		await sharing()(signal, refused);
		expect(valueOf(await sharing()(signal, refused))).toBe('confidential token 2');
		expect(tokens).toHaveLength(2);
	});

	it('is refused for all by a provider that learns of it', async () => {
		const provider = () =>
			new TokenProvider({ login: sharing(), lifetimeMs: LIFETIME_MS, clock: systemClock, random: () => 0 });
		const deadline = new Deadline(systemClock, 30_000, []);
		const [one, other] = [provider(), provider()];
		const first = await one.get(deadline);
		expect(await other.get(deadline)).toBe(first);
		const second = await one.renew(first, deadline);
		expect(second).not.toBe(first);
		expect(await other.renew(first, deadline)).toBe(second);
		deadline.dispose();

		expect(tokens).toHaveLength(2);
	});
});

describe('the lock', () => {
	/** A process that logs in until it is told the result. */
	function slowLogin(lockMs?: number) {
		let finish: (token: string) => void = () => {};
		let fail: (error: Error) => void = () => {};
		let began = () => {};
		const hasBegun = new Promise<void>((resolve) => (began = resolve));
		const by = async () =>
			await new Promise<string>((resolve, reject) => {
				[finish, fail] = [resolve, reject];
				began();
			});
		const result = sharing({ by, ...(lockMs === undefined ? {} : { lockMs }) })(signal);
		return { hasBegun, result, finish: (token: string) => finish(token), fail: (error: Error) => fail(error) };
	}

	it('makes the others wait for the one who logs in', async () => {
		const slow = slowLogin();
		await slow.hasBegun;
		const waiting = [sharing()(signal), sharing()(signal)];
		slow.finish('slow');
		await slow.result;

		expect((await Promise.all(waiting)).map(valueOf)).toEqual(['slow', 'slow']);
		expect(tokens).toEqual([]);
	});

	it('is given back when the login fails, and the next one tries', async () => {
		const slow = slowLogin();
		await slow.hasBegun;
		const waiting = sharing()(signal);
		slow.fail(new Error('wrong'));

		expect(await failureOf(slow.result)).toMatchObject({ message: 'wrong' });
		expect(valueOf(await waiting)).toBe('confidential token 1');
	});

	it('ends by itself; whose time was over does not take that of his successor', async () => {
		const slow = slowLogin(300);
		await slow.hasBegun;
		const successor = slowLogin();
		await successor.hasBegun;
		slow.finish('late');
		await slow.result;
		expect((await keys()).filter((key) => key.endsWith(':lock'))).toHaveLength(1);

		successor.finish('new');
		await successor.result;
		expect((await keys()).filter((key) => key.endsWith(':lock'))).toEqual([]);
	});

	it('does not make anybody wait for ever', async () => {
		await sharing()(signal);
		const key = await tokenKey();
		await redis.command('DEL', key);
		await redis.command('SET', `${key}:lock`, 'somebody');

		expect(valueOf(await sharing({ lockMs: 1 })(signal))).toBe('confidential token 2');
	});

	it('is not waited for by who gives up', async () => {
		const slow = slowLogin();
		await slow.hasBegun;
		const controller = new AbortController();
		const waiting = failureOf(sharing()(controller.signal));
		controller.abort('stopped');

		expect(await waiting).toBe('stopped');
		slow.finish('slow');
		await slow.result;
	});
});

describe('without Redis', () => {
	it('everybody logs in by himself', async () => {
		await server.stop();
		expect(await sharing()(signal)).toBe('confidential token 1');
		expect(await sharing()(signal)).toBe('confidential token 2');
	});

	it.each(['find', 'lock', 'put', 'unlock'])(
		'from "%s" on, nothing is lost and nobody logs in twice',
		async (failing) => {
			const steps: Record<string, (script: string) => boolean> = {
				find: (text) => text.includes('PTTL'),
				lock: (text) => text.startsWith('SET') && text.includes('NX'),
				put: (text) => text.startsWith('SET') && !text.includes('NX'),
				unlock: (text) => text.includes('DEL'),
			};
			const failOn = (text: string) => {
				if (steps[failing]?.(text)) throw new RedisError('away');
			};
			const through: RedisConnection = {
				run: async (script, ...rest) => {
					failOn(script);
					return await redis.run(script, ...rest);
				},
				command: async (...args) => {
					failOn(args.join(' '));
					return await redis.command(...args);
				},
				close: async () => {},
			};

			expect(await sharing({ through })(signal)).toBe('confidential token 1');
			expect(tokens).toHaveLength(1);
		},
	);

	it('an error of the login stays what it is', async () => {
		const wrong = new Error('wrong password');
		const by = () => Promise.reject(wrong);
		expect(await failureOf(sharing({ by })(signal))).toBe(wrong);
		await server.stop();
		expect(await failureOf(sharing({ by })(signal))).toBe(wrong);
	});
});
