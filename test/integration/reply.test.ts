import type { IDataObject } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { differs } from '../support/edition';
import { idleTimer } from '../support/idleTime';
import { runNode, type RunOptions } from './engine';
import { credentialFor, startOrderBot } from './support';
import { followStarted, silentBots } from './support/sessions';
import { closeTriggers, startTrigger } from './triggerEngine';

let sandbox: Sandbox;
let credential: ReturnType<typeof credentialFor>;

async function start(options: SandboxOptions = silentBots): Promise<void> {
	sandbox = await startSandbox({ slowStartMs: 10, ...options });
	credential = credentialFor(sandbox);
}
afterEach(async () => {
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

const polls = (count: number) => () => sandbox.stats().pollsHeld === count;

/** Starts a flow with the node and waits for its reply: that is quick by default. */
async function ask(
	{ options, ...parameters }: IDataObject & { options?: IDataObject } = {},
	more: Partial<RunOptions> = {},
) {
	return await runNode({
		type: 'cognigyTriggerFlow',
		credential,
		parameters: {
			...startOrderBot,
			userId: 'user-1',
			sessionId: 's-1',
			waitForReply: true,
			...parameters,
			options: { replyQuietMs: 100, ...options },
		},
		items: [{ json: {} }],
		...more,
	});
}

/** What is said is handed out by itself, not together with what is said next. */
async function sayAlone(text: string, type: 'bot' | 'user' | 'webhook' = 'bot'): Promise<void> {
	await sandbox.when(polls(1));
	const { messagesHandedOut } = sandbox.stats();
	sandbox.say('s-1', text, type);
	await sandbox.when(() => sandbox.stats().messagesHandedOut > messagesHandedOut && polls(1)());
}

const textsOf = (json: IDataObject | undefined) =>
	(json?.['messages'] as IDataObject[] | undefined)?.map(({ text }) => text);

it('puts out what was said, and what the bot said as one text', async () => {
	await start({});
	const { output } = await ask({ botId: 'slow-support' });

	const said = sandbox.sessions[0]?.transcript;
	expect(said).toHaveLength(3);
	expect(output).toHaveLength(1);
	expect(output[0]).toMatchObject({ json: { sessionId: 's-1', status: expect.any(String) }, pairedItem: { item: 0 } });
	expect(output[0]?.json['messages']).toEqual(said);
	expect(output[0]?.json['reply']).toBe('Thank you for waiting.\nA person will look at this: Where is my order?');
	expect(output[0]?.json).not.toHaveProperty('warnings');
});

it('is left out where nobody asked for it', async () => {
	await start({});
	const { output } = await ask({ waitForReply: false });

	expect(output[0]?.json).not.toHaveProperty('reply');
	expect(output[0]?.json).not.toHaveProperty('messages');
	expect(sandbox.stats().messages).toBe(0);
});

it('waits until the bot is quiet, and takes nothing of what is said later', async () => {
	await start();
	const asking = ask({ input: '', options: { replyQuietMs: 1_000, replyMaxWaitSeconds: 3_600 } });
	await sayAlone('looking it up', 'webhook');
	await sayAlone('one');
	await sayAlone('two');
	const { output } = await asking;
	sandbox.say('s-1', 'late');

	expect(textsOf(output[0]?.json)).toEqual(['looking it up', 'one', 'two']);
	expect(output[0]?.json['reply']).toBe('one\ntwo');
});

it('does not call the bot quiet before it has said anything', async () => {
	await start();
	const asking = ask({ input: 'Hello?', options: { replyMaxWaitSeconds: 3_600 } });
	await sandbox.when(() => sandbox.stats().messagesHandedOut === 1 && polls(1)());
	// Several times as long as it may be quiet.
	await new Promise((resolve) => setTimeout(resolve, 300));
	sandbox.say('s-1', 'Hello.');
	const { output } = await asking;

	expect(textsOf(output[0]?.json)).toEqual(['Hello?', 'Hello.']);
});

it.each([
	['', []],
	['Hello?', ['Hello?']],
])('waits no longer than it may for a bot that says nothing; the user said %j', async (input, expected) => {
	await start();
	const { output } = await ask({ input, options: { replyMaxWaitSeconds: 1 } });

	expect(textsOf(output[0]?.json)).toEqual(expected);
	expect(output[0]?.json['reply']).toBe('');
	expect(output[0]?.json).not.toHaveProperty('warnings');
});

it('waits no longer than it may for a bot that is never quiet', async () => {
	await start();
	const asking = ask({ input: '', options: { replyQuietMs: 60_000, replyMaxWaitSeconds: 1 } });
	await sayAlone('one');
	const { output } = await asking;

	expect(output[0]?.json['reply']).toBe('one');
});

it('is complete when the session ends', async () => {
	await start();
	const asking = ask({ input: '', options: { replyQuietMs: 60_000, replyMaxWaitSeconds: 3_600 } });
	await sandbox.when(polls(1));
	sandbox.say('s-1', 'Goodbye.');
	sandbox.endSession('s-1');
	const { output } = await asking;

	expect(output[0]?.json['reply']).toBe('Goodbye.');
});

it('passing faults cost no message and no warning', async () => {
	await start();
	const asking = ask({ input: '', options: { replyQuietMs: 1_000, replyMaxWaitSeconds: 3_600 } });
	await sandbox.when(polls(1));
	sandbox.faults.inject({ operation: 'messages', kind: 'truncate' });
	sandbox.faults.inject({ operation: 'messages', kind: 'status', status: 503 });
	sandbox.faults.inject({ operation: 'messages', kind: 'dropBefore' });
	sandbox.say('s-1', 'one');
	const { output } = await asking;

	expect(output[0]?.json['reply']).toBe('one');
	expect(output[0]?.json).not.toHaveProperty('warnings');
});

it('trouble that stays is a warning on the item, not an error: the flow was started', async () => {
	await start();
	sandbox.faults.inject({ operation: 'messages', kind: 'status', status: 503, times: 1_000 });
	const { output, error } = await ask({ options: { replyMaxWaitSeconds: 1 } });

	expect(error).toBeUndefined();
	expect(output[0]?.json).toMatchObject({
		sessionId: 's-1',
		reply: '',
		warnings: [expect.stringMatching(/^The reply may not be complete\. .*503/)],
		audit: { status: 'success' },
	});
});

describe.each(['once', 'all', 'overlap'] as const)('a service with the replay style %s', (replay) => {
	it('gives a session that begins anew a reply of its own', async () => {
		await start({ ...silentBots, replay });
		const replies = [];
		for (const text of ['first', 'second']) {
			const asking = ask({ input: `Say ${text}`, options: { replyMaxWaitSeconds: 3_600 } });
			await sandbox.when(() => sandbox.sessions[0]?.input === `Say ${text}`);
			sandbox.say('s-1', text);
			const { output } = await asking;
			replies.push([textsOf(output[0]?.json), output[0]?.json['reply']]);
			sandbox.endSession('s-1');
		}

		expect(replies).toEqual([
			[['Say first', 'first'], 'first'],
			[['Say second', 'second'], 'second'],
		]);
	});

	it('a trigger that follows the session gets every message, and so does the reply', async () => {
		await start({ ...silentBots, replay });
		const messageTypes = ['bot', 'user', 'webhook'];
		const follow = async () => await startTrigger({ credential, parameters: followStarted('s-1', { messageTypes }) });
		const isNamed = differs('one-named-session');
		const early = isNamed ? undefined : await follow();
		const asking = ask({ options: { replyQuietMs: 1_000, replyMaxWaitSeconds: 3_600 } });
		// One that is named must be there.
		await sandbox.when(() => sandbox.sessions.length === 1);
		const trigger = early ?? (await follow());
		for (const text of ['one', 'two', 'three']) await sayAlone(text);
		const { output } = await asking;
		sandbox.say('s-1', 'later');
		await trigger.when(() => trigger.texts.flat().includes('later'));

		expect(output[0]?.json['reply']).toBe('one\ntwo\nthree');
		expect(trigger.texts.flat()).toEqual(['Where is my order?', 'one', 'two', 'three', 'later']);
		expect(sandbox.requests.filter(({ operation }) => operation === 'messages').length).toBeLessThan(10);
	});
});

it.each([
	['Reply Quiet Time (Milliseconds)', { replyQuietMs: 99 }],
	['Reply Max Wait (Seconds)', { replyMaxWaitSeconds: 0 }],
])('a wrong %s is refused before anything is sent', async (label, options) => {
	await start();
	const { error } = await ask({ options });

	expect(error).toMatchObject({ name: 'NodeOperationError', message: expect.stringContaining(label) });
	expect(sandbox.requests).toHaveLength(0);
});

it('cancelling the execution ends the wait within a second (guarantee 7)', async () => {
	await start();
	let cancel = () => {};
	const asking = ask(
		{ options: { replyQuietMs: 60_000, replyMaxWaitSeconds: 3_600 } },
		{ onStart: (cancelExecution) => (cancel = cancelExecution) },
	).catch((error: unknown) => error);
	await sandbox.when(polls(1));
	const idleMs = idleTimer();
	cancel();
	await asking;
	await sandbox.when(() => sandbox.stats().inFlight === 0);

	expect(idleMs()).toBeLessThan(1_000);
});
