import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';

import { closeAllClients } from '../../client';
import { startSandbox, type FaultRequest, type Sandbox } from '../../sandbox';
import { restoreEnvironment, setEnvironment } from '../support/environment';
import { runNode } from './engine';
import { credentialFor, itemsOf, startOrderBot } from './support';
import { followRegistry, silentBots } from './support/sessions';
import { killHere, openSessions } from './support/state';
import { closeTriggers, startTrigger } from './triggerEngine';

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	const now = Date.now.bind(Date);
	sandbox = await startSandbox({ ...silentBots, slowStartMs: 3_600_000, now });
	credential = credentialFor(sandbox);
});
afterEach(async () => {
	jest.restoreAllMocks();
	restoreEnvironment();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

const parameters = { ...startOrderBot, userId: 'user-0', sessionId: 's-1', input: '' };

/** Runs Trigger Flow until its start is on its way; returns how to end it. */
async function startOnItsWay(botId: string): Promise<() => Promise<void>> {
	let cancel = () => {};
	const run = runNode({
		type: 'cognigyTriggerFlow',
		credential,
		parameters: { ...parameters, botId },
		items: itemsOf(1),
		onStart: (cancelExecution) => (cancel = cancelExecution),
	}).catch((error: unknown) => error);
	await sandbox.when(() => sandbox.requests.some(({ operation }) => operation === 'start'));
	return async () => {
		cancel();
		await run;
	};
}

const openIds = async () => (await openSessions(credential)).map(({ sessionId }) => sessionId);

it('a session is recorded before its start is sent, with all that is needed to follow and to reset it', async () => {
	sandbox.faults.inject({ operation: 'start', kind: 'hang' });
	const before = Date.now();
	const end = await startOnItsWay('order-status');
	const recorded = await openSessions(credential);
	await end();

	expect(recorded).toEqual([
		expect.objectContaining({
			sessionId: 's-1',
			botId: 'order-status',
			flowId: 'main',
			userId: 'user-0',
			ttlSeconds: 1_800,
		}),
	]);
	expect(recorded[0]?.createdAt).toBeGreaterThanOrEqual(before);
	expect(recorded[0]?.createdAt).toBeLessThanOrEqual(Date.now());
});

it('a crash while the start is on its way loses no session: a trigger follows it later', async () => {
	// The flow of this bot runs at once, and its start is answered when nobody waits any more.
	const end = await startOnItsWay('slow-support');
	const kill = killHere();
	await end();
	await kill();
	expect(await openIds()).toEqual(['s-1']);

	sandbox.say('s-1', 'Is anybody there?');
	const threeMinutesLater = Date.now() + 3 * 60_000;
	jest.spyOn(Date, 'now').mockImplementation(() => threeMinutesLater);
	const trigger = await startTrigger({ credential, parameters: followRegistry(), activation: 'init' });
	await trigger.emitted(1);

	expect(trigger.texts).toEqual([['Is anybody there?']]);
});

it.each<[string, FaultRequest, boolean]>([
	['was refused', { operation: 'start', kind: 'status', status: 400 }, false],
	['was held up by the rate limit', { operation: 'start', kind: 'status', status: 429, times: 10 }, false],
	['was not answered', { operation: 'start', kind: 'dropAfter' }, true],
	['was answered with an error of the service', { operation: 'start', kind: 'status', status: 500 }, true],
	['was answered in a way that nobody understands', { operation: 'start', kind: 'badJson' }, true],
])('a session whose start %s is forgotten, or kept if it may have run', async (_what, fault, isKept) => {
	sandbox.faults.inject(fault);
	const { error } = await runNode({
		type: 'cognigyTriggerFlow',
		credential,
		parameters: { ...parameters, options: { retries: 1 } },
	});

	expect(error).toBeDefined();
	expect(await openIds()).toEqual(isKept ? ['s-1'] : []);
});

it('a session that was never tried, as the check of the version failed, is not recorded', async () => {
	await runNode({
		type: 'cognigyTriggerFlow',
		credential,
		parameters: { ...parameters, botId: 'returns-draft', validateBefore: true, targetEnvironment: 'production' },
	});

	expect(await openIds()).toEqual([]);
});

describe('a registry that cannot be written', () => {
	let folder: string;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'no-registry-'));
		await writeFile(join(folder, 'file'), '');
		// A file where a folder is needed: root may write everywhere else.
		setEnvironment({ N8N_USER_FOLDER: join(folder, 'file') });
	});
	afterEach(async () => {
		await rm(folder, { recursive: true });
	});

	it('breaks no start: the item carries a warning, and the log says why', async () => {
		const warn = jest.spyOn(Container.get(Logger), 'warn');
		const { output, error } = await runNode({ type: 'cognigyTriggerFlow', credential, parameters });

		expect(error).toBeUndefined();
		expect(sandbox.stats().flowsStarted).toBe(1);
		const warning = expect.stringMatching(/^Session "s-1" could not be recorded in the session registry: .*sqlite/);
		expect(output[0]?.json).toMatchObject({ sessionId: 's-1', audit: { status: 'success' } });
		expect(output[0]?.json['warnings']).toContainEqual(warning);
		expect(warn.mock.calls.map(([message]) => message)).toContainEqual(warning);
	});

	it('heals by itself once it can be: starts are recorded again, and triggers follow them', async () => {
		const start = async (sessionId: string) => {
			const { output } = await runNode({
				type: 'cognigyTriggerFlow',
				credential,
				parameters: { ...parameters, sessionId },
			});
			return output[0]?.json['warnings'] === undefined;
		};
		const trigger = await startTrigger({ credential, parameters: followRegistry() });
		expect(await start('lost')).toBe(false);
		await rm(join(folder, 'file'));
		let attempt = 0;
		while (!(await start(`s-${attempt}`))) {
			attempt++;
			await new Promise((resolve) => setTimeout(resolve, 250));
		}
		sandbox.say(`s-${attempt}`, 'Hello');
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([['Hello']]);
		expect(trigger.fatalErrors).toEqual([]);
	}, 20_000);
});
