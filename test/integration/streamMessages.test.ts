import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { describeUnless, differs, itUnless } from '../support/edition';
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
import { endProcess, killHere, openSessions } from './support/state';
import { closeTriggers, startTrigger, type Emission } from './triggerEngine';

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	// A service of its own for every test: sessions in the registry belong to one.
	sandbox = await startSandbox({ ...silentBots, slowStartMs: 10 });
	credential = credentialFor(sandbox);
});
afterEach(async () => {
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

const polls = (count: number) => () => sandbox.stats().pollsHeld === count;

/** What is said is handed out by itself, not together with what is said next. */
async function sayAlone(sessionId: string, text: string): Promise<void> {
	const { messagesHandedOut, pollsHeld } = sandbox.stats();
	sandbox.say(sessionId, text);
	await sandbox.when(() => sandbox.stats().messagesHandedOut > messagesHandedOut && polls(pollsHeld)());
}

describe('what comes out (docs/guarantees.md#outputs)', () => {
	it('is exactly the promised fields, an item for each message', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		const said = [sandbox.say('s-1', 'Hello'), sandbox.say('s-1', 'Größe ✓\n"x"')];
		await trigger.emitted(1);

		expect(trigger.emission(0).items).toEqual(
			said.map(({ messageId, text, timestamp }) => ({
				json: {
					messageId,
					text,
					type: 'bot',
					timestamp,
					sessionId: 's-1',
					botId: 'order-status',
					flowId: 'main',
					audit: {
						timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
						operation: 'streamMessages',
						sessionId: 's-1',
						botId: 'order-status',
						flowId: 'main',
						status: 'success',
						latencyMs: expect.any(Number),
						attempts: 1,
					},
				},
			})),
		);
	});

	itUnless('one-named-session')('names the user of a session in the registry', async () => {
		await startWithNode(credential, 's-1');
		const trigger = await startTrigger({ credential, parameters: followRegistry() });
		sandbox.say('s-1', 'Hello');
		await trigger.emitted(1);

		const [item] = trigger.emission(0).items;
		expect(item?.json).toMatchObject({ sessionId: 's-1', botId: 'order-status', flowId: 'main', userId: 'user-1' });
		expect(item?.json['audit']).toMatchObject({ userId: 'user-1' });
	});

	it('puts the audit entry into the log, a line for each batch', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		sandbox.say('s-1', 'Hello');
		await trigger.emitted(1);

		const audit = JSON.stringify(trigger.emission(0).items[0]?.json['audit']);
		expect(trigger.logged('info').filter((line) => line.includes(`Cognigy audit ${audit}`))).toHaveLength(1);
	});

	it.each([
		[['bot'], ['b']],
		[
			['user', 'webhook'],
			['u', 'w'],
		],
		[
			['bot', 'user', 'webhook'],
			['u', 'b', 'w'],
		],
	])('are messages of the types %j', async (messageTypes, expected) => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1', { messageTypes }) });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'u', 'user');
		sandbox.say('s-1', 'b', 'bot');
		sandbox.say('s-1', 'w', 'webhook');
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([expected]);
	});

	it('is nothing for messages of other types only', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'not wanted', 'user');
		await sandbox.when(() => sandbox.stats().messagesHandedOut === 1);
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'wanted');
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([['wanted']]);
	});
});

