import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { StoredCredential, StoredWorkflow } from '../../n8n-host';
import type { ReplayStyle } from '../../sandbox';
import { countEmitted, emittedItems, knownMessages, type KnownMessage } from './emittedItems';
import { cameInOrder, repeatedIn } from './orderOfMessages';
import { cognigyNode, manualWorkflow, n8nMajor, startE2e, streamWorkflow, type E2e } from './support';

const recordedTokens = join(mkdtempSync(join(tmpdir(), 'tokens-')), 'tokens.txt');
process.env['RECORDED_TOKENS'] = recordedTokens;
// eslint-disable-next-line @typescript-eslint/no-require-imports -- must be there before the sandbox is
const stopRecording = require('./recordTokens.cjs') as () => void;
afterAll(() => {
	stopRecording();
	rmSync(dirname(recordedTokens), { recursive: true });
});

jest.setTimeout(240_000);

const PASSWORD = 'demo-password';
const SESSIONS = Array.from({ length: 50 }, (_, index) => `session-${index}`);
/** So many messages are said in every session at once, and so often. */
const AT_ONCE = 34;
const ROUNDS = 12;
/** The rounds before n8n is killed, and those while it is gone. */
const ROUNDS_BEFORE = 6;
const ROUNDS_MEANWHILE = 1;

/** Longer than any pause of the nodes that can be expected here, in ms. */
const QUIET_MS = 40_000;

/** What the sandbox has said, per session in order. */
type Said = Map<string, string[]>;

// Only from n8n 2.20 on an execution can be recognised that was started already before a crash.
const describeWhereDeduplicated = n8nMajor === '2' ? describe : describe.skip;

