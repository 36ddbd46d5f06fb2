/** Workflows and credentials that were saved with the full edition, and ask for what this one does not have. */
import type { IDataObject } from 'n8n-workflow';

import { clientFor, closeAllClients, postedAnswersIn, unrestrictedEgress } from '../../../client';
import { startSandbox, type CognigyAiSandbox, type Sandbox } from '../../../sandbox';
import * as cognigyAi from '../../integration/cognigyAi/support';
import { runNode } from '../../integration/engine';
import { auditOf, credentialFor, startOrderBot } from '../../integration/support';
import { followRegistry, followSession, silentBots, startWithNode } from '../../integration/support/sessions';
import { closeTriggers, startTrigger, testTrigger } from '../../integration/triggerEngine';

let v1: Sandbox;
let ai: CognigyAiSandbox;

beforeEach(async () => {
	v1 = await startSandbox(silentBots);
	ai = await cognigyAi.sandboxFor();
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeTriggers();
	await cognigyAi.closeSandboxes();
	closeAllClients();
	await v1.close();
});

function expectNothingSent(): void {
	expect(v1.requests).toEqual([]);
	expect(ai.requests).toEqual([]);
}

describe('Stream Messages that follows all open sessions', () => {
	const refusal = {
		name: 'NodeOperationError',
		message: 'Session ID is empty',
		description: expect.stringMatching(/^Name one session in Session ID\. Sessions that were started before are .* n8n-nodes-cognigy /),
	};
	const platforms: Array<[string, () => [ReturnType<typeof credentialFor>, IDataObject]]> = [
		['v1', () => [credentialFor(v1), {}]],
		[
			'Cognigy.AI',
			() => [
				cognigyAi.credentialFor(ai),
				{ authentication: cognigyAi.authentication, endpoint: ai.endpoint('Showcase Socket').url },
			],
		],
	];

	it.each(platforms)('is refused in plain words, and nothing is sent: %s', async (_platform, given) => {
		const [credential, more] = given();
		for (const activation of ['activate', 'init'] as const) {
			const starting = startTrigger({ credential, parameters: followRegistry(more), activation });
			await expect(starting).rejects.toMatchObject(refusal);
		}
		// n8n asks for the session by itself before a test run.
		const testing = testTrigger({ credential, parameters: followRegistry(more) });
		await expect(testing).rejects.toThrow('Parameter "Session ID" is required');
		expectNothingSent();
	});

	it('follows a session that is named afterwards', async () => {
		const credential = credentialFor(v1);
		await startWithNode(credential, 's-1');
		const trigger = await startTrigger({ credential, parameters: { ...followSession('s-1'), follow: 'registry' } });
		v1.say('s-1', 'Hello');
		await trigger.emitted(1);
		expect(trigger.texts).toEqual([['Hello']]);
	});

	it('or says nothing of it follows the session that it names', async () => {
		const credential = credentialFor(v1);
		await startWithNode(credential, 's-1');
		const { follow: _, ...parameters } = followSession('s-1');
		const trigger = await startTrigger({ credential, parameters });
		v1.say('s-1', 'Hello');
		await trigger.emitted(1);
		expect(trigger.texts).toEqual([['Hello']]);
	});
});

describe('Reset Session with the operation Reset Expired Sessions', () => {
	const refusal = 'Operation cannot be Reset Expired Sessions with this package';
	const type = 'cognigyResetSession';
	const parameters = { operation: 'expired', botId: 'order-status' };

	it.each<[string, () => Parameters<typeof runNode>[0]]>([
		['v1', () => ({ type, credential: credentialFor(v1), parameters })],
		[
			'Cognigy.AI',
			() => ({
				type,
				credential: cognigyAi.credentialFor(ai),
				parameters: { authentication: cognigyAi.authentication, operation: 'expired' },
			}),
		],
	])('is refused in plain words, and nothing is sent: %s', async (_platform, given) => {
		const { error } = await runNode(given());
		expect(error).toMatchObject({
			name: 'NodeOperationError',
			message: refusal,
			description: expect.stringMatching(/^Choose Reset Session .* n8n-nodes-cognigy /),
		});
		const { output } = await runNode({
			...given(),
			onError: 'continueRegularOutput',
			items: [{ json: {} }, { json: {} }],
		});
		expect(output.map(({ json }) => [json['error'], json['errorCategory']])).toEqual(
			Array(2).fill([refusal, 'invalidInput']),
		);
		expect(auditOf(output[0])).toMatchObject({ operation: 'resetSession', attempts: 0, status: 'error' });
		expectNothingSent();
	});
});

describe('a credential that says State Store Redis', () => {
	const inRedis = { stateStore: 'redis', redisUrl: 'redis://:secret-7262@redis.example.com:6379' };

	it('works as one that says Local, and n8n is told so once', async () => {
		const { LoggerProxy } = await import('n8n-workflow');
		const warn = jest.spyOn(LoggerProxy, 'warn').mockImplementation(() => {});
		const moved = credentialFor(v1, inRedis);
		const parameters = { ...startOrderBot, userId: 'user-1', sessionId: 's-1', input: '' };
		const options = { idempotencyKey: 'event-1' };
		for (const credential of [moved, credentialFor(v1, inRedis), credentialFor(v1)]) {
			const { output, error } = await runNode({
				type: 'cognigyTriggerFlow',
				credential,
				parameters: { ...parameters, options },
			});
			expect(error).toBeUndefined();
			expect(output[0]?.json['warnings']).toBeUndefined();
		}
		// They share what is known of starts, as credentials of one account do.
		expect(v1.stats().flowsStarted).toBe(1);
		const trigger = await startTrigger({ credential: moved, parameters: followSession('s-1') });
		v1.say('s-1', 'Hello');
		await trigger.emitted(1);

		expect(trigger.texts).toEqual([['Hello']]);
		const said = warn.mock.calls.map(([message]) => message).filter((message) => message.includes('Redis'));
		expect(said).toEqual([
			expect.stringMatching(/^A credential for Cognigy says State Store Redis, .* works as with Local/),
		]);
		expect(JSON.stringify(warn.mock.calls)).not.toContain('secret-7262');
	});

	it.each(['', 'no address'])('works also with the Redis URL %j', async (redisUrl) => {
		const { error } = await runNode({
			type: 'cognigyTriggerFlow',
			credential: credentialFor(v1, { stateStore: 'redis', redisUrl }),
			parameters: { ...startOrderBot, userId: 'user-1' },
		});
		expect(error).toBeUndefined();
	});

	it('shares sessions with one that says Local: an edited credential takes nothing from a workflow that runs', () => {
		const environment = { egress: unrestrictedEgress, stateFolder: '', onWarning: () => {} };
		const [moved, local] = [credentialFor(v1, inRedis), credentialFor(v1)].map((fields) =>
			clientFor({ type: 'cognigyApi', fields }, environment),
		);
		expect(local && moved?.sharesSessionsWith(local)).toBe(true);
	});

	it('collects the answers that Webhook endpoints post where one that says Local does', () => {
		expect(postedAnswersIn(inRedis, '', () => {})).toBe(postedAnswersIn({}, '', () => {}));
	});
});