describeUnless('one-named-session')('which sessions are followed', () => {
	it('every open one of the credential, and new ones within a second', async () => {
		await startWithNode(credential, ['old-1', 'old-2']);
		const trigger = await startTrigger({ credential, parameters: followRegistry() });
		await sandbox.when(polls(2));
		await startWithNode(credential, ['new-1', 'new-2']);
		const idleMs = idleTimer();
		await sandbox.when(polls(4));
		const followedAfterMs = idleMs();
		for (const sessionId of ['old-1', 'old-2', 'new-1', 'new-2']) sandbox.say(sessionId, sessionId);
		await trigger.emitted(4);

		expect(followedAfterMs).toBeLessThan(1_000);
		expect(trigger.texts.flat().sort()).toEqual(['new-1', 'new-2', 'old-1', 'old-2']);
	});

	it('none that nobody started with this credential', async () => {
		const other = await startSandbox(silentBots);
		try {
			await startWithNode(credentialFor(other), 'theirs');
			await startElsewhere(sandbox, 'theirs');
			await startWithNode(credential, 'ours');
			const trigger = await startTrigger({ credential, parameters: followRegistry() });
			await sandbox.when(polls(1));
			sandbox.say('theirs', 'theirs');
			sandbox.say('ours', 'ours');
			await trigger.emitted(1);

			expect(trigger.texts).toEqual([['ours']]);
			expect(other.stats().messages).toBe(0);
		} finally {
			await other.close();
		}
	});

	it('only those of a bot when asked to', async () => {
		await startWithNode(credential, 's-1');
		await startWithNode(credential, 's-2', { botId: 'slow-support' });
		const trigger = await startTrigger({ credential, parameters: followRegistry({ botId: 'slow-support' }) });
		sandbox.say('s-1', 'order');
		sandbox.say('s-2', 'slow');
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([['slow']]);
		expect(sandbox.stats().pollsHeld).toBe(0);
	});

	it('only those of a flow when asked to', async () => {
		const [botId, flowId] = ['Größe/Test "1" ✓', 'Fluß 100%/ä?#1'];
		await startWithNode(credential, 's-1', { botId });
		await startWithNode(credential, 's-2', { botId, flowId });
		const trigger = await startTrigger({ credential, parameters: followRegistry({ flowId }) });
		sandbox.say('s-1', 'main');
		sandbox.say('s-2', 'other');
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([['other']]);
		expect(trigger.emission(0).items[0]?.json).toMatchObject({ botId, flowId });
	});

	it('not one that has ended, any more', async () => {
		await startWithNode(credential, ['s-1', 's-2']);
		const trigger = await startTrigger({ credential, parameters: followRegistry() });
		await sandbox.when(polls(2));
		sandbox.say('s-1', 'bye');
		sandbox.endSession('s-1');
		await trigger.emitted(1);
		while ((await openSessions(credential)).length > 1) await new Promise(setImmediate);
		await trigger.close();
		await endProcess();
		const before = sandbox.requests.length;
		await startTrigger({ credential, parameters: followRegistry() });
		await sandbox.when(polls(1));

		expect(trigger.texts).toEqual([['bye']]);
		const polled = sandbox.requests.slice(before).filter(({ operation }) => operation === 'messages');
		expect(polled.map(({ sessionId }) => sessionId)).toEqual(['s-2']);
	});
});

describe('executions of a session', () => {
	it('messages that came together are one execution', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1') });
		await sandbox.when(polls(1));
		for (let i = 0; i < 5; i++) sandbox.say('s-1', `${i}`);
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([['0', '1', '2', '3', '4']]);
	});

	it('wait for each other: the next begins when the last has ended, well or badly', async () => {
		await startElsewhere(sandbox, 's-1');
		const held: Emission[] = [];
		const trigger = await startTrigger({
			credential,
			parameters: followSession('s-1'),
			onEmit: (emission) => held.push(emission),
		});
		await sandbox.when(polls(1));
		for (const text of ['a', 'b', 'c']) await sayAlone('s-1', text);
		await trigger.emitted(1);
		expect(trigger.texts).toEqual([['a']]);

		held[0]?.finish();
		await trigger.emitted(2);
		expect(trigger.texts).toEqual([['a'], ['b']]);

		held[1]?.finish();
		await trigger.emitted(3);
		expect(trigger.texts).toEqual([['a'], ['b'], ['c']]);
		expect(trigger.emissions.every(({ isAwaited }) => isAwaited)).toBe(true);
	});

	itUnless('one-named-session')('do not wait for those of other sessions', async () => {
		await startWithNode(credential, ['s-1', 's-2']);
		const trigger = await startTrigger({ credential, parameters: followRegistry(), onEmit: () => {} });
		await sandbox.when(polls(2));
		sandbox.say('s-1', 'one');
		await trigger.emitted(1);
		sandbox.say('s-2', 'two');
		await trigger.emitted(2);

		expect(trigger.texts).toEqual([['one'], ['two']]);
	});

	it('in parallel: as many as asked for, all sessions together', async () => {
		const sessions = differs('one-named-session') ? ['s-1'] : ['s-1', 's-2', 's-3'];
		await startWithNode(credential, sessions);
		const held: Emission[] = [];
		const trigger = await startTrigger({
			credential,
			parameters: followStarted('s-1', { options: { executions: 'parallel', maxParallel: 2 } }),
			onEmit: (emission) => held.push(emission),
		});
		const areFollowed = polls(sessions.length);
		await sandbox.when(areFollowed);
		sandbox.say('s-1', 'a');
		await trigger.emitted(1);
		await sandbox.when(areFollowed);
		sandbox.say('s-1', 'b');
		await trigger.emitted(2);
		await sandbox.when(areFollowed);
		for (const [index, text] of ['c', 'd'].entries()) {
			sandbox.say(sessions[index + 1] ?? 's-1', text);
			await sandbox.when(() => sandbox.stats().messagesHandedOut === index + 3 && areFollowed());
		}
		expect(trigger.texts).toEqual([['a'], ['b']]);

		held[1]?.finish();
		await trigger.emitted(3);
		held[0]?.finish();
		await trigger.emitted(4);
		expect(trigger.texts.slice(2).flat().sort()).toEqual(['c', 'd']);
	});

	it('that somebody stopped are not started once more', async () => {
		await startElsewhere(sandbox, 's-1');
		class ManualExecutionCancelledError extends Error {}
		const trigger = await startTrigger({
			credential,
			parameters: followSession('s-1'),
			onEmit: (emission) => setImmediate(() => emission.fail(new ManualExecutionCancelledError('stopped'))),
		});
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await trigger.emitted(1);
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'b');
		await trigger.emitted(2);

		expect(trigger.texts).toEqual([['a'], ['b']]);
	});

	it('that n8n could not create are tried again with the same key, before anything else of the session', async () => {
		await startElsewhere(sandbox, 's-1');
		let failures = 2;
		const trigger = await startTrigger({
			credential,
			parameters: followSession('s-1'),
			onEmit: ({ finish, fail }) =>
				setImmediate(() => (failures-- > 0 ? fail(new Error('the database is locked')) : finish())),
		});
		await sandbox.when(polls(1));
		sandbox.say('s-1', 'a');
		await trigger.emitted(1);
		sandbox.say('s-1', 'b');
		await trigger.emitted(4);

		expect(trigger.texts).toEqual([['a'], ['a'], ['a'], ['b']]);
		const keys = trigger.emissions.map(({ deduplicationKey }) => deduplicationKey);
		expect(new Set(keys.slice(0, 3)).size).toBe(1);
		if (engine.knowsDeduplicationKeys) expect(keys[3]).not.toBe(keys[0]);
	});
});

