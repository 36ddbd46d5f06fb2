import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { restoreEnvironment } from '../support/environment';
import { credentialFor } from './support';
import { followRegistry, followSession, silentBots } from './support/sessions';
import { closeTriggers, startTrigger, testTrigger } from './triggerEngine';

let sqlite: () => object = () => jest.requireActual('node:sqlite');
jest.mock('node:sqlite', () => sqlite());

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;
beforeEach(async () => {
	sandbox = await startSandbox(silentBots);
	credential = credentialFor(sandbox);
	jest.resetModules();
});
afterEach(async () => {
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
	restoreEnvironment();
	sqlite = () => jest.requireActual('node:sqlite');
});

describe('on a Node without SQLite', () => {
	beforeEach(() => {
		sqlite = () => {
			throw new Error('No such built-in module: node:sqlite');
		};
	});
	const reason = /^With State Store Local .* cannot work, .* needs Node 22\.13 or newer, and this is Node \d+/;

	it.each([
		['all sessions', followRegistry()],
		['one session', followSession('s-1')],
	])('to follow %s with the state on this machine is refused at publication', async (_what, parameters) => {
		await expect(startTrigger({ credential, parameters })).rejects.toMatchObject({
			name: 'NodeOperationError',
			message: expect.stringMatching(reason),
			description: expect.stringMatching(/State Store .* Redis.*newer Node/),
		});
		const { run } = await testTrigger({ credential, parameters });
		expect((await run).data.resultData.error?.message).toMatch(reason);
		expect(sandbox.stats().logins).toBe(0);
	});

	it('is told in the log when n8n starts, and nothing is given up', async () => {
		const trigger = await startTrigger({ credential, parameters: followRegistry(), activation: 'init' });
		expect(trigger.logged('warn')).toEqual([expect.stringContaining('needs Node 22.13')]);
		expect(trigger.fatalErrors).toEqual([]);
		expect(trigger.response?.closeFunction).toBeDefined();
	});

	it('does not matter with the sessions in Redis', async () => {
		const inRedis = { ...credential, stateStore: 'redis', redisUrl: 'redis://127.0.0.1:1' };
		const trigger = await startTrigger({ credential: inRedis, parameters: followRegistry() });
		expect(trigger.logged('warn')).toEqual([]);
	});
});

describe('in queue mode', () => {
	beforeEach(() => {
		process.env['EXECUTIONS_MODE'] = 'queue';
	});

	it('with the sessions on this machine, the log says that nothing will come of those of other machines', async () => {
		const trigger = await startTrigger({ credential, parameters: followRegistry() });
		expect(trigger.logged('warn')).toEqual([
			expect.stringMatching(/queue mode.*State Store of the credential is Local.*Set State Store to Redis/),
		]);
	});

	it('with the sessions in Redis, or one that is named, it says nothing', async () => {
		const inRedis = { ...credential, stateStore: 'redis', redisUrl: 'redis://127.0.0.1:1' };
		const triggers = [
			await startTrigger({ credential: inRedis, parameters: followRegistry() }),
			await startTrigger({ credential, parameters: followSession('s-1'), nodeId: 'another' }),
		];
		for (const trigger of triggers) expect(trigger.logged('warn')).toEqual([]);
	});
});

it('in one process, it says nothing of stores', async () => {
	process.env['EXECUTIONS_MODE'] = 'regular';
	const trigger = await startTrigger({ credential, parameters: followRegistry() });
	expect(trigger.logged('warn')).toEqual([]);
});
