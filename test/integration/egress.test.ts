// n8n reads its settings when it is loaded: this must stay the first import.
import './support/ssrfProtection';

import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';
import { credentialFor, itemsOf, startOrderBot } from './support';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
});

describe("n8n's network policy (guarantee 10)", () => {
	it.each([
		['an IP address', (port: number) => `http://127.0.0.1:${port}`],
		['a name that leads to a forbidden address', (port: number) => `http://localhost:${port}`],
	])('keeps us from %s', async (_case, baseUrl) => {
		const { output } = await runNode({
			type: 'cognigyTriggerFlow',
			credential: credentialFor(sandbox, { baseUrl: baseUrl(sandbox.port) }),
			parameters: startOrderBot,
			items: itemsOf(1),
			onError: 'continueRegularOutput',
		});

		expect(output[0]?.json).toMatchObject({
			errorCategory: 'permission',
			error: expect.stringContaining('the network policy of this n8n does not allow the address'),
		});
		expect(sandbox.stats()).toMatchObject({ logins: 0, connectionsOpened: 0 });
	});
});
