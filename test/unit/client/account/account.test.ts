import * as client from '../../../../client';
import { startSandbox, type Sandbox } from '../../../../sandbox';
import {
	callOptions,
	followAll,
	Followed,
	otherCopy,
	removeState,
	startAndWait,
	environment,
} from '../../../support/accounts';
import { restoreEnvironment, withoutProxies } from '../../../support/environment';
import { cognigyErrorOf } from '../../../support/errors';
import { versionsInput } from '../../../support/v1';

const oneSession = { ...followAll, botId: 'order-status', flowId: 'main', sessionId: 's-1' };
const REPLY = 'Which order is it? Please tell me the order number.';

let sandbox: Sandbox;
const streams: Followed[] = [];

beforeEach(async () => {
	withoutProxies();
	sandbox = await startSandbox({ replay: 'once', pollWaitMs: 2_000 });
});
afterEach(async () => {
	await Promise.all(streams.splice(0).map((stream) => stream.stop()));
	client.closeAllClients();
	await sandbox.close();
	restoreEnvironment();
});
afterAll(removeState);

function open(changes: Record<string, unknown> = {}, { clientFor } = client) {
	const account = { baseUrl: sandbox.url, username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
	return clientFor({ type: 'cognigyApi', fields: { ...account, ...changes } }, environment);
}

function follow(...how: ConstructorParameters<typeof Followed>): Followed {
	const stream = new Followed(...how);
	streams.push(stream);
	return stream;
}

const logins = () => sandbox.stats().logins;
const refused = () => sandbox.requests.filter(({ status }) => status === 429).length;

/** Uses 250 other accounts, with logins that are refused: more than clients are kept, and more than unused accounts. */
async function useOthers(): Promise<void> {
	const clients = Array.from({ length: 250 }, (_, user) => open({ username: `user ${user}` }));
	await Promise.all(clients.map((one) => cognigyErrorOf(one.validateVersion(versionsInput, callOptions))));
	sandbox.resetStats();
}

describe('two credentials of an account that differ in one field', () => {
	const differences: ReadonlyArray<Record<string, unknown>> = [
		{ tokenTtlMinutes: 29 },
		{ requestsPerMinute: 500 },
		{ webSocketUrl: 'wss://elsewhere.example.com' },
		{ allowInsecure: true },
		{ stateStore: 'local', redisUrl: 'redis://127.0.0.1:1' },
	];

	it.each(differences)('a stream of one misses nothing of what the other waits for: %j', async (difference) => {
		const stream = follow(open(), followAll);
		const sessions = Array.from({ length: 5 }, (_, index) => `s-${index}`);
		const results = await Promise.all(
			sessions.map((sessionId) => open(difference).triggerFlow(startAndWait(sessionId), callOptions)),
		);

		expect(results.map(({ reply }) => reply)).toEqual(sessions.map(() => REPLY));
		for (const sessionId of sessions) {
			await stream.has(sessionId, 1);
			expect(stream.texts(sessionId)).toEqual([REPLY]);
		}
		expect(logins()).toBe(1);
	});

	it('of another tenant too: no login and no REST call names it', async () => {
		await open().triggerFlow({ ...startAndWait('s-1'), input: '' }, callOptions);
		const tenants = ['', 'acme'].map((tenantId) => follow(open({ tenantId }), oneSession));
		await Promise.all(tenants.map((stream) => stream.hears('s-1', REPLY)));
		await sandbox.when(() => sandbox.stats().pollsHeld === 1);
		sandbox.say('s-1', 'for both');
		await Promise.all(tenants.map((stream) => stream.hears('s-1', 'for both')));

		expect(tenants.map((stream) => stream.texts('s-1'))).toEqual([
			[REPLY, 'for both'],
			[REPLY, 'for both'],
		]);
		expect(logins()).toBe(1);
	});

	it('send no more together than the smaller of their budgets', async () => {
		await sandbox.close();
		sandbox = await startSandbox({ requestsPerMinute: 20 });
		const caller = new AbortController();
		const clients = [open({ requestsPerMinute: 20 }), open({ requestsPerMinute: 100, tokenTtlMinutes: 29 })];
		const calls = Array.from({ length: 36 }, async (_, index) => {
			await clients[index % 2]?.validateVersion(versionsInput, { ...callOptions, signal: caller.signal });
		});
		await sandbox.when(() => sandbox.stats().versions === 19);
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(sandbox.requests).toHaveLength(20);
		expect(refused()).toBe(0);
		caller.abort();
		await Promise.allSettled(calls);
	});

	it('share their metrics', async () => {
		await open().validateVersion(versionsInput, callOptions);
		await open({ tokenTtlMinutes: 29 }).validateVersion(versionsInput, callOptions);
		expect(open({ requestsPerMinute: 7 }).metrics().totalRequests).toBe(2);
	});
});

describe('a wrong password', () => {
	const wrong = { password: 'a-wrong-one' };

	it('does not ride on the token of the right one, nor the other way round', async () => {
		await open().validateVersion(versionsInput, callOptions);
		const error = await cognigyErrorOf(open(wrong).validateVersion(versionsInput, callOptions));
		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401 });
		await open().validateVersion(versionsInput, callOptions);
		await open({ tokenTtlMinutes: 29 }).validateVersion(versionsInput, callOptions);

		expect(logins()).toBe(2);
		expect(sandbox.stats().versions).toBe(3);
	});

	it('hears nothing of sessions that somebody with the right one follows', async () => {
		await open().triggerFlow({ ...startAndWait('s-1'), input: '' }, callOptions);
		const right = follow(open(), oneSession);
		await sandbox.when(() => sandbox.stats().pollsHeld === 1);
		const listener = follow(open(wrong), oneSession);
		await sandbox.when(() => sandbox.requests.some(({ operation, status }) => operation === 'login' && status === 401));
		sandbox.say('s-1', 'for the right one');
		await right.hears('s-1', 'for the right one');

		expect(listener.batches).toEqual([]);
		expect(listener.troubles[0]).toContain('wrong user name or password');
		expect(right.troubles).toEqual([]);
	});

	it('counts against the budget of the account', async () => {
		const caller = new AbortController();
		const limited = { requestsPerMinute: 3 };
		await cognigyErrorOf(open({ ...limited, ...wrong }).validateVersion(versionsInput, callOptions));
		const options = { ...callOptions, signal: caller.signal };
		await open(limited).validateVersion(versionsInput, options);
		const third = cognigyErrorOf(open(limited).validateVersion(versionsInput, options));
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(sandbox.requests).toHaveLength(3);
		caller.abort();
		expect(await third).toMatchObject({ category: 'cancelled' });
	});
});

