import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { describeUnless, itUnless } from '../support/edition';
import { idleTimer } from '../support/idleTime';
import { engine } from './engineDifferences';
import { credentialFor } from './support';
import {
	followRegistry,
	followSession,
	followStarted,
	silentBots,
	startElsewhere,
	startWithNode,
} from './support/sessions';
import { endProcess, killHere } from './support/state';
import { closeTriggers, startTrigger, type Emission } from './triggerEngine';

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	// Every message is handed out only once: what we lose is lost.
	sandbox = await startSandbox({ ...silentBots, replay: 'once' });
	credential = credentialFor(sandbox);
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

const polls = (count: number) => () => sandbox.stats().pollsHeld === count;

/** What the service says from now on is not lost to a request that was ended just now. */
const idle = async () => await sandbox.when(() => sandbox.stats().inFlight === 0);

/** What keeps the process alive: timers and sockets. */
const keptAliveBy = () =>
	process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name.startsWith('TCP')).length;

describe('closeFunction (guarantee 7)', () => {
	it.each([
		['while it polls', () => {}],
		['while the login hangs', () => sandbox.faults.inject({ operation: 'login', kind: 'hang' })],
		[
			'while the service answers with errors',
			() => sandbox.faults.inject({ operation: 'messages', kind: 'status', status: 503, times: 1_000 }),
		],
	])('ends every request within a second and leaves nothing that keeps n8n alive: %s', async (_when, prepare) => {
		await startElsewhere(sandbox, 's-1');
		prepare();
		// The connections of a pool are opened once; they do not keep n8n alive when they are not used.
		const before = keptAliveBy();
		const trigger = await startTrigger({ credential, parameters: followSession('s-1'), activation: 'init' });
		await sandbox.when(() => sandbox.requests.length >= 3);
		const idleMs = idleTimer();
		await trigger.close();
		await sandbox.when(() => sandbox.stats().inFlight === 0);
		const tookMs = idleMs();
		closeAllClients();
		await sandbox.when(() => sandbox.stats().connectionsOpen === 0);

		expect(tookMs).toBeLessThan(1_000);
		expect(keptAliveBy()).toBeLessThanOrEqual(before);
	});

	it('emits nothing any more', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		await trigger.close();
		await idle();
		sandbox.say('s-1', 'late');
		const other = await startTrigger({ credential, parameters: followSession('s-1'), nodeId: 'other' });
		await other.emitted(1);

		expect(other.texts).toEqual([['late']]);
		expect(trigger.emissions).toEqual([]);
	});

	it('may be called twice, and never fails', async () => {
		const trigger = await startTrigger({ credential, parameters: followStarted('s-1') });
		await trigger.close();
		await expect(trigger.close()).resolves.toBeUndefined();
	});
});

