import { closeAllClients } from '../../client';
import { edition } from '../../client/edition';
import { systemClock } from '../../client/time/systemClock';
import { startSandbox, type Sandbox } from '../../sandbox';
import { itUnless } from '../support/edition';
import { idleTimer } from '../support/idleTime';
import { closedPort } from '../support/servers';
import { until } from '../support/until';
import { credentialFor } from './support';
import {
	followRegistry,
	followSession,
	followStarted,
	silentBots,
	startElsewhere,
	startWithNode,
} from './support/sessions';
import { closeTriggers, itemsOfRun, startTrigger, testTrigger } from './triggerEngine';

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	sandbox = await startSandbox(silentBots);
	credential = credentialFor(sandbox);
});
afterEach(async () => {
	jest.useRealTimers();
	jest.restoreAllMocks();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

const polls = (count: number) => () => sandbox.stats().pollsHeld === count;
const isIdle = () => sandbox.stats().inFlight === 0;

it('waits for the first message and puts it out', async () => {
	await startElsewhere(sandbox, 's-1');
	const { run } = await testTrigger({ credential, parameters: followSession('s-1') });
	await sandbox.when(polls(1));
	sandbox.say('s-1', 'Hello');
	sandbox.say('s-1', 'again');
	const items = itemsOfRun(await run);

	expect(items.map(({ json }) => json['text'])).toEqual(['Hello', 'again']);
	expect(items[0]?.json).toMatchObject({ sessionId: 's-1', botId: 'order-status', flowId: 'main', type: 'bot' });
	await sandbox.when(isIdle);
});

itUnless('one-named-session')('follows sessions that are started while it waits', async () => {
	const { run } = await testTrigger({ credential, parameters: followRegistry() });
	await startWithNode(credential, 's-1');
	sandbox.say('s-1', 'Hello');

	expect(itemsOfRun(await run).map(({ json }) => json['text'])).toEqual(['Hello']);
});

it('takes nothing away from production while it runs', async () => {
	await startWithNode(credential, 's-1');
	const production = await startTrigger({ credential, parameters: followStarted('s-1') });
	await sandbox.when(polls(1));
	const { run } = await testTrigger({ credential, parameters: followStarted('s-1') });
	sandbox.say('s-1', 'Hello');
	await production.emitted(1);

	expect(itemsOfRun(await run)).toHaveLength(1);
	expect(production.texts).toEqual([['Hello']]);
});

describe('with a service that hands out messages again', () => {
	// What a poll that is cut off took with it, the other kind of service never hands out again.
	let replaying: Sandbox;
	beforeEach(async () => {
		replaying = await startSandbox({ ...silentBots, replay: 'all' });
	});
	afterEach(async () => await replaying.close());

	/** Wakes polls until it is true; one that was cut off just before may take the first messages. */
	async function sayUntil(isTrue: () => boolean): Promise<void> {
		for (let count = 0; !isTrue(); count++) {
			const { messages: polled } = replaying.stats();
			replaying.say('s-1', `more ${count}`);
			// That a run has ended is no news of the service's.
			await until(() => isTrue() || replaying.stats().messages > polled);
		}
	}

	it('takes nothing away from what production gets later', async () => {
		const credential = credentialFor(replaying);
		await startWithNode(credential, 's-1');
		const before = await startTrigger({ credential, parameters: followStarted('s-1') });
		replaying.say('s-1', 'before');
		await before.emitted(1);
		await before.close();
		// So that the test run asks the service, not the memory of this client.
		closeAllClients();
		replaying.say('s-1', 'between');
		const { run } = await testTrigger({ credential, parameters: followStarted('s-1') });
		let hasEnded = false;
		const ended = run.finally(() => (hasEnded = true));
		await sayUntil(() => hasEnded);
		const after = await startTrigger({ credential, parameters: followStarted('s-1') });
		await sayUntil(() => after.texts.flat().includes('between'));

		const texts = itemsOfRun(await ended).map(({ json }) => json['text']);
		expect(texts.slice(0, 2)).toEqual(['before', 'between']);
		expect(after.texts.flat().slice(0, 2)).toEqual(['between', 'more 0']);
	});
});

it('says at once that credentials are refused', async () => {
	const { run } = await testTrigger({
		credential: { ...credential, password: 'wrong-password' },
		parameters: followStarted('s-1'),
	});
	const { error } = (await run).data.resultData;

	expect(error).toMatchObject({ name: 'NodeApiError', message: expect.stringMatching(/user|password/i) });
	expect(error?.message).not.toContain('wrong-password');
});

it('says at once that a permission is missing', async () => {
	await startElsewhere(sandbox, 's-1');
	sandbox.setPermissions('demo', ['bot:execute']);
	const { run } = await testTrigger({ credential, parameters: followSession('s-1') });
	const { error } = (await run).data.resultData;

	expect(error).toMatchObject({ name: 'NodeApiError', message: expect.stringContaining('session:manage') });
});

it('says at once that a session is over', async () => {
	await startElsewhere(sandbox, 's-1');
	sandbox.endSession('s-1');
	const { run } = await testTrigger({ credential, parameters: followSession('s-1') });
	const { error } = (await run).data.resultData;

	expect(error?.message).toBe('Session ID names a session that is over or unknown: "s-1"');
});

describe('when nothing comes', () => {
	beforeEach(() => {
		// Whatever the edition's timers are, jest moves only Node's.
		const { after } = systemClock;
		jest.spyOn(edition.clock, 'after').mockImplementation(after);
		jest.useFakeTimers({
			doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'],
		});
	});

	it('it ends with a hint what to do', async () => {
		await startElsewhere(sandbox, 's-1');
		const { run } = await testTrigger({ credential, parameters: followSession('s-1') });
		// What is on its way needs time of its own, not to take too long.
		const pollHeld = async () => {
			while (!polls(1)()) await jest.advanceTimersByTimeAsync(1);
		};
		await pollHeld();
		for (let passedMs = 0; passedMs < 118_000; passedMs += 1_000) {
			await jest.advanceTimersByTimeAsync(1_000);
			await pollHeld();
		}
		await jest.advanceTimersByTimeAsync(2_000);
		const { error } = (await run).data.resultData;

		expect(error).toMatchObject({
			name: 'NodeOperationError',
			message: 'No message came within 120 seconds',
			description: expect.stringContaining('Trigger Flow'),
		});
		while (!isIdle()) await new Promise(setImmediate);
	});

	it('because the service cannot be reached, it says so', async () => {
		const nowhere = { ...credential, baseUrl: `http://127.0.0.1:${await closedPort()}` };
		const { run } = await testTrigger({ credential: nowhere, parameters: followSession('s-1') });
		let isOver = false;
		void run.then(() => (isOver = true));
		while (!isOver) {
			await jest.advanceTimersByTimeAsync(1_000);
			await new Promise(setImmediate);
		}
		const { error } = (await run).data.resultData;

		expect(error?.message).toMatch(/^No message came within 120 seconds: .*cannot reach/);
		expect(error).not.toMatchObject({ description: expect.stringContaining('Trigger Flow') });
	});
});

it.each([
	['while it waits', () => {}],
	['while it logs in', () => sandbox.faults.inject({ operation: 'login', kind: 'hang' })],
])('cancelling %s ends every request within a second', async (_when, prepare) => {
	await startElsewhere(sandbox, 's-1');
	prepare();
	const { run, cancel } = await testTrigger({ credential, parameters: followSession('s-1') });
	await sandbox.when(() => sandbox.stats().inFlight === 1);
	const idleMs = idleTimer();
	cancel();
	await run.catch(() => {});
	await sandbox.when(isIdle);

	expect(idleMs()).toBeLessThan(1_000);
});
