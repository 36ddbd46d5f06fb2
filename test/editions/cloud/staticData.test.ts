/**
 * What the cloud edition knows of delivered messages after a restart of n8n: what n8n has kept for the workflow, as it was
 * when an execution began. The memory of the process is gone.
 */
import { closeAllClients } from '../../../client';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';
import { credentialFor, shortPauses } from '../../integration/support';
import { followSession, silentBots, startElsewhere } from '../../integration/support/sessions';
import { endProcess } from '../../integration/support/state';
import { closeTriggers, startTrigger, type RunningTrigger, type TriggerOptions } from '../../integration/triggerEngine';

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(replay: SandboxOptions['replay'] & string, ...sessions: string[]): Promise<void> {
	sandbox = await startSandbox({ ...silentBots, replay });
	credential = credentialFor(sandbox);
	await startElsewhere(sandbox, ...(sessions.length > 0 ? sessions : ['s-1']));
}
beforeEach(shortPauses);
afterEach(async () => {
	jest.restoreAllMocks();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

const polled = async () => await sandbox.when(() => sandbox.stats().pollsHeld === 1);

/** What the service says from now on is not lost to a request that was ended just now. */
const idle = async () => await sandbox.when(() => sandbox.stats().inFlight === 0);

/** Follows a session in a new process. */
async function follow(more: Partial<TriggerOptions> = {}, sessionId = 's-1'): Promise<RunningTrigger> {
	const trigger = await startTrigger({ credential, parameters: followSession(sessionId), activation: 'init', ...more });
	await polled();
	return trigger;
}

/** As n8n ends: all that is left is what it has kept. @returns that */
async function restart(trigger: RunningTrigger): Promise<RunningTrigger['staticData']> {
	await trigger.close();
	await endProcess();
	await idle();
	return trigger.staticData;
}

async function say(trigger: RunningTrigger, ...texts: string[]): Promise<void> {
	for (const text of texts) {
		const { length } = trigger.emissions;
		sandbox.say('s-1', text);
		await trigger.emitted(length + 1);
		await polled();
	}
}

it.each(['all', 'overlap', 'once'] as const)(
	'what was emitted is not emitted again, whatever the service hands out again (%s)',
	async (replay) => {
		await begin(replay);
		const first = await follow();
		await say(first, 'a', 'b');
		const second = await follow({ staticData: await restart(first) });
		await say(second, 'c');
		const third = await follow({ staticData: await restart(second) });
		await say(third, 'd');

		expect(first.texts).toEqual([['a'], ['b']]);
		expect(second.texts).toEqual([['c']]);
		expect(third.texts).toEqual([['d']]);
	},
);

it('nor is what was emitted just before, while its execution still runs', async () => {
	await begin('all');
	const first = await follow({ onEmit: () => {} });
	await say(first, 'a');
	const second = await follow({ staticData: await restart(first) });
	await say(second, 'b');

	expect(second.texts).toEqual([['b']]);
});

it('without what n8n has kept it would be', async () => {
	await begin('all');
	const first = await follow();
	await say(first, 'a');
	await restart(first);
	const second = await follow();
	await say(second, 'b');

	expect(second.texts).toEqual([['a', 'b']]);
});

it('what n8n has kept of another session is not used', async () => {
	await begin('all', 's-1', 's-2');
	const first = await follow();
	await say(first, 'a');
	const kept = await restart(first);
	const other = await follow({ staticData: kept }, 's-2');
	sandbox.say('s-2', 'x');
	await other.emitted(1);
	const again = await follow({ staticData: await restart(other) });
	sandbox.say('s-1', 'b');
	await again.emitted(1);

	expect(other.texts).toEqual([['x']]);
	// Of the session that was followed before the other one, nothing is known any more.
	expect(again.texts).toEqual([['a', 'b']]);
});

describe('what n8n did not take', () => {
	const locked = ({ fail }: { fail: (error: Error) => void }) =>
		setImmediate(() => fail(new Error('the database is locked')));

	it('is emitted again, and known from then on', async () => {
		await begin('all');
		let failures = 2;
		const first = await follow({
			onEmit: (emission) => (failures-- > 0 ? locked(emission) : setImmediate(() => emission.finish())),
		});
		sandbox.say('s-1', 'a');
		await first.emitted(3);
		await polled();
		await say(first, 'b');
		const second = await follow({ staticData: await restart(first) });
		await say(second, 'c');

		expect(first.texts).toEqual([['a'], ['a'], ['a'], ['b']]);
		expect(second.texts).toEqual([['c']]);
	});

	it('is emitted again when the workflow is published anew, although n8n has kept it as emitted', async () => {
		await begin('once');
		// A long pause before it is tried again: the workflow is unpublished meanwhile.
		jest.spyOn(Math, 'random').mockReturnValue(0.99);
		const first = await follow({ onEmit: locked });
		sandbox.say('s-1', 'a');
		await first.emitted(1);
		await new Promise((resolve) => setTimeout(resolve, 50));
		await first.close();
		await idle();
		const second = await follow({ staticData: first.staticData });
		await second.emitted(1);
		await say(second, 'b');

		expect(JSON.stringify(first.staticData)).toContain('"ids":["');
		expect(second.texts).toEqual([['a'], ['b']]);
	});
});

it('is at most 1,000 ids, those of the messages that came last', async () => {
	await begin('once');
	const trigger = await follow();
	for (let burst = 0; burst < 3; burst++) {
		for (let index = 0; index < 400; index++) sandbox.say('s-1', `${burst * 400 + index}`);
		const isHeard = () => trigger.texts.flat().at(-1) === `${burst * 400 + 399}`;
		await trigger.when(isHeard);
		await polled();
	}
	const { ids } = (trigger.staticData['node:Messages'] as { delivered: { ids: string[] } }).delivered;
	const emitted = trigger.emissions.flatMap(({ items }) => items.map(({ json }) => json['messageId']));
	expect(emitted).toHaveLength(1_200);
	expect(ids).toEqual(emitted.slice(-1_000));
});
