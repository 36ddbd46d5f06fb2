import type { IDataObject } from 'n8n-workflow';

import { closeAllClients } from '../../../client';
import type { CognigyAiFaultRequest, CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { idleTimer } from '../../support/idleTime';
import type { RunOptions } from '../engine';
import { changes, knownProfiles, messages, messageTo, safeOperations, session } from './operations';
import { closeSandboxes, credentialFor, jsonOf, run, sandboxFor, stream } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: RunOptions['credential'];

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

beforeEach(async () => await begin({ profiles: knownProfiles }));
afterEach(closeSandboxes);

const forever = 1_000;
const isQuiet = () => sandbox.stats().inFlight === 0 && sandbox.stats().sockets.open === 0;

/** Cancels an execution of 20 items, of which 4 run at a time, once they hang. @returns how long it took to end, in ms */
async function cancelled(type: string, parameters: IDataObject, hang: () => boolean): Promise<number> {
	let cancel = () => {};
	const execution = run(
		type,
		credential,
		{ ...parameters, options: { concurrency: 4, timeoutSeconds: 600 } },
		{
			items: Array.from({ length: 20 }, (_, index) => ({ json: { index } })),
			onStart: (cancelExecution) => {
				cancel = cancelExecution;
			},
		},
	).catch((error: unknown) => error);
	await sandbox.when(hang);
	const idleMs = idleTimer();
	cancel();
	await execution;
	await sandbox.when(isQuiet);
	return idleMs();
}

describe('cancelling the execution ends every request and socket within a second (guarantee 7)', () => {
	it.each([...safeOperations, ...changes, ...messages].map((operation) => [operation.name, operation] as const))(
		'%s',
		async (_name, { type, call, parameters, atOnce = 4 }) => {
			sandbox.faults.inject({ operation: call, kind: 'hang', times: forever });
			// Turns of one session go one by one.
			const sessionId = '={{ "s-" + $json.index }}';
			const tookMs = await cancelled(
				type,
				{ ...parameters(sandbox), sessionId },
				() => sandbox.stats().calls[call] === atOnce,
			);
			expect(tookMs).toBeLessThan(1_000);
			expect(sandbox.stats().calls[call]).toBe(atOnce);
		},
	);

	it.each<[string, CognigyAiSandboxOptions, CognigyAiFaultRequest | undefined, () => boolean]>([
		[
			'is being connected',
			{},
			{ operation: 'connect', kind: 'hang', times: forever },
			() => sandbox.stats().calls.connect === 4,
		],
		['is never ready', { endpointReady: false }, undefined, () => sandbox.stats().sockets.innerHandshakes === 4],
		[
			'hears nothing',
			{},
			{ operation: 'processInput', kind: 'hang', times: forever },
			() => sandbox.stats().calls.processInput === 4,
		],
		['hears no end', { finalPing: 'none' }, undefined, () => sandbox.stats().outputs.acknowledged === 4],
	])('Trigger Flow, a socket that %s', async (_what, options, fault, hang) => {
		await begin(options);
		if (fault) sandbox.faults.inject(fault);
		const parameters = messageTo(sandbox, 'socketio', { sessionId: '={{ "s-" + $json.index }}' });
		expect(await cancelled('cognigyTriggerFlow', parameters, hang)).toBeLessThan(1_000);
		expect(sandbox.stats().calls.connect).toBe(4);
	});
});

it('cancelling the execution does not wait for a turn that is still listened to (guarantee 7)', async () => {
	sandbox.faults.inject({ operation: 'processInput', kind: 'noFinalPing' });
	let cancel = () => {};
	const execution = run(
		'cognigyTriggerFlow',
		credential,
		{ ...messageTo(sandbox, 'socketio', { waitForReply: false }), options: { concurrency: 2 } },
		{
			items: [{ json: {} }, { json: {} }],
			onStart: (cancelExecution) => {
				cancel = cancelExecution;
			},
		},
	).catch((error: unknown) => error);
	// The first one is sent; the second one waits for the end of its turn.
	await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
	const idleMs = idleTimer();
	cancel();
	await execution;
	expect(idleMs()).toBeLessThan(1_000);
	expect(sandbox.stats().calls.processInput).toBe(1);
});

describe('closing the trigger ends its socket within a second (guarantee 7)', () => {
	const parameters = () => ({ follow: 'session', endpoint: sandbox.endpoint('Showcase Socket').url, ...session });

	it.each<[string, CognigyAiFaultRequest | undefined, () => boolean]>([
		['while it listens', undefined, () => sandbox.stats().sockets.open === 1],
		[
			'while it is being connected',
			{ operation: 'connect', kind: 'hang', times: forever },
			() => sandbox.stats().calls.connect === 1,
		],
		[
			'while the service is down',
			{ operation: 'connect', kind: 'htmlError', status: 502, times: forever },
			() => sandbox.stats().calls.connect >= 2,
		],
	])('%s', async (_when, fault, isThere) => {
		if (fault) sandbox.faults.inject(fault);
		const trigger = await stream(credential, parameters());
		await sandbox.when(isThere);
		const idleMs = idleTimer();
		await trigger.close();
		await sandbox.when(isQuiet);
		expect(idleMs()).toBeLessThan(1_000);
		expect(trigger.fatalErrors).toEqual([]);
	});

	it('and so does a second start of the same trigger (guarantee 8)', async () => {
		const first = await stream(credential, parameters());
		await sandbox.when(() => sandbox.stats().sockets.open === 1);
		const second = await stream(credential, parameters());
		await sandbox.when(() => sandbox.stats().sockets.opened === 2 && sandbox.stats().sockets.open === 1);
		jsonOf(await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'socketio')));
		await second.emitted(1);
		expect(first.emissions).toEqual([]);
	});
});

