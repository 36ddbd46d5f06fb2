import { setImmediate as nextTurn, setTimeout as work } from 'node:timers/promises';

import type { CognigyError } from '../../../../client/errors';
import type { MessageBatch } from '../../../../client/streams/types';
import { NodeTransport } from '../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress } from '../../../../client/transport/egress';
import { accountKey } from '../../../../client/registry/accountKey';
import type { SessionRegistry } from '../../../../client/registry/sessionRegistry';
import { systemClock } from '../../../../client/time/systemClock';
import { parseV1Config } from '../../../../client/v1/config';
import type { Client } from '../../../../client/client';
import type { V1Inputs } from '../../../../client/v1/inputs';
import { WsTransport } from '../../../../client/transport/node/wsTransport';
import { startSandbox, type Sandbox } from '../../../../sandbox';
import { restoreEnvironment, withoutProxies } from '../../../support/environment';
import type { RegistryStore } from '../../../support/registryContract';
import { sqliteStore } from '../../../support/registryFiles';
import { callOptions, startInput, v1Client } from '../../../support/v1';

const SESSIONS = 20;
const MESSAGES = 60;

/** What may happen to any poll, whatever it would have brought. */
const faults = [
	...(['dropBefore', 'resetBefore', 'dropAfter', 'resetAfter', 'truncate'] as const),
	...(['badJson', 'wrongShape', 'wrongContentType'] as const),
	{ kind: 'status', status: 500 },
	{ kind: 'status', status: 429 },
	{ kind: 'latency', ms: 20 },
	{ kind: 'slowBody', chunkBytes: 2_000, intervalMs: 1 },
	{ kind: 'gzipBomb', megabytes: 1 },
] as const;

let sandbox: Sandbox;
let store: RegistryStore;
let registry: SessionRegistry;
let client: Client<V1Inputs>;
let account: string;

async function openClient(replay: 'once' | 'all' | 'overlap'): Promise<void> {
	sandbox = await startSandbox({ replay, pollWaitMs: 200 });
	store = await sqliteStore();
	registry = await store.open();
	const config = parseV1Config({ baseUrl: sandbox.url, username: 'demo', password: 'demo-password' });
	account = accountKey({ type: 'cognigyApi', ...config });
	client = v1Client(config, {
		transport: new NodeTransport(unrestrictedEgress),
		webSocket: new WsTransport(unrestrictedEgress),
		clock: systemClock,
		// Short pauses.
		random: () => 0.02,
		registry,
	});
}

beforeEach(withoutProxies);
afterEach(async () => {
	client.close();
	await sandbox.close();
	await registry.close();
	await store.remove();
	restoreEnvironment();
});

/** A pseudo-random whole number from 1 to `max`, always the same ones. */
function seededDice(seed: number): (max: number) => number {
	let state = seed;
	return (max) => {
		state = (state * 48_271) % 0x7fffffff;
		return 1 + (state % max);
	};
}

describe.each([
	['once', 'in order'],
	['all', 'in order'],
	['overlap', 'in order'],
	['once', 'in parallel'],
] as const)('from a service that hands out messages %s, delivered %s', (replay, how) => {
	it('none is lost, none comes twice, and all come in the order of their session, whatever goes wrong', async () => {
		await openClient(replay);
		const stop = new AbortController();
		const given = new Map<string, string[]>();
		const underWay = new Map<string, number>();
		let mostUnderWay = 0;
		const batchIds: string[] = [];
		const troubles = new Set<CognigyError['category']>();
		const onBatch = async ({ session: { sessionId }, messages, id }: MessageBatch) => {
			batchIds.push(`${sessionId} ${id}`);
			underWay.set(sessionId, (underWay.get(sessionId) ?? 0) + 1);
			mostUnderWay = Math.max(mostUnderWay, underWay.get(sessionId) ?? 0);
			const ids = given.get(sessionId) ?? [];
			given.set(sessionId, ids);
			ids.push(...messages.map(({ messageId }) => messageId));
			await work(15);
			underWay.set(sessionId, (underWay.get(sessionId) ?? 0) - 1);
		};
		const following = client.follow(
			{ botId: '', flowId: '', sessionId: '', messageTypes: ['bot', 'user', 'webhook'] },
			{
				consumer: 'c',
				signal: stop.signal,
				...(how === 'in parallel' ? { parallel: 10 } : {}),
				onBatch,
				onTrouble: ({ category }) => troubles.add(category),
				onRecovered: () => {},
			},
		);

		sandbox.faults.random({ seed: 4, probability: 0.2, operations: ['messages'], kinds: faults });
		const sessionIds = Array.from({ length: SESSIONS }, (_, i) => `s${i}`);
		for (const sessionId of sessionIds) await client.triggerFlow({ ...startInput, sessionId }, callOptions);
		const transcripts = new Map(sandbox.sessions.map(({ sessionId, transcript }) => [sessionId, transcript]));
		const dice = seededDice(7);
		for (let round = 0, isMore = true; isMore; round++) {
			isMore = false;
			for (const sessionId of sessionIds) {
				const count = Math.min(dice(6), MESSAGES - (transcripts.get(sessionId)?.length ?? 0));
				for (let i = 0; i < count; i++) sandbox.say(sessionId, `message ${i}`);
				isMore ||= count > 0;
			}
			if (round === 10) sandbox.expireTokens();
			await sandbox.when(() => sandbox.stats().pollsHeld > SESSIONS / 2, 30_000);
		}
		await sandbox.when(() => sandbox.stats().messagesHandedOut === SESSIONS * MESSAGES, 20_000);
		for (const sessionId of sessionIds) sandbox.endSession(sessionId);
		const isOpen = async () =>
			await registry.openSessions({ account, now: Date.now(), after: 0, unconfirmedUntil: Date.now() });
		while ((await isOpen()).length > 0) await nextTurn();
		stop.abort();
		await following;

		for (const sessionId of sessionIds) {
			const said = transcripts.get(sessionId)?.map(({ messageId }) => messageId) ?? [];
			expect(said).toHaveLength(MESSAGES);
			expect(given.get(sessionId)).toEqual(said);
			expect(new Set(await registry.deliveredIds({ account, sessionId }, 'c'))).toEqual(new Set(said));
			expect(await registry.stagedBatches({ account, sessionId }, 'c')).toEqual([]);
		}
		expect([...troubles].sort()).toEqual(['network', 'protocol', 'rateLimit', 'server']);
		expect(new Set(batchIds).size).toBe(batchIds.length);
		if (how === 'in order') expect(mostUnderWay).toBe(1);
	}, 90_000);
});
