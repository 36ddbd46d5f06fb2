import { closeAllClients } from '../../client';
import { freePort } from '../../n8n-host/freePort';
import { startSandbox, type Sandbox } from '../../sandbox';
import { differs } from '../support/edition';
import { engine } from './engineDifferences';
import { credentialFor, PASSWORD, USERNAME } from './support';
import {
	followRegistry,
	followSession,
	followStarted,
	silentBots,
	startElsewhere,
	startWithNode,
} from './support/sessions';
import { keepRegistryBusy } from './support/state';
import { closeTriggers, startTrigger, type Emission, type RunningTrigger } from './triggerEngine';

/** Healing takes a pause or two, which no test waits for twice. */
const PATIENCE_MS = 15_000;
let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	// Short pauses between attempts.
	jest.spyOn(Math, 'random').mockReturnValue(0.02);
	// Another test must not take the port while the service is away.
	sandbox = await startSandbox({ ...silentBots, port: await freePort() });
	credential = credentialFor(sandbox);
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

/** The service that was at this port, with the session "s-1". */
async function serviceIsBack(port: number): Promise<Sandbox> {
	const back = await startSandbox({ ...silentBots, port });
	// Whoever asks before the session is there would be told that it is over.
	back.faults.inject({ operation: 'messages', kind: 'status', status: 503, times: 1_000 });
	await startElsewhere(back, 's-1');
	back.faults.clear();
	return back;
}

const polls = (count: number) => () => sandbox.stats().pollsHeld === count;
const calls = (operation: string) => sandbox.requests.filter((request) => request.operation === operation).length;

/** Nothing was delivered to n8n as fatal, which would give the trigger up for good. */
function expectAlive(trigger: RunningTrigger): void {
	expect(trigger.fatalErrors).toEqual([]);
	expect(trigger.failedExecutions).toEqual([]);
}

describe('at activation', () => {
	it.each(['activate', 'create', 'update'] as const)(
		'refused credentials are a clear error where a person waits: %s',
		async (activation) => {
			const starting = startTrigger({
				credential: { ...credential, password: 'wrong-password' },
				parameters: followStarted('s-1'),
				activation,
			});

			await expect(starting).rejects.toMatchObject({
				message: expect.stringMatching(/user|password/i),
				description: expect.stringMatching(/credential/i),
			});
			await expect(starting).rejects.not.toMatchObject({ message: expect.stringContaining('wrong-password') });
			expect(calls('login')).toBe(1);
		},
	);

	it.each([
		['sessionId', followSession('  '), /Session ID is empty/],
		['botId', followSession('s-1', { botId: '' }), /Bot ID is empty/],
		['flowId', followSession('s-1', { flowId: '' }), /Flow ID is empty/],
		['messageTypes', followStarted('s-1', { messageTypes: [] }), /Message Types is empty/],
		[
			'maxParallel',
			followStarted('s-1', { options: { executions: 'parallel', maxParallel: 0 } }),
			/Max Parallel must be/,
		],
	])('a wrong parameter is an error that names it, and nothing is sent: %s', async (_name, parameters, message) => {
		await expect(startTrigger({ credential, parameters })).rejects.toThrow(message);
		expect(sandbox.requests).toHaveLength(0);
	});

	it.each(['activate', 'init'] as const)('a service that cannot be reached is waited for: %s', async (activation) => {
		await startWithNode(credential, 's-1');
		closeAllClients();
		const { port } = sandbox;
		await sandbox.close();
		const trigger = await startTrigger({ credential, parameters: followStarted('s-1'), activation });
		sandbox = await serviceIsBack(port);
		sandbox.say('s-1', 'back');
		await trigger.emitted(1, PATIENCE_MS);

		expect(trigger.texts).toEqual([['back']]);
		expectAlive(trigger);
	});

	it.each(['init', 'leadershipChange'] as const)(
		'nothing is thrown where nobody waits, not even for refused credentials; edited ones are found: %s',
		async (activation) => {
			await startElsewhere(sandbox, 's-1');
			const edited = { ...credential, password: 'wrong-password' };
			const trigger = await startTrigger({ credential: edited, parameters: followSession('s-1'), activation });
			await sandbox.when(() => calls('login') >= 1);
			Object.assign(edited, { password: PASSWORD });
			sandbox.say('s-1', 'hello');
			await trigger.emitted(1, PATIENCE_MS);

			expect(trigger.texts).toEqual([['hello']]);
			expectAlive(trigger);
		},
	);
});