it('the end of n8n closes what is listened to for a turn that nobody waits for', async () => {
	sandbox.faults.inject({ operation: 'processInput', kind: 'noFinalPing' });
	jsonOf(await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'socketio', { waitForReply: false })));
	expect(sandbox.stats().sockets.open).toBe(1);
	closeAllClients();
	await sandbox.when(() => isQuiet() && sandbox.stats().connectionsOpen === 0);
});

it('one rate budget holds for the management API and messages together; sockets are free (guarantee 5)', async () => {
	const limited = credentialFor(sandbox, { requestsPer5Minutes: 4 });
	const [validate] = safeOperations;
	const says = async (more: IDataObject = {}, account = limited) =>
		jsonOf(await run('cognigyTriggerFlow', account, messageTo(sandbox, 'socketio', more)));
	if (!validate) throw new Error('There is no operation');
	// Two calls, one, none, and one.
	jsonOf(await run(validate.type, limited, validate.parameters(sandbox)));
	jsonOf(await run('cognigyTriggerFlow', limited, messageTo(sandbox, 'rest', { sessionId: 's-2' })));
	await says();
	await says({ deliverAs: 'inject' });
	const counted = () => sandbox.requests.filter(({ via }) => via === 'api' || via === 'endpoint').length;
	expect(counted()).toBe(4);

	const waiting = [validate, ...messages].map(async ({ type, parameters }) => {
		let cancel = () => {};
		const execution = run(type, limited, parameters(sandbox), {
			onStart: (cancelExecution) => {
				cancel = cancelExecution;
			},
		}).catch((error: unknown) => error);
		return { execution, cancel: () => cancel() };
	});
	const executions = await Promise.all(waiting);
	// A socket does not wait, nor does another account.
	expect(await says({ sessionId: 's-3' })).toMatchObject({ reply: 'This is turn 1.' });
	await says({ deliverAs: 'notify', sessionId: 's-3' }, credentialFor(sandbox, { apiKey: 'another-key' }));
	expect(counted()).toBe(5);
	for (const { cancel } of executions) cancel();
	await Promise.all(executions.map(async ({ execution }) => await execution));
	await sandbox.when(isQuiet);
	expect(counted()).toBe(5);
});
