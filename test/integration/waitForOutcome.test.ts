import type { IDataObject } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { freePort } from '../../n8n-host/freePort';
import { startCognigyAiSandbox, startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import { itUnless } from '../support/edition';
import { until } from '../support/until';
import { call } from '../unit/sandbox/support';
import { credentialFor as credentialForAi, run } from './cognigyAi/support';
import { auditOf, credentialFor } from './support';
import { runWithTool } from './toolEngine';
import { WaitingHost, type WaitingOptions } from './support/waitingHost';

let v1: Sandbox;
let ai: CognigyAiSandbox;
const hosts: WaitingHost[] = [];

beforeAll(async () => {
	[v1, ai] = await Promise.all([startSandbox(), startCognigyAiSandbox()]);
});
afterAll(async () => {
	await Promise.all([v1.close(), ai.close()]);
});
afterEach(async () => {
	closeAllClients();
	v1.faults.clear();
	for (const host of hosts.splice(0)) await host.close();
});

let executions = 0;

async function open(options: Partial<WaitingOptions> & { more?: IDataObject } = {}): Promise<WaitingHost> {
	const { more = {}, ...others } = options;
	const parameters = {
		botId: 'claims',
		flowId: 'main',
		userId: 'user-1',
		context: { metadata: { orderId: 'C-1' } },
		waitForOutcome: true,
		...more,
	};
	const executionId = `${++executions}`;
	const host = await WaitingHost.open({ credential: credentialFor(v1), parameters, executionId, ...others });
	hosts.push(host);
	return host;
}

/** Where the flow of the newest session was told to post its outcome. */
function callbackUrl(): string {
	const { n8n } = v1.sessions.at(-1)?.context as { n8n: { callbackUrl: string } };
	return n8n.callbackUrl;
}

const post = async (body: unknown, url = callbackUrl(), headers: Record<string, string> = {}) =>
	await call(url, { body, headers });

describe('the outcome', () => {
	it('comes out with what the start puts out', async () => {
		const host = await open();
		await host.run();
		expect(host.status).toBe('waiting');
		const [started] = host.outputOf('Cognigy');
		const sessionId = String(started?.json['sessionId']);
		expect(v1.say(sessionId, 'The screen.', 'user').type).toBe('user');
		await host.ended();
		const outcome = { status: 'answered', claimId: 'C-1', answer: 'The screen.' };
		const expected = { ...started?.json, outcome, outcomeAt: expect.stringMatching(/^\d{4}-.*Z$/) };
		expect(host.outputOf('After')).toEqual([{ json: expected, pairedItem: expect.objectContaining({ item: 0 }) }]);
		expect([host.status, host.runsOf('Cognigy').length, host.runsOf('After').length]).toEqual(['success', 1, 1]);
	});

	it('with Cognigy.AI', async () => {
		const parameters = {
			authentication: 'cognigyAiApi',
			endpoint: ai.endpoint('Claims REST').url,
			userId: 'user-1',
			sessionId: 's-1',
			contextMode: 'webhook',
			orderId: 'C-2',
			waitForOutcome: true,
		};
		const host = await open({ credential: credentialForAi(ai), parameters });
		await host.run();
		expect(host.outputOf('Cognigy')[0]?.json).toMatchObject({ reply: expect.stringContaining('claim C-2') });
		await call(ai.endpoint('Claims REST').url, { body: { userId: 'user-1', sessionId: 's-1', text: 'A dent.' } });
		await host.ended();
		const outcome = { status: 'answered', claimId: 'C-2', answer: 'A dent.' };
		expect(host.outputOf('After')[0]?.json).toMatchObject({ sessionId: 's-1', outcome });
	});

	it('arrives although it is there before n8n has parked the execution', async () => {
		const host = await open({ parkingMs: 150 });
		const isOver = host.run();
		const count = v1.sessions.length;
		await v1.when(() => v1.sessions.length > count);
		v1.say(v1.sessions.at(-1)?.sessionId ?? '', 'At once.', 'user');
		await isOver;
		await host.ended();
		expect(host.outputOf('After')[0]?.json).toMatchObject({ outcome: { answer: 'At once.' } });
		await v1.when(() => v1.outcomes.posts.at(-1)?.isOver === true);
		expect(v1.outcomes.posts.at(-1)?.statuses).toEqual(expect.arrayContaining([409, 200]));
	});

	it.each(['twice', 'badJson'] as const)('posted with the fault "%s" comes once', async (kind) => {
		v1.outcomes.inject({ kind });
		const host = await open();
		await host.run();
		v1.say(v1.sessions.at(-1)?.sessionId ?? '', 'Yes.', 'user');
		await host.ended();
		await v1.when(() => v1.outcomes.posts.at(-1)?.isOver === true);
		expect(v1.outcomes.posts.at(-1)?.statuses).toEqual(kind === 'twice' ? [200, 409] : [422, 200]);
		expect(host.runsOf('After')).toHaveLength(1);
	});

	it('posted by two at the same moment is taken from one', async () => {
		const host = await open({ readingMs: 50 });
		await host.run();
		const answers = await Promise.all([post({ by: 1 }), post({ by: 2 }), post({ by: 3 })]);
		await host.ended();
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
		expect(host.runsOf('After')).toHaveLength(1);
	});
});

describe('what is no outcome leaves the execution parked', () => {
	let host: WaitingHost;
	beforeAll(async () => {
		host = await open();
		hosts.pop();
		await host.run();
	});
	afterAll(async () => await host.close());

	const changed = (change: (url: URL) => void) => {
		const url = new URL(callbackUrl());
		change(url);
		return url.href;
	};
	it.each([
		[
			'a key that is wrong',
			401,
			() =>
				post(
					{},
					changed((url) => url.searchParams.set('key', 'x'.repeat(64))),
				),
		],
		[
			'no key',
			401,
			() =>
				post(
					{},
					changed((url) => url.searchParams.delete('key')),
				),
		],
		['a list', 400, () => post([])],
		['nothing', 400, () => post('', callbackUrl(), { 'content-type': 'application/json' })],
		['text', 415, () => post('Hello', callbackUrl(), { 'content-type': 'text/plain' })],
		['more than 1 MB', 413, () => post({ text: 'x'.repeat(1024 * 1024) })],
		['too many levels', 400, () => post(`{"a":${'['.repeat(500)}${']'.repeat(500)}}`, callbackUrl())],
	])('%s', async (_what, status, send) => {
		const answer = await send();
		expect(answer.status).toBe(status);
		expect(host.status).toBe('waiting');
		expect(JSON.stringify([answer, host.log])).not.toContain(new URL(callbackUrl()).searchParams.get('key'));
	});

	it('and what is one is taken after that', async () => {
		expect(await post({ ok: true })).toMatchObject({ status: 200 });
		await host.ended();
		expect(host.outputOf('After')[0]?.json).toMatchObject({ outcome: { ok: true } });
	});
});

describe('without an outcome in time', () => {
	it('the execution waits as long as it is told to', async () => {
		const host = await open({ more: { outcomeWaitHours: 2 } });
		const before = Date.now();
		await host.run();
		const waitsMs = (host.waitTill?.getTime() ?? 0) - before;
		expect(Math.round(waitsMs / 60_000)).toBe(120);
	});

	it('the node fails, with the session', async () => {
		const host = await open({ more: { outcomeWaitHours: '={{ 0.5 }}' }, settings: { alwaysOutputData: true } });
		await host.run();
		const sessionId = String(host.outputOf('Cognigy')[0]?.json['sessionId']);
		await host.wakeUp();
		expect(host.status).toBe('error');
		expect(host.error?.message).toContain(`No outcome of session "${sessionId}" came within 0.5 hours`);
		expect(host.error?.context?.data).toEqual({ errorCategory: 'timeout', sessionId });
		expect(host.runsOf('After')).toEqual([]);
		expect(v1.sessions.filter((one) => one.sessionId === sessionId)).toHaveLength(1);
	});

	it('says how long it waited, and what else could come of it', async () => {
		const host = await open({ more: { outcomeWaitHours: 1 } });
		await host.run();
		await host.wakeUp();
		expect(host.error?.message).toContain('came within 1 hour.');
		expect(host.error?.description).toContain('set If No Outcome Comes to "Output the Result"');
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'with "%s" it becomes an error item',
		async (onError) => {
			for (const executionOrder of ['v0', 'v1'] as const) {
				const host = await open({ onError, executionOrder, settings: { retryOnFail: true, waitBetweenTries: 0 } });
				await host.run();
				await host.wakeUp();
				const [item] = host.outputOf('Cognigy', onError === 'continueErrorOutput' ? 1 : 0);
				expect(item?.json).toMatchObject({ errorCategory: 'timeout', error: expect.stringContaining('No outcome') });
				expect(auditOf(item)).toMatchObject({ operation: 'triggerFlow', status: 'error', errorCategory: 'timeout' });
				expect([host.status, host.outputOf('After').length]).toEqual(['success', 1]);
			}
		},
	);

	it('with "output" the item comes out with null', async () => {
		const host = await open({ more: { onNoOutcome: 'output' } });
		await host.run();
		const [started] = host.outputOf('Cognigy');
		await host.wakeUp();
		expect(host.outputOf('After').map(({ json }) => json)).toEqual([{ ...started?.json, outcome: null }]);
		expect([host.status, host.runsOf('Cognigy').length]).toEqual(['success', 1]);
	});
});

describe('nothing is sent', () => {
	it.each([
		['for more than one item', { items: [{ json: {} }, { json: {} }] }, /one item at a time.* there are 2/],
		['for a limit that is too long', { more: { outcomeWaitHours: 721 } }, /Outcome Wait Limit.* up to 720/],
		['for no limit', { more: { outcomeWaitHours: 0 } }, /Outcome Wait Limit.* above 0/],
		['for a choice that is none', { more: { onNoOutcome: 'wait' } }, /If No Outcome Comes must be/],
		['for a context that has no place', { more: { context: { n8n: 'mine' } } }, /Context has a field "n8n"/],
	])('%s', async (_what, options, message) => {
		const before = v1.sessions.length;
		const host = await open(options);
		await host.run();
		expect([host.status, v1.sessions.length]).toEqual(['error', before]);
		expect(host.error?.message).toMatch(message);
	});

	it('in a tool of an AI agent', async () => {
		const parameters = { botId: 'claims', flowId: 'main', userId: 'user-1', waitForOutcome: true };
		const before = v1.sessions.length;
		const { answer } = await runWithTool(
			{ type: 'cognigyTriggerFlow', credential: credentialFor(v1), parameters },
			async (tool) => await tool.invoke({ input: 'Hi' }).catch(String),
		);
		expect(JSON.stringify(answer)).toContain('Wait for Outcome does not work in a tool of an AI agent');
		expect(v1.sessions).toHaveLength(before);
	});

	it('for a notification, which no flow answers', async () => {
		const parameters = {
			authentication: 'cognigyAiApi',
			endpoint: ai.endpoint('Claims Socket').url,
			channel: 'socketio',
			deliverAs: 'notify',
			userId: 'user-1',
			input: 'Hi',
			waitForOutcome: true,
		};
		const host = await open({ credential: credentialForAi(ai), parameters });
		await host.run();
		expect(host.error?.message).toBe('Deliver As is notify: no flow runs, so no outcome can come');
	});
});

describe('a start is made once', () => {
	it('a repeated one is not waited for: its outcome goes to the first', async () => {
		const more = { options: { idempotencyKey: `claim ${Date.now()}` } };
		const credential = credentialFor(v1);
		const first = await open({ more, credential });
		await first.run();
		const second = await open({ more, credential });
		await second.run();
		expect([first.status, second.status]).toEqual(['waiting', 'success']);
		const [item] = second.outputOf('After');
		expect(item?.json).toMatchObject({ repeated: true, sessionId: first.outputOf('Cognigy')[0]?.json['sessionId'] });
		expect(item?.json).not.toHaveProperty('outcome');
	});

	it('each pass of a loop waits for its own outcome', async () => {
		const host = await open({ passes: 2 });
		await host.run();
		const firstUrl = callbackUrl();
		const wasPassed = v1.sessions.length;
		expect(await post({ pass: 1 })).toMatchObject({ status: 200 });
		await until(() => host.status === 'waiting' && v1.sessions.length > wasPassed);
		expect(await post({ pass: 1 }, firstUrl)).toMatchObject({ status: 401 });
		expect(await post({ pass: 2 })).toMatchObject({ status: 200 });
		await host.ended();
		const outcomes = host.runsOf('After').map(({ data }) => data?.['main']?.[0]?.[0]?.json['outcome']);
		expect(outcomes).toEqual([{ pass: 1 }, { pass: 2 }]);
	});

	itUnless('unknown-queue-mode')('also when n8n runs the parked node again in the same execution', async () => {
		process.env['EXECUTIONS_MODE'] = 'queue';
		try {
			const credential = credentialFor(v1);
			const port = await freePort();
			const first = await open({ credential, executionId: 'taken-over', port });
			await first.run();
			const count = v1.sessions.length;
			await first.close();
			hosts.pop();
			const second = await open({ credential, executionId: 'taken-over', port });
			await second.run();
			expect([second.status, v1.sessions.length]).toEqual(['waiting', count]);
			expect(await post({ ok: true })).toMatchObject({ status: 200 });
			await second.ended();
			expect(second.outputOf('After')[0]?.json).toMatchObject({ outcome: { ok: true } });
		} finally {
			delete process.env['EXECUTIONS_MODE'];
		}
	});
});

describe('the URL is a secret', () => {
	it('also when the bot repeats it, and in the transcript', async () => {
		const parameters = {
			...{ authentication: 'cognigyAiApi', endpoint: ai.endpoint('Showcase REST').url, userId: 'user-1' },
			...{ sessionId: 'secret-1', input: 'echo', data: { n8n: { more: 1 } }, waitForOutcome: true },
		};
		const credential = credentialForAi(ai);
		const host = await open({ credential, parameters });
		await host.run();
		const sent = ai.session('secret-1')?.conversation[0]?.data['n8n'] as { callbackUrl: string };
		expect(sent).toMatchObject({ more: 1, callbackUrl: expect.stringMatching(/^http.*key=[0-9a-f]{64}$/) });
		const key = new URL(sent.callbackUrl).searchParams.get('key') ?? '';
		expect(host.stored).not.toContain(key);
		expect(host.outputOf('Cognigy')[0]?.json).toMatchObject({
			messages: [{ text: 'echo', data: { n8n: { more: 1, callbackUrl: '***' } } }],
		});
		const { output } = await run('cognigyConversation', credential, { sessionId: 'secret-1' });
		expect(JSON.stringify(output)).toContain('"callbackUrl":"***"');
		expect(JSON.stringify(output)).not.toContain(key);
	});

	it('also when Inject Context shows what the flow keeps', async () => {
		const parameters = {
			...{ authentication: 'cognigyAiApi', endpoint: ai.endpoint('Showcase REST').url, userId: 'user-1' },
			...{ sessionId: 'secret-2', input: 'echo', waitForOutcome: true },
		};
		const credential = credentialForAi(ai);
		const host = await open({ credential, parameters });
		await host.run();
		const { callbackUrl: url } = ai.session('secret-2')?.conversation[0]?.data['n8n'] as { callbackUrl: string };
		// As docs/nodes/trigger-flow.md says: an Add to Context node keeps it.
		const context = JSON.stringify({ callbackUrl: url, more: [{ later: `POST ${url}` }] });
		const inject = { operation: 'injectContext', sessionId: 'secret-2', userId: 'user-1', context };
		const { output } = await run('cognigyConversation', credential, inject);
		expect(ai.session('secret-2')?.context).toMatchObject({ callbackUrl: url });
		expect(output[0]?.json['context']).toMatchObject({ callbackUrl: '***', more: [{ later: 'POST ***' }] });
		expect(JSON.stringify(output)).not.toContain(new URL(url).searchParams.get('key'));
	});

	it('also when the flow posts all it was sent', async () => {
		const host = await open();
		await host.run();
		const url = callbackUrl();
		await post({ status: 'answered', data: { n8n: { callbackUrl: url } } });
		await host.ended();
		const outcome = { status: 'answered', data: { n8n: { callbackUrl: '***' } } };
		expect(host.outputOf('After')[0]?.json).toMatchObject({ outcome });
		expect(host.stored).not.toContain(new URL(url).searchParams.get('key'));
	});

	it('and is in no item, no error, no log and not in what n8n stores', async () => {
		const host = await open({ more: { options: { auditInput: 'full' } } });
		await host.run();
		const key = new URL(callbackUrl()).searchParams.get('key') ?? '';
		expect(key).toHaveLength(64);
		expect(host.stored).not.toContain(key);
		expect(auditOf(host.outputOf('Cognigy')[0])).toMatchObject({ context: { metadata: { orderId: 'C-1' } } });
		expect(auditOf(host.outputOf('Cognigy')[0])).not.toHaveProperty('context.n8n');
		await post({ ok: true });
		await host.ended();
		expect(host.stored).not.toContain(key);
	});
});