(engine.knowsDeduplicationKeys ? describe : describe.skip)('the deduplication key', () => {
	it('is unique for workflow, node, session and batch, and fits into the database of n8n', async () => {
		const sessions = differs('one-named-session') ? ['s-1'] : ['s-1', 's-2'];
		await startWithNode(credential, sessions);
		const parameters = followStarted('s-1');
		const triggers = [
			await startTrigger({ credential, parameters }),
			await startTrigger({ credential, parameters, nodeId: 'node-2' }),
			await startTrigger({ credential, parameters, workflowId: 'workflow-2' }),
		];
		await sandbox.when(polls(sessions.length));
		for (const sessionId of sessions) sandbox.say(sessionId, 'a');
		for (const trigger of triggers) await trigger.emitted(sessions.length);
		await sandbox.when(polls(sessions.length));
		for (const sessionId of sessions) sandbox.say(sessionId, 'b');
		for (const trigger of triggers) await trigger.emitted(2 * sessions.length);

		const keys = triggers.flatMap(({ emissions }) => emissions.map(({ deduplicationKey }) => deduplicationKey));
		expect(new Set(keys).size).toBe(6 * sessions.length);
		for (const key of keys) expect(key).toMatch(/^cognigy:.{1,240}$/);
	});

	itUnless('ends-with-process')('stays the same over a restart', async () => {
		const all = await startSandbox({ ...silentBots, replay: 'all' });
		try {
			const ofAll = credentialFor(all);
			await startWithNode(ofAll, 's-1');
			const first = await startTrigger({ credential: ofAll, parameters: followRegistry(), onEmit: () => {} });
			await all.when(() => all.stats().pollsHeld === 1);
			all.say('s-1', 'a');
			await first.emitted(1);
			const kill = killHere();
			await first.close();
			await kill();
			const second = await startTrigger({ credential: ofAll, parameters: followRegistry() });
			await second.emitted(1);

			expect(second.texts).toEqual([['a']]);
			expect(second.emission(0).deduplicationKey).toBe(first.emission(0).deduplicationKey);
		} finally {
			await closeTriggers();
			await all.close();
		}
	});
});

describe("n8n's new engine, which refuses those who want to wait for an execution", () => {
	const refusal = 'Engine 2.0 cannot run a trigger that waits for its execution to finish yet.';

	it.each<[string, (emission: Emission) => void]>([
		[
			'at once',
			({ isAwaited }) => {
				if (isAwaited) throw new Error(refusal);
			},
		],
		['a moment later', ({ fail }) => setImmediate(() => fail(new Error(refusal)))],
	])('%s: the trigger does without, and asks no more', async (_when, onEmit) => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({ credential, parameters: followSession('s-1'), onEmit });
		await sandbox.when(polls(1));
		await sayAlone('s-1', 'a');
		await trigger.when(() => trigger.emissions.some(({ isAwaited }) => !isAwaited));
		const before = trigger.emissions.length;
		await sayAlone('s-1', 'b');
		await trigger.emitted(before + 1);

		const taken = trigger.emissions.filter(({ isAwaited }) => !isAwaited);
		expect(taken.map(({ items }) => items.map(({ json }) => json['text']))).toEqual([['a'], ['b']]);
		expect(trigger.emissions).toHaveLength(before + 1);
	});

	it('is not asked when the workflow says that it is on it', async () => {
		await startElsewhere(sandbox, 's-1');
		const trigger = await startTrigger({
			credential,
			parameters: followSession('s-1'),
			settings: { engineType: 'v2' },
		});
		sandbox.say('s-1', 'a');
		await trigger.emitted(1);

		expect(trigger.emission(0).isAwaited).toBe(false);
	});
});
