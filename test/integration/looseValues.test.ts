/** Values as variables, secrets and expressions give them: numbers and switches as text, ids as numbers. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import * as cognigyAi from './cognigyAi/support';
import { runNode } from './engine';
import { auditOf, credentialFor } from './support';

let v1: Sandbox;
let ai: CognigyAiSandbox;

beforeAll(async () => {
	v1 = await startSandbox();
	ai = await cognigyAi.sandboxFor();
});
afterAll(async () => {
	await cognigyAi.closeSandboxes();
	await v1.close();
	closeAllClients();
});

const start = { botId: 'order-status', flowId: 'main', userId: 'user-1', input: 'Where is my order?' };

async function outcome(
	type: string,
	parameters: IDataObject,
	json: IDataObject = {},
	fields: IDataObject = {},
): Promise<INodeExecutionData['json']> {
	const isAi = parameters['authentication'] === cognigyAi.authentication;
	const { output, error } = await runNode({
		type,
		parameters,
		credential: isAi ? cognigyAi.credentialFor(ai, fields) : credentialFor(v1, fields),
		items: [{ json }],
		onError: 'continueRegularOutput',
	});
	if (error) throw error;
	return output[0]?.json ?? {};
}

describe('options', () => {
	it.each<[string, IDataObject]>([
		['text', { timeoutSeconds: '60', retries: ' 2 ', concurrency: '3', sessionTtlMinutes: '90' }],
		['expressions', { timeoutSeconds: '={{ "45" }}', retries: '={{ "0" }}', sessionTtlMinutes: '={{ " 90" }}' }],
	])('numbers given as %s count', async (_how, options) => {
		expect(await outcome('cognigyTriggerFlow', { ...start, options })).toMatchObject({
			status: 'started',
			session: { ttlSeconds: 5400 },
		});
	});

	it('the wait for a reply takes them too', async () => {
		const options = { replyQuietMs: '100', replyMaxWaitSeconds: ' 5' };
		expect(await outcome('cognigyTriggerFlow', { ...start, waitForReply: 'true', options })).toMatchObject({
			reply: expect.any(String),
		});
	});

	it.each<[unknown, boolean]>([
		['false', false],
		[' FALSE', false],
		['={{ "false" }}', false],
		['', false],
		[null, false],
		['true', true],
		['={{ " True " }}', true],
	])('Include Metrics %j', async (includeMetrics, isThere) => {
		const json = await outcome('cognigyTriggerFlow', { ...start, options: { includeMetrics } });
		expect('metrics' in json).toBe(isThere);
	});

	it.each<[IDataObject, string]>([
		[{ timeoutSeconds: 'a minute' }, 'Timeout (Seconds) must be a number from 1 to 3600'],
		[{ timeoutSeconds: '0' }, 'Timeout (Seconds) must be a number from 1 to 3600'],
		[{ retries: '1.5' }, 'Retries must be a whole number'],
		[{ retries: '0x2' }, 'Retries must be a number from 0 to 10'],
		[{ concurrency: '51' }, 'Concurrency must be a whole number from 1 to 50'],
		[{ sessionTtlMinutes: 'soon' }, 'Session Lifetime (Minutes) must be a number'],
		[{ includeMetrics: 'perhaps' }, 'Include Metrics must be true or false'],
		[{ auditInput: 'all' }, 'Audit Input must be full, hash or none'],
	])('what is none is refused by its label: %j', async (options, words) => {
		const { sessions } = v1;
		const before = sessions.length;
		const { error, errorCategory } = await outcome('cognigyTriggerFlow', { ...start, options });
		expect({ error, errorCategory }).toEqual({ error: words, errorCategory: 'invalidInput' });
		expect(v1.sessions).toHaveLength(before);
	});

	it('Test Mode of Cognigy.AI', async () => {
		const options = (testMode: string) => ({
			...{ authentication: cognigyAi.authentication, endpoint: ai.endpoint('Orders REST').url },
			...{ userId: 7, input: 'Hello', options: { testMode, timeoutSeconds: '30' } },
		});
		expect(await outcome('cognigyTriggerFlow', options('false'))).toMatchObject({ userId: '7', status: 'COMPLETED' });
		expect(await outcome('cognigyTriggerFlow', options('maybe'))).toMatchObject({
			error: 'Test Mode must be true or false',
		});
	});
});

describe('ids', () => {
	it('that are numbers count as text', async () => {
		const parameters = { ...start, userId: '={{ $json.user }}', sessionId: '={{ $json.session }}' };
		expect(await outcome('cognigyTriggerFlow', parameters, { user: 4711, session: 900719925474099 })).toMatchObject({
			userId: '4711',
			sessionId: '900719925474099',
		});
	});

	it.each<[unknown, RegExp]>([
		[2 ** 53, /^User ID is a number with more digits than numbers keep/],
		[1e21, /^User ID is a number with more digits/],
		['={{ 0 / 0 }}', /^User ID is no number \(NaN\)/],
		['={{ 1 / 0 }}', /^User ID is an infinite number/],
	])('that lost digits are refused with the reason: %s', async (userId, words) => {
		const { error, errorCategory, audit } = await outcome('cognigyTriggerFlow', { ...start, userId } as IDataObject);
		expect(error).toMatch(words);
		expect(errorCategory).toBe('invalidInput');
		expect(audit).toMatchObject({ attempts: 0 });
	});

	it('of sessions that are blank count as none: one is made', async () => {
		const json = await outcome('cognigyTriggerFlow', { ...start, sessionId: '={{ "  " }}' });
		expect(json['sessionId']).toMatch(/^[0-9a-f-]{36}$/);
	});

	it.each(['userId', 'botId'])('that are blank and needed are empty: %s', async (name) => {
		const { error } = await outcome('cognigyTriggerFlow', { ...start, [name]: ' \t ' });
		expect(error).toMatch(/^(User|Bot) ID is empty$/);
	});
});

describe('JSON that need not be there', () => {
	it.each(['={{ undefined }}', '={{ null }}', '={{ $json.missing }}', '={{ $json.none }}', '', ' '])(
		'counts as empty: %j',
		async (context) => {
			const json = await outcome('cognigyTriggerFlow', { ...start, context }, { none: null });
			expect(json).toMatchObject({ status: 'started' });
			expect(v1.sessions.find(({ sessionId }) => sessionId === json['sessionId'])?.context).toEqual({});
		},
	);

	it('as the payload of an event, and as data for Cognigy.AI', async () => {
		const event = { contextMode: 'webhook', orderId: 17, payload: '={{ $json.missing }}' };
		expect(await outcome('cognigyTriggerFlow', { ...start, ...event })).toMatchObject({ status: 'started' });
		const parameters = {
			...{ authentication: cognigyAi.authentication, endpoint: ai.endpoint('Orders REST').url },
			...{ userId: 'user-1', input: 'Hello', data: '={{ $json.missing }}' },
		};
		expect(await outcome('cognigyTriggerFlow', parameters)).toMatchObject({ status: 'COMPLETED' });
	});

	it('as the state clear matrix: the usual one', async () => {
		const { sessionId } = await outcome('cognigyTriggerFlow', start);
		const options = { stateClearMatrix: '={{ null }}', verifyTimeoutSeconds: '5' };
		const parameters = {
			operation: 'session',
			botId: 'order-status',
			sessionId,
			maxDurationSec: '120',
			verify: 'true',
			options,
		};
		expect(await outcome('cognigyResetSession', parameters as IDataObject)).toMatchObject({ verified: true });
	});
});

it('a credential with numbers and switches as text works, and so does a tenant that is a number', async () => {
	const fields = { tokenTtlMinutes: '30', requestsPerMinute: '0', allowInsecure: 'false', tenantId: 42 };
	const { output } = await runNode({
		type: 'cognigyValidateVersion',
		parameters: { botId: 'order-status', flowId: 'main', targetEnvironment: 'production' },
		credential: { ...credentialFor(v1), ...fields },
	});
	expect(auditOf(output[0])).toMatchObject({ status: 'success' });
});