describe('an edited credential', () => {
	it('with a new password goes on where the old one is refused, and no poll is cut', async () => {
		let now = open();
		const stream = follow(now, followAll, () => now);
		await now.triggerFlow(startAndWait('s-1'), callOptions);
		await stream.has('s-1', 1);
		sandbox.setPassword('demo', 'a-new-password');
		now = open({ password: 'a-new-password' });
		await sandbox.when(() => sandbox.stats().pollsHeld === 1);
		const { messages } = sandbox.stats();
		sandbox.say('s-1', 'with the old token');
		await stream.has('s-1', 2);
		sandbox.expireTokens();
		sandbox.say('s-1', 'with the new password');
		await stream.has('s-1', 3);
		// That may have come by the poll that was held. This one cannot.
		await sandbox.when(() => sandbox.stats().pollsHeld === 1);
		sandbox.say('s-1', 'and again');
		await stream.has('s-1', 4);

		expect(stream.texts('s-1').slice(1)).toEqual(['with the old token', 'with the new password', 'and again']);
		expect(stream.troubles).toEqual([]);
		// The one that was held, and each after it.
		expect(sandbox.stats().messages - messages).toBeLessThanOrEqual(4);
	});

	it('is let in although an older one of the account still asks with the old password', async () => {
		await open().triggerFlow({ ...startAndWait('s-1'), input: '' }, callOptions);
		const old = follow(open(), oneSession);
		await sandbox.when(() => sandbox.stats().pollsHeld === 1);
		sandbox.setPassword('demo', 'a-new-password');
		sandbox.expireTokens();
		sandbox.say('s-1', 'first');
		await sandbox.when(() => sandbox.requests.some(({ operation, status }) => operation === 'login' && status === 401));
		const fresh = follow(open({ password: 'a-new-password' }), oneSession);
		await fresh.hears('s-1', 'first');

		expect(old.troubles[0]).toContain('wrong user name or password');
	});
});

