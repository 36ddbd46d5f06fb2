import { TokenProvider } from '../../../../../client/token/tokenProvider';
import { CognigyError } from '../../../../../client/errors';
import { TransportFailure, type TransportFailureKind } from '../../../../../client/transport/transportFailure';
import { Deadline } from '../../../../../client/time/deadline';
import type { CallContext } from '../../../../../client/call/attempts';
import { parseV1Config } from '../../../../../client/v1/config';
import { RuntimeDialer } from '../../../../../client/v1/runtime/dialer';
import type {
	ConnectionListener,
	DialRequest,
	DialResult,
	WebSocketTransport,
} from '../../../../../client/transport/webSocket';
import { cognigyErrorOf } from '../../../../support/errors';
import { FakeClock, settle } from '../../../../support/fakeClock';
import { FakeConnection } from '../../../../support/fakeConnection';
import { allThatShows } from '../../../../support/secrets';

type Dial = (request: DialRequest, listener: ConnectionListener) => Promise<DialResult>;

let clock: FakeClock;
let caller: AbortController;
let context: CallContext;
let requests: DialRequest[];
let dials: Dial[];
let logins: number;
let dialer: RuntimeDialer;

const connect: Dial = async (_, listener) => ({ connection: new FakeConnection(listener) });

beforeEach(() => {
	clock = new FakeClock();
	caller = new AbortController();
	context = { deadline: new Deadline(clock, 60_000, [caller.signal]), retries: 3, trace: { attempts: 1 } };
	requests = [];
	dials = [];
	logins = 0;
	const webSocket: WebSocketTransport = {
		dial: async (request, listener) => {
			requests.push(request);
			return await (dials.shift() ?? connect)(request, listener);
		},
	};
	const config = parseV1Config({
		baseUrl: 'https://api.example.com:8443/base',
		webSocketUrl: 'wss://ws.example.com/runtime',
		tenantId: 'my tenant',
		username: 'demo',
		password: 'very-secret-password',
	});
	const tokens = new TokenProvider({
		login: async () => `very/secret+${++logins}`,
		lifetimeMs: 1_800_000,
		clock,
		random: () => 0,
	});
	dialer = new RuntimeDialer({ config, webSocket, tokens, clock });
});
afterEach(() => {
	context.deadline.dispose();
	expect(clock.pendingTimers).toBe(0);
});

const open = () => dialer.open('my bot', 'Doing it', context);
const failing = async (kind: TransportFailureKind, message = 'what happened') => {
	dials.push(async () => {
		throw new TransportFailure(kind, message, false);
	});
	return await cognigyErrorOf(open());
};

it('dials the address of the credential, from the origin of its API', async () => {
	const channel = await open();

	expect(requests).toEqual([
		{
			url: 'wss://ws.example.com/runtime/ws/v1?tenant=my%20tenant&botId=my%20bot&token=very%2Fsecret%2B1',
			origin: 'https://api.example.com:8443',
			subprotocol: 'cognigy-runtime-v1',
			signal: expect.any(AbortSignal) as AbortSignal,
		},
	]);
	expect(channel.isOpen).toBe(true);
	channel.destroy();
});

it('gives a handshake 10 s', async () => {
	dials.push(async ({ signal }) => {
		await new Promise((resolve) => signal.addEventListener('abort', resolve));
		throw new TransportFailure('aborted', 'stopped', false);
	});
	const outcome = cognigyErrorOf(open());
	await clock.advance(9_999);
	expect(requests[0]?.signal.aborted).toBe(false);
	await clock.advance(1);

	expect(await outcome).toMatchObject({ category: 'timeout', message: 'Doing it took too long', isTransient: true });
});

it('ends a handshake with its caller', async () => {
	dials.push(async ({ signal }) => {
		await new Promise((resolve) => signal.addEventListener('abort', resolve));
		throw new TransportFailure('aborted', 'stopped', false);
	});
	const outcome = cognigyErrorOf(open());
	await settle();
	caller.abort();

	expect(await outcome).toMatchObject({ category: 'cancelled', message: 'Doing it was cancelled' });
});

