import { closeAllClients } from '../../client';
import { Outbox } from '../../client/streams/outbox';
import { Load, WAITING_LIMIT } from '../../client/streams/load';
import { startSandbox, type Sandbox } from '../../sandbox';
import { differs } from '../support/edition';
import { until } from '../support/until';
import { credentialFor } from './support';
import { followStarted, silentBots, startWithNode } from './support/sessions';
import { closeTriggers, startTrigger, type Emission } from './triggerEngine';

const SESSIONS = differs('one-named-session') ? ['session-1'] : ['session-1', 'session-2'];
const MESSAGES_PER_SESSION = 2_500;
/** Said at one go: few enough that many batches come of it. */
const AT_ONE_GO = 25;
const LIMIT_MS = 120_000;

let sandbox: Sandbox;

afterEach(async () => {
	jest.restoreAllMocks();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

/** How much every `Load` holds now, and the most that one ever held. */
function watchMemory() {
	const now = new Map<Load, number>();
	const memory = { most: 0 };
	const original = Load.prototype.add;
	jest.spyOn(Load.prototype, 'add').mockImplementation(function (this: Load, messages) {
		const change = (by: number) => {
			const count = (now.get(this) ?? 0) + by;
			now.set(this, count);
			memory.most = Math.max(memory.most, count);
		};
		change(messages.length);
		const unload = original.call(this, messages);
		return () => {
			change(-messages.length);
			unload();
		};
	});
	return memory;
}

/** How many messages were recorded. */
function watchRegistry() {
	const written = { count: 0 };
	const original = Outbox.prototype.stage;
	jest.spyOn(Outbox.prototype, 'stage').mockImplementation(async function (this: Outbox, key, batch) {
		const isWritten = await original.call(this, key, batch);
		if (isWritten) written.count += batch.messages.length;
		return isWritten;
	});
	return written;
}

it.each(['inOrder', 'parallel'] as const)(
	'executions that hang while thousands of messages come fill no memory; all come out in order, each once (guarantee 3); %s',
	async (executions) => {
		sandbox = await startSandbox(silentBots);
		const credential = credentialFor(sandbox);
		await startWithNode(credential, SESSIONS);
		const memory = watchMemory();
		const written = watchRegistry();
		const hanging: Emission[] = [];
		let doHang = true;
		const texts = new Map<string, unknown[]>(SESSIONS.map((sessionId) => [sessionId, []]));
		const trigger = await startTrigger({
			credential,
			parameters: followStarted('session-1', { options: { executions } }),
			activation: 'init',
			onEmit: (emission) => {
				for (const { json } of emission.items) texts.get(String(json['sessionId']))?.push(json['text']);
				if (doHang) hanging.push(emission);
				else setImmediate(() => emission.finish());
			},
		});
		let said = 0;
		while (said < MESSAGES_PER_SESSION) {
			for (let index = 0; index < AT_ONE_GO; index++, said++) {
				for (const sessionId of SESSIONS) sandbox.say(sessionId, `${said}`);
			}
			await until(() => written.count >= said * SESSIONS.length);
		}
		if (executions === 'inOrder') {
			expect(trigger.emissions).toHaveLength(SESSIONS.length);
			expect(memory.most).toBeGreaterThanOrEqual(WAITING_LIMIT.messages);
		}
		expect(memory.most).toBeLessThan(WAITING_LIMIT.messages + 2 * AT_ONE_GO);

		doHang = false;
		for (const emission of hanging) emission.finish();
		const isAllHeard = () => SESSIONS.every((sessionId) => texts.get(sessionId)?.length === MESSAGES_PER_SESSION);
		await trigger.when(isAllHeard, LIMIT_MS);
		// What came twice would come before this.
		for (const sessionId of SESSIONS) sandbox.say(sessionId, 'end');
		await trigger.when(() => SESSIONS.every((sessionId) => texts.get(sessionId)?.at(-1) === 'end'), LIMIT_MS);

		const all = Array.from({ length: MESSAGES_PER_SESSION }, (_, index) => `${index}`);
		for (const sessionId of SESSIONS) expect(texts.get(sessionId)).toEqual([...all, 'end']);
		expect(memory.most).toBeLessThan(WAITING_LIMIT.messages + 2 * AT_ONE_GO);
		expect(trigger.fatalErrors).toEqual([]);
	},
	LIMIT_MS * 1.5,
);
