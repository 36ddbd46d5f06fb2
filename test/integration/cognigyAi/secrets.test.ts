import { inspect } from 'node:util';
import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';
import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiFaultRequest, CognigyAiSandbox } from '../../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../../sandbox/cognigyAi/seed';
import { knownContact, knownProfiles } from './operations';
import { closeSandboxes, credentialFor, picked, run, sandboxFor, secretsOf, shownBy } from './support';

let sandbox: CognigyAiSandbox;
let log: string[];

beforeEach(async () => {
	sandbox = await sandboxFor({ profiles: knownProfiles });
	log = [];
	for (const level of ['error', 'warn', 'info', 'debug'] as const) {
		jest.spyOn(Container.get(Logger), level).mockImplementation((...line) => {
			log.push(inspect(line, { depth: 20, maxStringLength: null }));
		});
	}
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

type Case = [string, () => IDataObject, CognigyAiFaultRequest['operation']];

const cases: Case[] = [
	['cognigyValidateVersion', () => ({ endpoint: picked('url', sandbox.endpoint('Orders REST').url) }), 'readEndpoint'],
	['cognigyTriggerFlow', () => message('rest', 'Orders REST'), 'message'],
	['cognigyTriggerFlow', () => pickedMessage('Orders REST'), 'message'],
	['cognigyTriggerFlow', () => pickedMessage('Orders REST'), 'readEndpoint'],
	['cognigyTriggerFlow', () => message('socketio', 'Orders Socket'), 'connect'],
	['cognigyTriggerFlow', () => message('webhook', 'Showcase Webhook'), 'message'],
	[
		'cognigyResetSession',
		() => ({ sessionId: 's-1', userId: 'u', endpoint: picked('url', sandbox.endpoint('Orders REST').url) }),
		'resetContext',
	],
	['cognigyConversation', () => ({ sessionId: 's-1', onNotFound: 'output' }), 'readConversation'],
	[
		'cognigyConversation',
		() => ({ resource: 'contactProfile', operation: 'findByContact', contactId: 'u', onNotFound: 'output' }),
		'listProfiles',
	],
	['cognigyConversation', () => ({ operation: 'getAll', listBy: 'project' }), 'listConversations'],
	[
		'cognigyConversation',
		() => ({ resource: 'contactProfile', operation: 'create', contactIds: 'u' }),
		'createProfile',
	],
	[
		'cognigyConversation',
		() => ({
			...{ resource: 'contactProfile', operation: 'update', contactId: knownContact },
			profileFields: { age: 37 },
		}),
		'updateProfile',
	],
	[
		'cognigyConversation',
		() => ({
			...{ resource: 'contactProfile', operation: 'delete', contactId: knownContact },
			profileId: sandbox.profiles.find(({ contactIds }) => contactIds.includes(knownContact))?._id ?? '',
		}),
		'deleteProfile',
	],
	[
		'cognigyConversation',
		() => ({ operation: 'injectContext', sessionId: 's-1', userId: 'u', context: '{"vip":true}' }),
		'injectContext',
	],
	[
		'cognigyRelease',
		() => ({ endpoint: picked('url', sandbox.endpoint('Orders REST').url), snapshot: picked('list', 'v2.0') }),
		'updateEndpoint',
	],
	[
		'cognigyRelease',
		() => ({ operation: 'getStatus', endpoint: picked('url', sandbox.endpoint('Orders REST').url) }),
		'readEndpoint',
	],
];

function message(channel: string, name: string): IDataObject {
	const { url: endpoint } = sandbox.endpoint(name);
	const key = channel === 'webhook' ? { webhookKey: DEMO_WEBHOOK_KEY } : {};
	return { channel, endpoint, ...key, userId: 'u', sessionId: 's-1', input: 'Hello' };
}

function pickedMessage(name: string): IDataObject {
	const { id } = sandbox.endpoint(name);
	return { endpointBy: 'list', endpointId: picked('list', id), userId: 'u', sessionId: 's-1', input: 'Hello' };
}

/** What the service can repeat: the management API is told the key, an endpoint its token and its webhook key. */
function toldTo(
	operation: string,
	{ endpoint = sandbox.endpoint('Orders REST').url, webhookKey }: IDataObject,
): string {
	if (operation !== 'message' && operation !== 'connect') return sandbox.apiKey;
	const token = String(endpoint).split('/').at(-1);
	return `${String(token)} ${String(webhookKey)} ${encodeURIComponent(String(endpoint))}`;
}

/** All is told of the input; a fault is not tried again, and nothing is waited for. */
const options = { auditInput: 'full', retries: 0, waitSeconds: 0 };

describe.each(cases)('%s (guarantee 6)', (type, parametersOf, operation) => {
	it('shows no secret when all is well', async () => {
		const outcome = await run(type, credentialFor(sandbox), { ...parametersOf(), options });
		expect(outcome.error).toBeUndefined();
		expectNoSecrets(outcome);
	});

	it.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
		'shows none when the service repeats all it was told: %s',
		async (onError) => {
			const text = `Failed: ${toldTo(operation, parametersOf())}`;
			sandbox.faults.inject({ operation, kind: 'textError', status: 500, text, times: 5 });
			const outcome = await run(type, credentialFor(sandbox), { ...parametersOf(), options }, { onError });
			expect(outcome.error ?? [...outcome.output, ...outcome.errorOutput][0]?.json['error']).toBeDefined();
			expectNoSecrets(outcome);
		},
	);

	it('shows none when the input is refused', async () => {
		const broken = { options: { ...options, timeoutSeconds: 0 } };
		const outcome = await run(
			type,
			credentialFor(sandbox),
			{ ...parametersOf(), ...broken },
			{ onError: 'continueErrorOutput' },
		);
		expect(outcome.errorOutput[0]?.json).toMatchObject({ error: expect.any(String) });
		expectNoSecrets(outcome);
	});
});

it('shows none of a URL that was given where an ID belongs (guarantee 6)', async () => {
	const endpointId = picked('id', sandbox.endpoint('Orders REST').url);
	const outcome = await run('cognigyTriggerFlow', credentialFor(sandbox), {
		...pickedMessage('Orders REST'),
		endpointId,
	});
	expect(outcome.error?.message).toContain('must be the ID of an endpoint');
	expectNoSecrets(outcome);
});

function expectNoSecrets(outcome: Parameters<typeof shownBy>[0]): void {
	expect(log.join('\n')).toContain('Cognigy audit');
	const shown = `${shownBy(outcome)}\n${log.join('\n')}`;
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
}