describe('when more credentials are used than clients are kept', () => {
	it('an account that is in use is not split', async () => {
		const stream = follow(open(), followAll);
		await open().triggerFlow(startAndWait('s-1'), callOptions);
		await useOthers();
		const { reply } = await open().triggerFlow(startAndWait('s-2'), callOptions);
		await stream.has('s-2', 1);

		expect([reply, ...stream.texts('s-2')]).toEqual([REPLY, REPLY]);
		expect(logins()).toBe(0);
		expect(stream.troubles).toEqual([]);
	});

	it('its budget is not forgotten', async () => {
		await sandbox.close();
		sandbox = await startSandbox({ requestsPerMinute: 10 });
		const caller = new AbortController();
		const ask = async () =>
			await open({ requestsPerMinute: 10 }).validateVersion(versionsInput, { ...callOptions, signal: caller.signal });
		await Promise.all(Array.from({ length: 9 }, ask));
		await useOthers();
		const late = cognigyErrorOf(ask());
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(refused()).toBe(0);
		caller.abort();
		expect(await late).toMatchObject({ category: 'cancelled' });
	});
});

describe('a second copy of this package in the process, as after an update', () => {
	it('shares token, budget, metrics and sessions that are followed with the first', async () => {
		const stream = follow(open(), followAll);
		const copy = otherCopy();
		expect(copy.clientFor).not.toBe(client.clientFor);
		const results = await Promise.all(
			['s-1', 's-2', 's-3'].map((id) => open({}, copy).triggerFlow(startAndWait(id), callOptions)),
		);

		expect(results.map(({ reply }) => reply)).toEqual([REPLY, REPLY, REPLY]);
		for (const sessionId of ['s-1', 's-2', 's-3']) {
			await stream.has(sessionId, 1);
			expect(stream.texts(sessionId)).toEqual([REPLY]);
		}
		expect(logins()).toBe(1);
		expect(open().metrics().totalRequests).toBe(open({}, copy).metrics().totalRequests);
	});

	it('keeps to the same budget', async () => {
		await sandbox.close();
		sandbox = await startSandbox({ requestsPerMinute: 10 });
		const caller = new AbortController();
		const copy = otherCopy();
		const calls = Array.from({ length: 20 }, async (_, index) => {
			const one = open({ requestsPerMinute: 10 }, index % 2 === 0 ? client : copy);
			await one.validateVersion(versionsInput, { ...callOptions, signal: caller.signal });
		});
		await sandbox.when(() => sandbox.stats().versions === 9);
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(sandbox.requests).toHaveLength(10);
		expect(refused()).toBe(0);
		caller.abort();
		await Promise.allSettled(calls);
	});

	it('knows the errors of the first: one refused login is told by both', async () => {
		const copy = otherCopy();
		const wrong = { password: 'a-wrong-one' };
		await cognigyErrorOf(open(wrong).validateVersion(versionsInput, callOptions));
		const error: unknown = await open(wrong, copy)
			.validateVersion(versionsInput, callOptions)
			.catch((refusal: unknown) => refusal);

		expect(error).toBeInstanceOf(copy.CognigyError);
		expect(error).toBeInstanceOf(client.CognigyError);
		expect(error).toMatchObject({ category: 'authentication' });
		expect(logins()).toBe(1);
	});
});