describe('over a stop and a start (guarantee 3)', () => {
	it('what was emitted is not emitted again, also while its execution still runs', async () => {
		await startWithNode(credential, 's-1');
		const made = new Set<string>();
		const first = await startTrigger({ credential, parameters: followStarted('s-1'), made, onEmit: () => {} });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await first.emitted(1);
		await sandbox.when(polls(1));
		await first.close();
		await endProcess();
		await idle();
		sandbox.say('s-1', 'b');
		const second = await startTrigger({
			credential,
			parameters: followStarted('s-1'),
			made,
			staticData: first.staticData,
		});
		await second.emitted(1);

		expect(second.texts).toEqual([['b']]);
	});

	it('the same where n8n goes on: its next execution begins when the one that runs is over', async () => {
		await startWithNode(credential, 's-1');
		const held: Emission[] = [];
		const parameters = followStarted('s-1');
		const first = await startTrigger({ credential, parameters, onEmit: (emission) => held.push(emission) });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await first.emitted(1);
		await sandbox.when(polls(1));
		await first.close();
		await idle();
		const second = await startTrigger({ credential, parameters, staticData: first.staticData });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'b');
		held[0]?.finish();
		await second.emitted(1);

		expect(second.texts).toEqual([['b']]);
	});

	(engine.knowsDeduplicationKeys ? itUnless('ends-with-process') : it.skip)(
		'messages whose execution n8n had not made when it ended are given to one then',
		async () => {
			await startWithNode(credential, 's-1');
			const parameters = followStarted('s-1');
			const first = await startTrigger({ credential, parameters, onEmit: () => {} });
			await sandbox.when(polls(1));
			sandbox.say('s-1', 'a');
			await first.emitted(1);
			await sandbox.when(polls(1));
			await first.close();
			first.emission(0).fail(new Error('The database is closed'));
			await endProcess();
			await idle();
			sandbox.say('s-1', 'b');
			const second = await startTrigger({ credential, parameters });
			await second.emitted(2);

			expect(second.texts).toEqual([['a'], ['b']]);
			expect(second.emission(0).deduplicationKey).toBe(first.emission(0).deduplicationKey);
		},
	);

	itUnless('ends-with-process')(
		'what arrived and was not emitted yet is emitted then, before what came later',
		async () => {
			await startWithNode(credential, 's-1');
			const parameters = followStarted('s-1');
			const made = new Set<string>();
			const first = await startTrigger({ credential, parameters, made, onEmit: () => {} });
			await sandbox.when(polls(1));
			for (const [index, text] of ['a', 'b', 'c'].entries()) {
				sandbox.say('s-1', text);
				await sandbox.when(() => sandbox.stats().messagesHandedOut === index + 1 && polls(1)());
			}
			await first.emitted(1);
			await first.close();
			await endProcess();
			await idle();
			sandbox.say('s-1', 'd');
			const second = await startTrigger({ credential, parameters, made });
			await second.emitted(3);

			expect(first.texts).toEqual([['a']]);
			expect(second.texts).toEqual([['b'], ['c'], ['d']]);
		},
	);

	it('says the same after the service has handed out all messages again', async () => {
		const all = await startSandbox({ ...silentBots, replay: 'all' });
		try {
			const ofAll = credentialFor(all);
			await startWithNode(ofAll, 's-1');
			const made = new Set<string>();
			const first = await startTrigger({ credential: ofAll, parameters: followStarted('s-1'), made });
			all.say('s-1', 'a');
			await first.emitted(1);
			await first.close();
			await endProcess();
			const { staticData } = first;
			const second = await startTrigger({ credential: ofAll, parameters: followStarted('s-1'), made, staticData });
			await all.when(() => all.stats().pollsHeld === 1);
			all.say('s-1', 'b');
			await second.emitted(1);

			expect(second.texts).toEqual([['b']]);
		} finally {
			await closeTriggers();
			await all.close();
		}
	});
});

describeUnless('ends-with-process')('over a crash (guarantee 3)', () => {
	it('a batch that was about to be emitted is emitted then, although the service does not hand it out again', async () => {
		await startWithNode(credential, 's-1');
		let kill = async () => {};
		const first = await startTrigger({
			credential,
			parameters: followRegistry(),
			onEmit: () => {
				kill = killHere();
			},
		});
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await first.emitted(1);
		await first.close();
		await kill();
		const second = await startTrigger({ credential, parameters: followRegistry(), activation: 'init' });
		await second.emitted(1);
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'b');
		await second.emitted(2);

		// With the same key: n8n does not run it twice if it has run before the crash.
		expect(second.texts).toEqual([['a'], ['b']]);
		expect(second.emission(0).deduplicationKey).toBe(first.emission(0).deduplicationKey);
	});

	it('what was recorded as emitted is not emitted again', async () => {
		await startWithNode(credential, 's-1');
		const held: Emission[] = [];
		const first = await startTrigger({
			credential,
			parameters: followRegistry(),
			onEmit: (emission) => held.push(emission),
		});
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await first.emitted(1);
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'b');
		held[0]?.finish();
		// The next batch begins when the last is recorded.
		await first.emitted(2);
		const kill = killHere();
		await first.close();
		await kill();
		const second = await startTrigger({ credential, parameters: followRegistry(), activation: 'init' });
		await second.emitted(1);
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'c');
		await second.emitted(2);

		expect(second.texts).toEqual([['b'], ['c']]);
	});
});
