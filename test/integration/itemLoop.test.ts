import { closeAllClients } from '../../client';
import { SqliteRegistry } from '../../client/registry/sqlite/registry';
import { startSandbox, type Sandbox } from '../../sandbox';
import { itUnless } from '../support/edition';
import { until } from '../support/until';
import { runNode } from './engine';
import { auditOf, credentialFor, itemsOf, startOrderBot, startTrustedSandbox } from './support';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
});
afterEach(() => {
	jest.restoreAllMocks();
	// The next test has a login of its own.
	closeAllClients();
	sandbox.faults.clear();
	sandbox.resetStats();
});

const type = 'cognigyTriggerFlow';

it('works on as many items at a time as "concurrency" says, and no more', async () => {
	sandbox.faults.inject({ operation: 'start', kind: 'latency', ms: 30, times: 12 });

	await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: { ...startOrderBot, options: { concurrency: 4 } },
		items: itemsOf(12),
	});

	expect(sandbox.stats().inFlightMax).toBe(4);
});

// The registry in memory has written it down at once.
itUnless('ends-with-process')(
	'begins with the next item when the service has answered, not when that is written down',
	async () => {
		const before = sandbox.sessions.length;
		const confirm = jest.spyOn(SqliteRegistry.prototype, 'confirm');
		confirm.mockImplementation(async () => await until(() => sandbox.sessions.length === before + 3));
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, options: { concurrency: 1 } },
			items: itemsOf(3),
		});

		expect(confirm).toHaveBeenCalledTimes(3);
		expect(output.map(({ json }) => json['userId'])).toEqual(['user-0', 'user-1', 'user-2']);
	},
);

it('keeps the order of the items, whichever is answered first', async () => {
	for (const [user, ms] of [
		['user-0', 120],
		['user-1', 60],
	] as const) {
		sandbox.faults.inject({ operation: 'start', kind: 'latency', ms, match: { userId: user } });
	}

	const { output } = await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: startOrderBot,
		items: itemsOf(5),
	});

	expect(output.map(({ json }) => json['userId'])).toEqual(['user-0', 'user-1', 'user-2', 'user-3', 'user-4']);
	expect(output.map(({ pairedItem }) => pairedItem)).toEqual([0, 1, 2, 3, 4].map((item) => ({ item })));
});

describe('one login at a time (guarantee 4)', () => {
	it('60 items with concurrency 20 make one login', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, options: { concurrency: 20 } },
			items: itemsOf(60),
		});

		expect(output).toHaveLength(60);
		expect(sandbox.stats()).toMatchObject({ logins: 1, flowsStarted: 60 });
	});

	it('executions and nodes share the token of a credential', async () => {
		const credential = credentialFor(sandbox);
		const validate = { botId: 'order-status', flowId: 'main', targetEnvironment: 'production' };

		await Promise.all([
			runNode({ type, credential, parameters: startOrderBot, items: itemsOf(3) }),
			runNode({ type, credential, parameters: startOrderBot, items: itemsOf(3) }),
			runNode({ type: 'cognigyValidateVersion', credential, parameters: validate }),
		]);

		expect(sandbox.stats()).toMatchObject({ logins: 1, starts: 6, versions: 1 });
	});

	it('a token that expires in the middle costs one more login and no item', async () => {
		const credential = credentialFor(sandbox);
		await runNode({ type, credential, parameters: startOrderBot, items: itemsOf(1) });
		sandbox.expireTokens();
		sandbox.resetStats();

		const { output } = await runNode({
			type,
			credential,
			parameters: { ...startOrderBot, options: { concurrency: 20 } },
			items: itemsOf(60),
		});

		expect(output).toHaveLength(60);
		expect(sandbox.stats()).toMatchObject({ logins: 1, flowsStarted: 60 });
	});

	it('a wrong password is tried once for all items, not once per item', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox, { password: 'wrong' }),
			parameters: startOrderBot,
			items: itemsOf(40),
			onError: 'continueRegularOutput',
		});

		expect(output.map(({ json }) => json['errorCategory'])).toEqual(Array(40).fill('authentication'));
		expect(sandbox.stats()).toMatchObject({ logins: 1, starts: 0 });
	});
});

it('a service that refuses every token is not asked for a login per item', async () => {
	sandbox.faults.inject({ operation: 'start', kind: 'status', status: 401, times: 1000 });

	const { output } = await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: startOrderBot,
		items: itemsOf(100),
		onError: 'continueRegularOutput',
	});

	expect(output.map(({ json }) => json['errorCategory'])).toEqual(Array(100).fill('authentication'));
	expect(sandbox.stats().logins).toBeLessThanOrEqual(2);
});