it.each<[TransportFailureKind, string, boolean, RegExp, RegExp]>([
	['dns', 'network', true, /cannot reach ws\.example\.com, what happened$/, /^Check WebSocket URL/],
	['unreachable', 'network', true, /cannot reach ws\.example\.com, what happened$/, /^Check WebSocket URL/],
	['tls', 'network', false, /no secure connection to ws\.example\.com/, /^Check WebSocket URL.*NODE_EXTRA_CA_CERTS/],
	['proxy', 'network', true, /failed: what happened$/, /HTTP_PROXY, HTTPS_PROXY and NO_PROXY/],
	['egress', 'permission', false, /failed: what happened ws\.example\.com$/, /N8N_SSRF_ALLOWED_HOSTNAMES/],
	['dropped', 'network', true, /no complete answer from ws\.example\.com/, /Try again/],
	['malformed', 'protocol', false, /what happened \(ws\.example\.com\)$/, /^Check WebSocket URL/],
	['tooLarge', 'protocol', false, /what happened \(ws\.example\.com\)$/, /^Check WebSocket URL/],
	['unsupported', 'network', false, /failed: what happened$/, /^Run n8n on a newer version of Node\.js\.$/],
])('a handshake that fails as %s is %s (a passing fault: %s)', async (kind, category, isTransient, message, advice) => {
	const error = await failing(kind);

	expect(error).toMatchObject({ category, isTransient });
	expect(error.message).toMatch(/^Doing it failed: /);
	expect(error.message).toMatch(message);
	expect(error.advice).toMatch(advice);
	expect(allThatShows(error)).not.toMatch(/secret/);
});

it('lets a defect of its own pass as what it is', async () => {
	dials.push(async () => {
		throw new TypeError('a defect');
	});
	await expect(open()).rejects.toThrow(TypeError);
});

it('renews a token that is refused once, and holds further logins when the new one is too', async () => {
	const refuse: Dial = async () => ({ refusal: { status: 401, headers: {}, body: '' } });
	dials.push(refuse, refuse, refuse);

	expect(await cognigyErrorOf(open())).toMatchObject({ category: 'authentication', httpStatus: 401 });
	expect(context.trace).toMatchObject({ attempts: 2, httpStatus: 401 });
	expect(logins).toBe(2);
	expect(await cognigyErrorOf(open())).toMatchObject({
		message: expect.stringMatching(/no login is tried/) as unknown,
	});
	expect(logins).toBe(2);
});

it('takes no second refusal for one of the token', async () => {
	dials.push(
		async () => ({ refusal: { status: 401, headers: {}, body: '' } }),
		async () => ({ refusal: { status: 403, headers: {}, body: '' } }),
	);
	expect(await cognigyErrorOf(open())).toMatchObject({ category: 'permission', httpStatus: 403 });
	dials.push(connect);
	const channel = await open();

	expect(logins).toBe(2);
	channel.destroy();
});

describe('a refusal that the transport cannot see', () => {
	const refuse: Dial = async () => {
		throw new TransportFailure('refused', 'it answered, but did not open a WebSocket', false);
	};

	it('may be one of the token, which is renewed once', async () => {
		dials.push(refuse);
		const channel = await open();

		expect(requests.map(({ url }) => url.slice(-1))).toEqual(['1', '2']);
		expect(context.trace).toMatchObject({ attempts: 2 });
		channel.destroy();
	});

	it('that stays is told as one, with what to check, and holds no logins', async () => {
		dials.push(refuse, refuse);
		const error = await cognigyErrorOf(open());

		expect(error).toMatchObject({ category: 'rejected', isTransient: true });
		expect(error.message).toBe(
			'Doing it failed: ws.example.com refused to open the runtime channel; the reason it gave cannot be seen in this edition',
		);
		expect(error.advice).toMatch(/bot:runtime:execute.*Tenant ID.*Bot ID.*too many requests/);
		expect(error).not.toHaveProperty('httpStatus', expect.any(Number));
		expect(allThatShows(error)).not.toMatch(/secret/);
		(await open()).destroy();
	});

	it('is no reason to renew the token again and again', async () => {
		dials.push(refuse, refuse, refuse, refuse);
		for (let call = 0; call < 3; call++) await cognigyErrorOf(open());

		expect(requests).toHaveLength(4);
		expect(logins).toBe(2);
	});

	it('is one again once the new token was taken', async () => {
		dials.push(refuse, connect, refuse);
		for (let call = 0; call < 2; call++) (await open()).destroy();

		expect(logins).toBe(3);
	});

	it('of a new token may follow one that could be seen', async () => {
		dials.push(async () => ({ refusal: { status: 401, headers: {}, body: '' } }), refuse);

		expect(await cognigyErrorOf(open())).toMatchObject({ category: 'rejected' });
		expect(logins).toBe(2);
	});
});

it('a channel that ended before it stood is no open channel, and leaves no timer', async () => {
	const connections: FakeConnection[] = [];
	dials.push(async (_, listener) => {
		const connection = new FakeConnection();
		connections.push(connection);
		listener.onBinary();
		return { connection };
	});

	expect((await open()).isOpen).toBe(false);
	expect(connections[0]?.destroys).toBe(1);
});

it('shows neither password nor token, however it is looked at', async () => {
	const channel = await open();

	expect(allThatShows([dialer, channel])).not.toMatch(/secret/);
	channel.destroy();
});

it('an error is a CognigyError', async () => {
	expect(await failing('dropped')).toBeInstanceOf(CognigyError);
});