describe('later', () => {
	it('a restart of the service heals by itself', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'before');
		await trigger.emitted(1);
		const { port } = sandbox;
		await sandbox.close();
		sandbox = await serviceIsBack(port);
		sandbox.say('s-1', 'after');
		await trigger.emitted(2, PATIENCE_MS);

		expect(trigger.texts).toEqual([['before'], ['after']]);
		expectAlive(trigger);
	});

	it('a token that is no longer accepted is renewed, once for all sessions', async () => {
		const sessions = ['s-1', 's-2', 's-3'];
		await startWithNode(credential, sessions);
		const ways = differs('one-named-session')
			? sessions.map((id) => [id, followSession(id)] as const)
			: [['all', followRegistry()] as const];
		const triggers = [];
		for (const [nodeId, parameters] of ways) triggers.push(await startTrigger({ credential, parameters, nodeId }));
		await sandbox.when(polls(3));
		const before = calls('login');
		sandbox.expireTokens();
		for (const sessionId of sessions) sandbox.say(sessionId, 'one');
		for (const trigger of triggers) await trigger.emitted(3 / triggers.length);
		await sandbox.when(polls(3));
		for (const sessionId of sessions) sandbox.say(sessionId, 'two');
		for (const trigger of triggers) await trigger.emitted(6 / triggers.length);

		expect(calls('login') - before).toBe(1);
		expect(triggers.flatMap(({ texts }) => texts.flat()).sort()).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
		triggers.forEach(expectAlive);
	});

	it('a login that was changed is read from the credential when the old one is refused', async () => {
		await startElsewhere(sandbox, 's-1');
		const edited = { ...credential };
		const trigger = await startTrigger({ credential: edited, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		sandbox.faults.inject({
			operation: 'login',
			kind: 'status',
			status: 401,
			times: 1_000,
			match: { username: USERNAME },
		});
		sandbox.expireTokens();
		sandbox.say('s-1', 'before');
		await trigger.emitted(1);
		const refusals = () => sandbox.requests.filter(({ operation, status }) => operation === 'login' && status === 401);
		await sandbox.when(() => refusals().length === 1);
		const [, other] = sandbox.users;
		Object.assign(edited, { username: other?.username, password: other?.password });
		sandbox.say('s-1', 'after');
		await trigger.emitted(2, PATIENCE_MS);

		expect(trigger.texts).toEqual([['before'], ['after']]);
		expectAlive(trigger);
	});

	it('an address that was changed is read from the credential while the old one does not answer', async () => {
		await startElsewhere(sandbox, 's-1');
		const edited = { ...credential };
		const trigger = await startTrigger({ credential: edited, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		const old = sandbox;
		sandbox = await startSandbox(silentBots);
		await startElsewhere(sandbox, 's-1');
		edited['baseUrl'] = sandbox.url;
		await old.close();
		sandbox.say('s-1', 'at the new address');
		await trigger.emitted(1, PATIENCE_MS);

		expect(trigger.texts).toEqual([['at the new address']]);
		expectAlive(trigger);
	});

	it('a second start supersedes the first', async () => {
		await startElsewhere(sandbox, 's-1');
		const held: Emission[] = [];
		const onEmit = (emission: Emission) => held.push(emission);
		const first = await startTrigger({ credential, parameters: followSession('s-1'), onEmit });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await first.emitted(1);
		// The execution of "a" still runs, and it takes a moment to record anything.
		const endBusy = keepRegistryBusy();
		const second = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(0));
		await new Promise((resolve) => setTimeout(resolve, 200));
		endBusy();
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'b');
		held[0]?.finish();
		await second.emitted(1);
		await first.close();
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'c');
		await second.emitted(2);

		expect(first.texts).toEqual([['a']]);
		expect(second.texts).toEqual([['b'], ['c']]);
		expect(sandbox.stats().pollsHeld).toBeLessThanOrEqual(1);
	});
});

describe('a long outage', () => {
	const MINUTE_MS = 60_000;
	let passed: number;
	let clock: NodeJS.Timeout;

	/** Time runs 400 times as fast until so many minutes have passed. */
	async function minutesPass(count: number): Promise<void> {
		const end = passed + count * MINUTE_MS;
		await new Promise<void>((resolve) => {
			clock = setInterval(() => {
				passed += 20_000;
				if (passed < end) return;
				clearInterval(clock);
				resolve();
			}, 50);
		});
	}

	beforeEach(() => {
		passed = 0;
		const real = performance.now.bind(performance);
		jest.spyOn(performance, 'now').mockImplementation(() => real() + passed);
	});
	afterEach(() => clearInterval(clock));

	it.each([
		...(engine.savesFailedExecutions ? [['as a failed execution', false] as const] : []),
		['in the log only, where n8n is older than 2.7', true] as const,
	])('is reported once %s, and its end is logged', async (_where, withoutFailedExecutions) => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1'), withoutFailedExecutions });
		await sandbox.when(polls(1));
		const { port } = sandbox;
		await sandbox.close();
		await minutesPass(20);
		sandbox = await serviceIsBack(port);
		sandbox.say('s-1', 'back');
		await trigger.emitted(1, PATIENCE_MS);

		const report = expect.stringMatching(/Trouble for \d+ minutes/);
		expect(trigger.logged('warn')).toEqual([expect.stringContaining('tries on by itself')]);
		expect(trigger.logged('error')).toEqual([report]);
		expect(trigger.logged('info')).toContainEqual(expect.stringMatching(/works again, after \d{4} s/));
		expect(trigger.fatalErrors).toEqual([]);
		expect(trigger.failedExecutions).toEqual(
			withoutFailedExecutions
				? []
				: [expect.objectContaining({ message: report, context: { data: { errorCategory: 'network' } } })],
		);
	});

	it('is not reported while it is short', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		const { port } = sandbox;
		await sandbox.close();
		await minutesPass(4);
		sandbox = await serviceIsBack(port);
		sandbox.say('s-1', 'back');
		await trigger.emitted(1, PATIENCE_MS);

		expect(trigger.logged('error')).toEqual([]);
		expectAlive(trigger);
	});
});
