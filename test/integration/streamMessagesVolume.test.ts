import { closeAllClients } from '../../client';
import { startSandbox, type RandomFaultsRequest, type Sandbox } from '../../sandbox';
import { differs } from '../support/edition';
import { credentialFor, shortPauses } from './support';
import { followStarted, silentBots, startWithNode } from './support/sessions';
import { closeTriggers, startTrigger, type Emission, type RunningTrigger } from './triggerEngine';

/** One trigger for all, or each with its own. */
const areNamed = differs('one-named-session');
const SESSIONS = Array.from({ length: areNamed ? 5 : 25 }, (_, index) => `session-${index}`);
const MESSAGES_PER_SESSION = areNamed ? 200 : 400;
const LIMIT_MS = 90_000;

const broken: RandomFaultsRequest['kinds'] = [
	'dropBefore',
	'resetBefore',
	'dropAfter',
	'resetAfter',
	'truncate',
	'badJson',
	'wrongShape',
	'wrongContentType',
	{ kind: 'latency', ms: 50 },
	{ kind: 'status', status: 429 },
	{ kind: 'status', status: 500 },
	{ kind: 'status', status: 503 },
];

/** About every fifth request goes wrong, in every way in which a service, a proxy or a network can fail. */
const faults: RandomFaultsRequest[] = [
	{ seed: 20_000, probability: 0.2, operations: ['messages'], kinds: broken },
	{ seed: 50, probability: 0.2, operations: ['login'], kinds: broken },
];

let sandbox: Sandbox;

beforeEach(shortPauses);
afterEach(async () => {
	jest.restoreAllMocks();
	await closeTriggers();
	closeAllClients();
	await sandbox.close();
});

/** Collects what is emitted, as an execution of n8n that takes a moment would. */
class Executions {
	readonly texts = new Map<string, unknown[]>();
	readonly keys = new Set<string | undefined>();
	emissions = 0;
	/** Sessions of which two executions ran at the same time. */
	readonly overlaps: string[] = [];
	readonly #running = new Set<string>();

	begin({ items, deduplicationKey, finish }: Emission): void {
		const sessionId = String(items[0]?.json['sessionId']);
		if (this.#running.has(sessionId)) this.overlaps.push(sessionId);
		this.#running.add(sessionId);
		this.emissions++;
		this.keys.add(deduplicationKey);
		const texts = this.texts.get(sessionId) ?? [];
		texts.push(...items.map(({ json }) => json['text']));
		this.texts.set(sessionId, texts);
		setImmediate(() => {
			this.#running.delete(sessionId);
			finish();
		});
	}

	count(sessionId: string): number {
		return this.texts.get(sessionId)?.length ?? 0;
	}
}

/** Lets a bot talk: mostly a few messages at one go, and now and then more before the last ones were heard. */
async function talk(sessionId: string, trigger: RunningTrigger, executions: Executions): Promise<void> {
	const bursts = [1, 2, 1, 5, 3, 20, 1, 7];
	let said = 0;
	for (let turn = 0; said < MESSAGES_PER_SESSION; turn++) {
		const burst = Math.min(bursts[turn % bursts.length] ?? 1, MESSAGES_PER_SESSION - said);
		for (let i = 0; i < burst; i++) sandbox.say(sessionId, `${sessionId} ${said++}`);
		const heard = said;
		if (turn % 3 > 0) await trigger.when(() => executions.count(sessionId) >= heard, LIMIT_MS);
	}
}

it.each(['once', 'all'] as const)(
	'many messages of many sessions, with faults at random: none lost, none twice, in order (guarantee 3); replay style %s',
	async (replay) => {
		sandbox = await startSandbox({ ...silentBots, replay });
		const credential = credentialFor(sandbox);
		await startWithNode(credential, SESSIONS);
		const executions = new Executions();
		for (const request of faults) sandbox.faults.random(request);
		const start = async (sessionId: string) =>
			await startTrigger({
				credential,
				parameters: followStarted(sessionId),
				nodeId: areNamed ? sessionId : 'all',
				activation: 'init',
				onEmit: (emission) => executions.begin(emission),
			});
		const all = areNamed ? undefined : await start('');
		const triggers = await Promise.all(
			SESSIONS.map(async (sessionId) => [sessionId, all ?? (await start(sessionId))] as const),
		);
		const tokens = setInterval(() => sandbox.expireTokens(), 3_000);
		await Promise.all(triggers.map(async ([sessionId, trigger]) => await talk(sessionId, trigger, executions)));
		for (const [sessionId, trigger] of triggers) {
			await trigger.when(() => executions.count(sessionId) >= MESSAGES_PER_SESSION, LIMIT_MS);
		}
		clearInterval(tokens);
		sandbox.faults.clear();
		// What came twice would come before this.
		for (const sessionId of SESSIONS) sandbox.say(sessionId, 'end');
		for (const [sessionId, trigger] of triggers) {
			await trigger.when(() => executions.texts.get(sessionId)?.at(-1) === 'end', LIMIT_MS);
		}

		for (const sessionId of SESSIONS) {
			const said = Array.from({ length: MESSAGES_PER_SESSION }, (_, index) => `${sessionId} ${index}`);
			expect(executions.texts.get(sessionId)).toEqual([...said, 'end']);
		}
		expect(executions.keys.size).toBe(executions.emissions);
		expect(executions.overlaps).toEqual([]);
		for (const [, { fatalErrors }] of triggers) expect(fatalErrors).toEqual([]);
		const spoiled = sandbox.requests.filter(({ fault }) => fault !== null);
		expect(spoiled.length).toBeGreaterThan(4 * SESSIONS.length);
	},
	LIMIT_MS * 1.5,
);
