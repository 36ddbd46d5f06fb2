// n8n reads its settings when it is loaded: this must stay the first import.
import './support/ssrfProtection';

import * as client from '../../client';
import { egressPolicyOf } from '../../nodes/shared/egress';
import { startCognigyAiSandbox, startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import { knownProfiles, messages, messageTo, safeOperations, session } from './cognigyAi/operations';
import { credentialFor as cognigyAiCredentialFor, run, stream } from './cognigyAi/support';
import { runNode } from './engine';
import { engine } from './engineDifferences';
import { credentialFor, itemsOf, startOrderBot } from './support';
import { closeTriggers } from './triggerEngine';

let sandbox: Sandbox;
let cognigyAi: CognigyAiSandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
	cognigyAi = await startCognigyAiSandbox({ profiles: knownProfiles });
});
afterAll(async () => {
	await closeTriggers();
	client.closeAllClients();
	await cognigyAi.close();
	await sandbox.close();
});

const forbidden = [
	['an IP address', (port: number) => `http://127.0.0.1:${port}`],
	['a name that leads to a forbidden address', (port: number) => `http://localhost:${port}`],
] as const;

(engine.hasNetworkPolicy ? describe : describe.skip)("n8n's network policy (guarantee 10)", () => {
	it.each(forbidden)('keeps us from %s', async (_case, baseUrl) => {
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

	it('looks at the address that a name leads to when the connection is made, too', () => {
		const lookup = () => {};
		const filter = { validateUrl: async () => ({ ok: true }), createSecureLookup: () => lookup };
		const helpers = { getSecureEgressFilter: () => filter };
		expect(egressPolicyOf({ helpers }, client).lookup).toBe(lookup);
	});

	describe.each(forbidden)('keeps us on Cognigy.AI from %s', (_case, baseUrl) => {
		/** The sandbox as somebody sees it who calls it by that address. */
		const seen = (): CognigyAiSandbox => ({
			...cognigyAi,
			apiUrl: baseUrl(cognigyAi.port),
			endpoint: (name) => {
				const { urlToken, ...endpoint } = cognigyAi.endpoint(name);
				return { ...endpoint, urlToken, url: `${baseUrl(cognigyAi.endpointPort)}/${urlToken}` };
			},
		});

		it.each([
			...[...safeOperations, ...messages].map(({ name, type, parameters }) => [name, type, parameters] as const),
			['Trigger Flow, Socket.IO', 'cognigyTriggerFlow', (of: CognigyAiSandbox) => messageTo(of, 'socketio')] as const,
		])('%s', async (_name, type, parameters) => {
			const { output } = await run(type, cognigyAiCredentialFor(seen()), parameters(seen()), {
				onError: 'continueRegularOutput',
			});
			expect(output[0]?.json).toMatchObject({
				errorCategory: 'permission',
				error: expect.stringContaining('the network policy of this n8n does not allow the address'),
			});
			expect(cognigyAi.stats().connectionsOpened).toBe(0);
		});

		it('Stream Messages', async () => {
			const { url: endpoint } = seen().endpoint('Showcase Socket');
			const parameters = { follow: 'session', endpoint, ...session };
			await expect(stream(cognigyAiCredentialFor(seen()), parameters)).rejects.toThrow(
				'the network policy of this n8n',
			);
			expect(cognigyAi.stats().connectionsOpened).toBe(0);
		});
	});
});
