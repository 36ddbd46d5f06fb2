import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode, type RunOptions } from './engine';
import { credentialFor, startOrderBot } from './support';
import { followRegistry } from './support/sessions';
import { closeTriggers, startTrigger, type RunningTrigger } from './triggerEngine';

jest.setTimeout(60_000);

const REPLY = 'Which order is it? Please tell me the order number.';
/** The credential is read anew every 5 s. */
const PATIENCE_MS = 20_000;

let sandbox: Sandbox;
/** What n8n reads while the trigger runs. */
let edited: RunOptions['credential'];
let trigger: RunningTrigger;

beforeEach(async () => {
	sandbox = await startSandbox({ replay: 'once', pollWaitMs: 3_000 });
	edited = { ...credentialFor(sandbox) };
	trigger = await startTrigger({ credential: edited, parameters: followRegistry() });
});
afterEach(async () => {
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

/** Starts sessions with Trigger Flow, which waits for what the bot says to them. */
async function startAndWait(credential: RunOptions['credential'], ...ids: string[]): Promise<unknown[]> {
	const { output, error } = await runNode({
		type: 'cognigyTriggerFlow',
		credential,
		parameters: {
			...startOrderBot,
			sessionId: '={{ $json.user }}',
			waitForReply: true,
			options: { replyQuietMs: 200 },
		},
		items: ids.map((user) => ({ json: { user } })),
	});
	if (error) throw error;
	return output.map(({ json }) => json['reply']);
}

const sessions = () => trigger.emissions.map(({ items }) => items[0]?.json['sessionId']).sort();

it('a second credential of the account, which differs in one field, takes nothing from a published workflow', async () => {
	const others = [{ tokenTtlMinutes: 20 }, { requestsPerMinute: 300 }, { webSocketUrl: 'wss://elsewhere.example.com' }];
	const ids = ['s-0', 's-1', 's-2'];
	for (const [index, other] of others.entries()) {
		expect(await startAndWait(credentialFor(sandbox, other), ids[index] ?? '')).toEqual([REPLY]);
	}
	await trigger.emitted(3);

	expect(sessions()).toEqual(ids);
	expect(trigger.texts).toEqual([[REPLY], [REPLY], [REPLY]]);
});

it('an edited password takes effect in a published workflow, and the old one is not used again', async () => {
	await startAndWait(edited, 's-0');
	await trigger.emitted(1);
	sandbox.setPassword('demo', 'a-new-password');
	Object.assign(edited, { password: 'a-new-password' });
	await startAndWait(edited, 's-1');
	await trigger.emitted(2);
	sandbox.expireTokens();
	for (let said = 3; said <= 8; said++) {
		sandbox.say('s-0', `message ${said}`);
		await trigger.emitted(said, PATIENCE_MS);
	}

	expect(trigger.texts.flat().slice(2)).toEqual([3, 4, 5, 6, 7, 8].map((said) => `message ${said}`));
	expect(trigger.fatalErrors).toEqual([]);
});

it('a credential that is edited into a wrong one is waited for, and nothing is lost meanwhile', async () => {
	await startAndWait(edited, 's-0');
	await trigger.emitted(1);
	const { baseUrl } = edited;
	Object.assign(edited, { baseUrl: 'http://cognigy.example.com' });
	await sandbox.when(() => sandbox.stats().pollsHeld === 0, PATIENCE_MS);
	await new Promise((resolve) => setTimeout(resolve, 6_000));
	expect(sandbox.stats().pollsHeld).toBe(0);
	sandbox.say('s-0', 'meanwhile');
	Object.assign(edited, { baseUrl });
	await trigger.emitted(2, 40_000);

	expect(trigger.texts).toEqual([[REPLY], ['meanwhile']]);
	expect(trigger.fatalErrors).toEqual([]);
});
