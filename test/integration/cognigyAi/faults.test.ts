import type { IDataObject } from 'n8n-workflow';

import type { AuditEntry } from '../../../client';
import type { CognigyAiFaultRequest, CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { differs } from '../../support/edition';
import type { RunOutcome } from '../engine';
import { shortPauses } from '../support';
import {
	changes,
	knownProfiles,
	messages,
	messageTo,
	releases,
	reset,
	safeOperations,
	type Operation,
} from './operations';
import { closeSandboxes, credentialFor, jsonOf, picked, run, sandboxFor, secretsOf, shownBy } from './support';

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

beforeEach(async () => {
	shortPauses();
	await begin({ profiles: knownProfiles });
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

type More = Parameters<typeof run>[3];
type Spec = Pick<CognigyAiFaultRequest, 'kind'> & IDataObject;

const on = (operation: CognigyAiFaultRequest['operation'], fault: Spec) => {
	sandbox.faults.inject({ operation, ...fault } as CognigyAiFaultRequest);
};
const runs = async ({ type, parameters }: Operation, options: IDataObject = {}, more: More = {}) =>
	// No transcript is waited for: nobody has said anything.
	await run(type, credential, { ...parameters(sandbox), options: { waitSeconds: 0, ...options } }, more);
const triggers = async (parameters: IDataObject, more: More = {}) =>
	await run('cognigyTriggerFlow', credential, parameters, more);

/** Continue: the error is in the item. */
const keepGoing = { onError: 'continueRegularOutput' } as const;

/** How often the request in question was sent. */
const sent = (operation: string) => sandbox.requests.filter((request) => request.operation === operation).length;
/** Everything that counts as an attempt: a connection does not. */
const sentInAll = () => sandbox.requests.length - sent('connect');

/** The only item, which is of an error and holds no secret. */
function errorOf(outcome: RunOutcome): { error: string; errorCategory: string; audit: AuditEntry } {
	const [item] = outcome.output;
	expect(item?.json['error']).toEqual(expect.any(String));
	const shown = shownBy(outcome);
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
	expect(shown).not.toContain('<html');
	return item?.json as unknown as ReturnType<typeof errorOf>;
}

const html502 = { kind: 'htmlError', status: 502, times: 100 } as const;

/**
 * What becomes of each fault the fault matrix says (test/faults), for the client. Here one of them goes through each
 * operation of the nodes: what its error says, and where it goes.
 */
describe.each(
	[...safeOperations, ...changes, ...messages, ...releases].map((operation) => [operation.name, operation] as const),
)('%s', (_name, operation) => {
	const { call, action, uncertain, isSafe = uncertain === undefined } = operation;

	it('fails in plain words: what was done, what happened, and whether it may have run', async () => {
		on(call, html502);
		const failed = errorOf(await runs(operation, { retries: 1 }, keepGoing));
		expect(failed).toMatchObject({
			errorCategory: 'server',
			audit: { status: 'error', errorCategory: 'server' },
		});
		expect(failed.error).toMatch(action);
		expect(failed.error).toMatch(/could not process the request \(502\)/);
		if (uncertain === undefined) expect(failed.error).not.toContain('may have');
		else expect(failed.error).toContain(uncertain);
		expect(sent(call)).toBe(isSafe ? 2 : 1);
	});
});

/** One operation of each node. */
const [versions, , , context] = safeOperations;
const transcript = safeOperations.at(-1);
const [viaRest] = messages;

describe.each(
	[versions, context, transcript, viaRest].flatMap((operation) =>
		operation ? [[operation.type, operation] as const] : [],
	),
)('%s', (_type, operation) => {
	const { call } = operation;

	it('does not wait for a Retry-After beyond its time limit, and says so', async () => {
		on(call, { kind: 'status', status: 429, headers: { 'Retry-After': '3600' }, times: 100 });
		const failed = errorOf(await runs(operation, { timeoutSeconds: 600 }, keepGoing));
		expect(failed).toMatchObject({ errorCategory: 'rateLimit' });
		expect(failed.error).toContain('too many requests to Cognigy (429); it asks to wait 3600 s');
		expect(sent(call)).toBe(1);
	});

	it('stops the workflow with an error that says what to do (docs/guarantees.md#failed-items)', async () => {
		on(call, html502);
		const { error, output } = await runs(operation, { retries: 0 });
		expect(output).toEqual([]);
		expect(error).toMatchObject({
			name: 'NodeApiError',
			httpCode: '502',
			description: expect.stringContaining('Try again later'),
			context: { itemIndex: 0 },
		});
	});

	it('hands the item to the error output, and hurts no other (docs/guarantees.md#failed-items)', async () => {
		on(call, { ...html502, times: 1 });
		const outcome = await runs(
			operation,
			{ retries: 0, concurrency: 1 },
			{ onError: 'continueErrorOutput', items: [{ json: {} }, { json: {} }] },
		);
		expect(outcome.errorOutput).toHaveLength(1);
		expect(outcome.errorOutput[0]).toMatchObject({
			json: {
				error: expect.stringContaining('(502)'),
				errorCategory: 'server',
				audit: { status: 'error', errorCategory: 'server' },
			},
			pairedItem: { item: 0 },
		});
		expect(outcome.output).toMatchObject([{ json: { audit: { status: 'success' } }, pairedItem: { item: 1 } }]);
	});
});

it('a key that is revoked is said, and no message needs one', async () => {
	sandbox.setKeyState('demo', 'revoked');
	if (!versions || !viaRest) throw new Error('There are no operations.');
	const failed = errorOf(await runs(versions, {}, keepGoing));
	expect(failed.error).toContain('Cognigy did not accept the API key (401)');
	expect(sentInAll()).toBe(1);
	expect(jsonOf(await runs(viaRest))).toMatchObject({ audit: { status: 'success' } });
	expect(sandbox.stats().keysRefused).toBe(1);
});

describe('an endpoint', () => {
	it.each<[string, 'rest' | 'webhook' | 'socketio', string, number | undefined, string]>([
		['Retired REST', 'rest', 'permission', 403, 'does not take the message'],
		['Retired Webhook', 'webhook', 'permission', 403, 'does not take the message'],
		['Retired Socket', 'socketio', 'rejected', undefined, 'the endpoint refused: Endpoint is not active'],
		['', 'rest', 'notFound', 404, 'knows no endpoint "endpoint-'],
		['', 'webhook', 'notFound', 404, 'knows no endpoint "endpoint-'],
		['', 'socketio', 'rejected', undefined, 'the endpoint refused: Endpoint not found'],
	])('that is inactive or unknown is told of by its name: %s (%s)', async (name, channel, category, status, words) => {
		const token = 'f0'.repeat(32);
		const endpoint = name ? sandbox.endpoint(name).url : `${sandbox.endpointUrl}/${token}`;
		const outcome = await triggers({ ...messageTo(sandbox, channel), endpoint }, keepGoing);
		const failed = errorOf(outcome);
		expect(failed).toMatchObject({ errorCategory: category, audit: { status: 'error' } });
		expect(failed.audit.httpStatus).toBe(status);
		expect(failed.audit.flowId).toMatch(/^endpoint-[0-9a-f]{12}$/);
		expect(failed.error).toContain(`endpoint-${failed.audit.flowId?.replace('endpoint-', '') ?? ''}`);
		expect(failed.error).toContain(words);
		expect(failed.error).not.toContain('may have');
		expect(shownBy(outcome)).not.toContain(token);
		expect(sandbox.stats().turns).toBe(0);
	});

	it.each(['inject', 'notify'])('that knows no such session says so: %s', async (deliverAs) => {
		await begin({ unknownSession: 'notFound' });
		const failed = errorOf(await triggers(messageTo(sandbox, 'webhook', { deliverAs }), keepGoing));
		expect(failed).toMatchObject({ errorCategory: 'notFound', audit: { attempts: 1 } });
		expect(failed.error).toContain('or no such open session on it (404): There is no such session');
	});

	it('that nobody knows is not reset', async () => {
		const endpoint = picked('url', `${sandbox.endpointUrl}/${'0'.repeat(64)}`);
		const outcome = await run('cognigyResetSession', credential, { ...reset(sandbox, 'both'), endpoint }, keepGoing);
		expect(errorOf(outcome)).toMatchObject({ errorCategory: 'notFound' });
		expect([sent('resetContext'), sent('resetState')]).toEqual([0, 0]);
	});

	it.each(['error', 'message', 'detail', 'text', 'html'] as const)('may say no in its own way: %s', async (form) => {
		await begin({ endpointErrors: form });
		const endpoint = sandbox.endpoint('Retired REST').url;
		const { error } = errorOf(await triggers({ ...messageTo(sandbox, 'rest'), endpoint }, keepGoing));
		expect(error).toMatch(/the endpoint does not take the message \(403\)(: Endpoint is not active)?$/);
		expect(error.includes('not active')).toBe(form !== 'html');
	});
});

describe('a bad answer is refused, naming the field (guarantee 9)', () => {
	const id = 'a'.repeat(24);
	const endpoint = { _id: id, name: 'Orders REST', channel: 'rest', URLToken: '' };

	it.each<[string, object, string]>([
		['listEndpoints', { items: 7 }, 'its field items must be a list'],
		['listEndpoints', { items: [{ name: 'without an id' }] }, 'its field items[0]._id must be text'],
		['readEndpoint', { name: 'without an id', active: true }, 'its field _id must be text'],
		['readEndpoint', endpoint, 'its field active must be true or false'],
		['listSnapshots', { items: [{ _id: '', name: 'v1.0' }] }, 'its field items[0]._id is empty'],
	])('%s', async (operation, body, words) => {
		on(operation as Operation['call'], { kind: 'wrongShape', body: body });
		const outcome = await run(
			'cognigyValidateVersion',
			credential,
			{ endpoint: picked('url', sandbox.endpoint('Orders REST').url) },
			keepGoing,
		);
		const failed = errorOf(outcome);
		expect(failed).toMatchObject({ errorCategory: 'protocol', audit: { httpStatus: 200 } });
		expect(failed.error).toContain(words);
		expect(sent(operation)).toBe(1);
	});
});

it('the check before a message finds out that the channel is another one', async () => {
	const { url: endpoint } = sandbox.endpoint('Orders REST');
	const parameters = { ...messageTo(sandbox, 'webhook', { validateBefore: true }), endpoint };
	const failed = errorOf(await triggers(parameters, keepGoing));
	expect(failed).toMatchObject({ errorCategory: 'notPublished' });
	expect(failed.error).toContain('Endpoint "Orders REST" is of the channel "rest", not "webhook"');
	expect(sandbox.stats().turns).toBe(0);
});

describe('what is on page 2 of a list', () => {
	beforeEach(async () => await begin({ fillers: 120 }));

	it('is found for a reset', async () => {
		const endpoint = picked('url', sandbox.endpoint('Showcase REST').url);
		const item = jsonOf(await run('cognigyResetSession', credential, { ...reset(sandbox, 'context'), endpoint }));
		expect(item).toMatchObject({ verified: true });
		expect(sent('listEndpoints')).toBe(2);
	});

	it('is found for the check before a message', async () => {
		const deployment = { validateBefore: true, deployment: 'snapshot', snapshot: picked('name', 'v1.1') };
		expect(jsonOf(await triggers(messageTo(sandbox, 'rest', deployment)))['reply']).toBe('This is turn 1.');
		expect([sent('listEndpoints'), sent('listSnapshots')]).toEqual([2, 2]);
	});

	it('is asked for again when the page does not come', async () => {
		const endpoint = picked('url', sandbox.endpoint('Orders REST').url);
		on('listSnapshots', { ...html502, times: 1 });
		on('listEndpoints', { kind: 'badJson' });
		const item = jsonOf(await run('cognigyValidateVersion', credential, { endpoint }));
		expect(item['available']).toHaveLength(123);
	});
});

describe('a message over a socket', () => {
	const say = async (more: IDataObject = {}, options: IDataObject = {}) =>
		await triggers({ ...messageTo(sandbox, 'socketio', more), options }, keepGoing);

	it('is not sent without a connection', async () => {
		on('connect', html502);
		const failed = errorOf(await say({}, { retries: 1 }));
		const isUnseen = differs('unseen-refusals');
		expect(failed).toMatchObject({ errorCategory: isUnseen ? 'rejected' : 'server', audit: { attempts: 0 } });
		expect(failed.error).toMatch(/^Connecting to endpoint-[0-9a-f]{12} failed/);
		expect(failed.error).toMatch(isUnseen ? /cannot be seen/ : /\(502\)/);
		expect(failed.error).not.toContain('may have');
		expect(sandbox.stats().turns).toBe(0);
	});

	it('is not sent again after an error that the service words (guarantee 1)', async () => {
		on('processInput', {
			kind: 'errorOutput',
			message: `It hurts: ${sandbox.endpoint('Showcase Socket').urlToken}`,
			times: 100,
		});
		const failed = errorOf(await say());
		expect(failed).toMatchObject({ errorCategory: 'rejected', audit: { attempts: 1 } });
		expect(failed.error).toMatch(/^Sending a message through endpoint-[0-9a-f]{12}/);
		expect(failed.error).toContain('It hurts: ***');
		expect(failed.error).toContain('The flow may have run, with session "s-1"; it was not sent again');
		expect(sent('processInput')).toBe(1);
	});

	it.each(['exception', 'error', 'output', 'disconnect'] as const)('may be refused with %s', async (socketRefusal) => {
		await begin({ socketRefusal });
		const endpoint = sandbox.endpoint('Retired Socket').url;
		const failed = errorOf(await say({ endpoint }, { retries: 1 }));
		expect(failed).toMatchObject({ errorCategory: 'rejected', audit: { attempts: 0 } });
		expect(failed.error).toMatch(/^Connecting to endpoint-[0-9a-f]{12} failed: the endpoint (refused|closed)/);
		// It may be active a moment later.
		expect(sent('connect')).toBe(2);
	});

	it.each<[string, IDataObject]>([
		['input', {}],
		['inject', { deliverAs: 'inject' }],
	])('that cannot be said in EIO 4 is refused in plain words: %s', async (_what, more) => {
		await begin({ socketProtocol: 'v2' });
		const failed = errorOf(await say(more));
		expect(failed).toMatchObject({ errorCategory: 'protocol', audit: { attempts: 0 } });
		expect(failed.error).toContain('does not speak the protocol of Socket.IO 3 and 4');
		expect([sent('connect'), sent('inject')]).toEqual([1, 0]);
	});

	it('has the whole reply, although the first connections after a drop fail as well', async () => {
		on('processInput', { kind: 'dropMidTurn', outputs: 1 });
		const inTurn = sandbox.when(() => sent('processInput') === 1);
		const saying = say({ input: 'several' });
		await inTurn;
		on('connect', { ...html502, times: 2 });
		expect(jsonOf(await saying)).toMatchObject({ reply: 'One.\nTwo.\nThree.', status: 'COMPLETED' });
		expect([sent('connect'), sent('processInput')]).toEqual([4, 1]);
	});

	it('has each output once, although it is delivered again on another connection', async () => {
		await begin({ ackTimeoutMs: 1_500 });
		on('output', { kind: 'ackLost', times: 2 });
		on('processInput', { kind: 'dropMidTurn', outputs: 2 });
		const item = jsonOf(await say({ input: 'several' }));
		expect(item).toMatchObject({ reply: 'One.\nTwo.\nThree.', status: 'COMPLETED', audit: { attempts: 1 } });
		expect(item['messages']).toHaveLength(3);
		expect(sandbox.stats()).toMatchObject({ turns: 1, outputs: { redelivered: 3 } });
	});
});
