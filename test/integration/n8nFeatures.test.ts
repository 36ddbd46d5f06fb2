import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { engine } from './engineDifferences';
import { credentialFor } from './support';
import { followSession, silentBots, startElsewhere } from './support/sessions';
import { closeTriggers, startTrigger } from './triggerEngine';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox(silentBots);
});
afterAll(async () => {
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

it('what this n8n lacks is said by the first trigger that is published, and by no other', async () => {
	await startElsewhere(sandbox, 's-1', 's-2');
	const credential = credentialFor(sandbox);
	const first = await startTrigger({ credential, parameters: followSession('s-1') });
	const second = await startTrigger({ credential, parameters: followSession('s-2'), nodeId: 'node-2' });

	expect(first.lacks).toEqual([
		...(engine.savesFailedExecutions
			? []
			: [expect.stringContaining('lacks failed executions that a trigger reports')]),
		...(engine.knowsDeduplicationKeys ? [] : [expect.stringContaining('lacks deduplication keys of executions')]),
	]);
	expect(second.lacks).toEqual([]);
});