describe('a start whose fate is unknown is never sent again (guarantee 1)', () => {
	it.each([
		['lost answer', { kind: 'dropAfter' }, 'network'],
		['connection reset', { kind: 'resetAfter' }, 'network'],
		['answer cut off', { kind: 'truncate' }, 'network'],
		['no answer in time', { kind: 'latency', ms: 60_000 }, 'timeout'],
		['status 500', { kind: 'status', status: 500 }, 'server'],
		['status 503 with Retry-After', { kind: 'status', status: 503, headers: { 'Retry-After': '0' } }, 'server'],
		['unreadable answer', { kind: 'badJson' }, 'protocol'],
	] as const)('%s', async (_case, fault, errorCategory) => {
		sandbox.faults.inject({ operation: 'start', ...fault });

		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, sessionId: `session-${_case}`, options: { timeoutSeconds: 1 } },
			items: itemsOf(1),
			onError: 'continueRegularOutput',
		});

		expect(sandbox.stats().starts).toBe(1);
		expect(output[0]?.json).toMatchObject({ errorCategory, audit: { attempts: 1, sessionId: `session-${_case}` } });
		expect(output[0]?.json['error']).toContain(`The flow may have run, with session "session-${_case}"`);
	});

	it('but one that surely did not run is sent again: 429, a refused token', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 429, headers: { 'Retry-After': '0' } });
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 401 });

		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: startOrderBot,
			items: itemsOf(1),
		});

		expect(auditOf(output[0])).toMatchObject({ status: 'success', attempts: 3 });
		expect(sandbox.stats()).toMatchObject({ starts: 3, flowsStarted: 1, logins: 2 });
	});
});

describe('"Stop Workflow"', () => {
	it('starts nothing new after the first fault, and lets running calls end', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 400, match: { userId: 'user-3' } });
		sandbox.faults.inject({ operation: 'start', kind: 'latency', ms: 100, match: { userId: 'user-2' } });

		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, options: { concurrency: 2 } },
			items: itemsOf(50),
		});

		expect(error?.context).toMatchObject({ itemIndex: 3 });
		expect(sandbox.stats().starts).toBe(4);
		expect(sandbox.requests.filter(({ body }) => isStartOf(body, 'user-2')).at(-1)?.status).toBe(201);
	});

	it('does not hide behind one error that the flow may have run for another item', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 400, match: { userId: 'user-0' } });
		sandbox.faults.inject({ operation: 'start', kind: 'dropAfter', match: { userId: 'user-1' } });

		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, sessionId: '={{ "session of " + $json.user }}' },
			items: itemsOf(2),
		});

		expect(error?.context).toMatchObject({ itemIndex: 0 });
		expect(error?.description).toContain(
			'Other items may have been carried out as well: item 1 (session "session of user-1")',
		);
	});

	it('shows the names of those as text, as the editor shows HTML', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 400, match: { userId: 'user-0' } });
		sandbox.faults.inject({ operation: 'start', kind: 'dropAfter', match: { userId: 'user-1' } });

		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, sessionId: '={{ "<b>" + $json.user }}' },
			items: itemsOf(2),
		});

		expect(error?.description).toContain('item 1 (session "&lt;b&gt;user-1")');
	});

	it('names the first failing item, whichever failed first', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'hang', match: { userId: 'user-0' } });
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 400, match: { userId: 'user-1' } });

		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, options: { timeoutSeconds: 1 } },
			items: itemsOf(2),
		});

		expect(error?.context).toMatchObject({ itemIndex: 0 });
		expect(error?.message).toContain('took too long');
	});

	function isStartOf(body: unknown, userId: string): boolean {
		return typeof body === 'object' && body !== null && 'userId' in body && body.userId === userId;
	}
});

it('1,000 items over TLS open no more connections than "concurrency"', async () => {
	const secure = await startTrustedSandbox();
	try {
		const { output } = await runNode({
			type,
			credential: credentialFor(secure),
			parameters: { ...startOrderBot, options: { concurrency: 20 } },
			items: itemsOf(1000),
		});

		expect(output).toHaveLength(1000);
		expect(secure.stats().connectionsMax).toBeLessThanOrEqual(20);
		// One that rests may be closed meanwhile, on a busy machine.
		expect(secure.stats().connectionsOpened).toBeLessThanOrEqual(25);
		expect(secure.stats().flowsStarted).toBe(1000);
	} finally {
		await secure.close();
	}
});

describe('a credential with expressions', () => {
	it('is read per item: each item reaches its own Cognigy', async () => {
		const other = await startSandbox();
		try {
			const credential = credentialFor(sandbox, {
				baseUrl: `={{ $json.user === "user-1" ? "${other.url}" : "${sandbox.url}" }}`,
			});
			await runNode({ type, credential, parameters: startOrderBot, items: itemsOf(3) });

			expect(sandbox.stats().flowsStarted).toBe(2);
			expect(other.stats().flowsStarted).toBe(1);
		} finally {
			await other.close();
		}
	});
});