describeWhereDeduplicated.each<ReplayStyle>(['all', 'once'])(
	'20,000 messages in 50 sessions, faults at random, n8n killed in the middle; what was delivered comes again: %s',
	(replay) => {
		let e2e: E2e;
		let credential: StoredCredential;
		let stream: StoredWorkflow;
		const said: Said = new Map(SESSIONS.map((sessionId) => [sessionId, []]));
		/** What was said, and what n8n had recorded, when it was killed. */
		let saidBefore: Said;
		let known: KnownMessage[];
		let emitted: Map<string, string[]>;

		beforeAll(async () => {
			e2e = await startE2e({
				sandbox: { replay, pollWaitMs: 5000 },
				env: { EXECUTIONS_DATA_PRUNE: 'false' },
			});
			const { url: baseUrl, tenantId } = e2e.sandbox;
			const fields = { baseUrl, tenantId, username: 'demo', password: PASSWORD, requestsPerMinute: 0 };
			credential = await e2e.client.createCredential('Cognigy account', 'cognigyApi', fields);
			await startSessions();
			const created = await e2e.client.createWorkflow(
				streamWorkflow('Stream', credential, { messageTypes: ['webhook'] }),
			);
			stream = await e2e.client.activateWorkflow(created);
			await e2e.sandbox.when(() => e2e.sandbox.stats().pollsHeld === SESSIONS.length, 20_000);
			injectFaults();

			for (let round = 0; round < ROUNDS_BEFORE; round++) await sayInAll();
			await until(() => knownMessages(e2e.n8nFolder).some(({ isStaged }) => isStaged));
			await e2e.n8n.kill();
			// Else what is said now would be handed out to polls of the n8n that is gone.
			await e2e.sandbox.when(() => e2e.sandbox.stats().connectionsOpen === 0);
			saidBefore = new Map([...said].map(([sessionId, ids]) => [sessionId, [...ids]]));
			known = knownMessages(e2e.n8nFolder);
			for (let round = 0; round < ROUNDS_MEANWHILE; round++) sayNow();
			await e2e.startAgain();
			for (let round = ROUNDS_BEFORE + ROUNDS_MEANWHILE; round < ROUNDS; round++) await sayInAll();

			await untilQuiet();
			await e2e.n8n.stop();
			emitted = emittedBySession();
		});
		afterAll(async () => {
			await e2e?.stop();
		});

		async function startSessions(): Promise<void> {
			const node = cognigyNode('cognigyTriggerFlow', credential, {
				botId: 'order-status',
				flowId: 'main',
				userId: 'customer-42',
				sessionId: '={{ $json.sessionId }}',
			});
			const items = SESSIONS.map((sessionId) => ({ sessionId }));
			const workflow = await e2e.client.createWorkflow(manualWorkflow('Start', items, node));
			await e2e.client.waitForExecution(await e2e.client.runWorkflow(workflow, 'Start'));
		}

		function injectFaults(): void {
			e2e.sandbox.faults.random({
				seed: 20_261_121,
				probability: 0.2,
				operations: ['messages'],
				kinds: [
					'dropBefore',
					'dropAfter',
					'resetAfter',
					'truncate',
					'badJson',
					'wrongContentType',
					{ kind: 'status', status: 429, headers: { 'retry-after': '0' } },
					{ kind: 'status', status: 503 },
				],
			});
			// Seldom: two of them in a row mean that even a new token is refused, and then no login is tried for a while.
			e2e.sandbox.faults.random({
				seed: 7,
				probability: 0.01,
				operations: ['messages'],
				kinds: [{ kind: 'status', status: 401 }],
			});
			e2e.sandbox.faults.random({
				seed: 4,
				probability: 0.3,
				operations: ['login'],
				kinds: ['dropAfter', 'badJson', { kind: 'status', status: 503 }],
			});
		}

		function sayNow(): void {
			for (const [sessionId, ids] of said) {
				for (let index = 0; index < AT_ONCE; index++) {
					ids.push(e2e.sandbox.say(sessionId, `${sessionId} says ${ids.length}`, 'webhook').messageId);
				}
			}
		}

		/** Goes on when most of what was said before is done: so n8n always has work, and never the whole of it. */
		async function sayInAll(): Promise<void> {
			const before = saidCount();
			sayNow();
			await until(() => countEmitted(e2e.n8nFolder) >= 0.8 * before);
		}

		function saidCount(): number {
			return [...said.values()].flat().length;
		}

		/** Until every message was emitted, or none was for a while. */
		async function untilQuiet(): Promise<void> {
			let last = -1;
			for (let quietSince = Date.now(); Date.now() - quietSince < QUIET_MS; await sleep(200)) {
				const count = countEmitted(e2e.n8nFolder);
				if (count === last) continue;
				last = count;
				quietSince = Date.now();
				if (new Set([...emittedBySession().values()].flat()).size >= saidCount()) return;
			}
		}

		/** Short enough to be read when a test fails. */
		function describeMessages(sessionId: string, ids: readonly string[]): string[] {
			if (ids.length === 0) return [];
			const positions = ids.map((id) => said.get(sessionId)?.indexOf(id));
			return [`${ids.length} of ${sessionId}, from ${positions.at(0)} to ${positions.at(-1)}`];
		}

		/** Message ids per session, in the order in which n8n was given them. */
		function emittedBySession(): Map<string, string[]> {
			const bySession = new Map<string, string[]>(SESSIONS.map((sessionId) => [sessionId, []]));
			for (const { sessionId, messageIds } of emittedItems(e2e.n8nFolder, stream.id, 'Cognigy')) {
				bySession.get(sessionId)?.push(...messageIds);
			}
			return bySession;
		}

		it('is what this says: there were so many messages and faults, and n8n was killed while it had work', () => {
			expect(saidCount()).toBeGreaterThanOrEqual(20_000);
			const faults = e2e.sandbox.requests.flatMap(({ operation, fault }) => (fault ? `${operation} ${fault}` : []));
			expect(faults.length).toBeGreaterThan(150);
			expect(new Set(faults).size).toBeGreaterThan(7);
			// Some of it was done, some begun.
			expect(new Set(known.map(({ isStaged }) => isStaged)).size).toBe(2);
		});

		it('none was lost', () => {
			const knownIds = new Set(known.map(({ messageId }) => messageId));
			const lost = SESSIONS.flatMap((sessionId) => {
				const ids = new Set(emitted.get(sessionId));
				const missing = (said.get(sessionId) ?? []).filter((id) => !ids.has(id));
				// A service that hands out nothing twice may have handed out an answer that died with n8n.
				const unknown = replay === 'once' ? (saidBefore.get(sessionId) ?? []).filter((id) => !knownIds.has(id)) : [];
				return describeMessages(
					sessionId,
					missing.filter((id, index) => id !== unknown[index]),
				);
			});
			expect(lost).toEqual([]);
		});

		it('none came twice', () => {
			const twice = [...emitted].flatMap(([sessionId, ids]) => describeMessages(sessionId, repeatedIn(ids)));
			expect(twice).toEqual([]);
		});

		it('those of each session came in order', () => {
			const disordered = SESSIONS.filter(
				(sessionId) => !cameInOrder(emitted.get(sessionId) ?? [], said.get(sessionId) ?? []),
			);
			expect(disordered).toEqual([]);
		});

		it('no password and no token is left in the log or in execution data (guarantee 6)', () => {
			const tokens = readFileSync(recordedTokens, 'utf8').trim().split('\n');
			const files = e2e.filesOfN8n();

			// The search looks in the right places.
			expect(tokens.length).toBeGreaterThan(1);
			expect(files).toContain('Cognigy audit');
			expect(files).toContain('session-49 says 407');
			expect([PASSWORD, ...tokens].filter((secret) => files.includes(secret))).toEqual([]);
		});
	},
);

async function until(isTrue: () => boolean): Promise<void> {
	const giveUpAt = Date.now() + 60_000;
	while (!isTrue()) {
		if (Date.now() > giveUpAt) throw new Error(`Did not become true: ${isTrue.toString()}`);
		await sleep(20);
	}
}
