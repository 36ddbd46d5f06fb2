import { setTimeout as sleep } from 'node:timers/promises';

import * as client from '../../../client';
import type { MessageBatch } from '../../../client/streams/types';
import { Outage } from '../../../nodes/CognigyStreamMessagesTrigger/outage';
import { Supervisor } from '../../../nodes/CognigyStreamMessagesTrigger/supervisor';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { callOptions, followAll, removeState, startAndWait, environment } from '../../support/accounts';
import { restoreEnvironment, withoutProxies } from '../../support/environment';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { closedPort } from '../../support/servers';
import { until } from '../../support/until';

jest.setTimeout(180_000);

let sandbox: Sandbox;
let server: RedisServer;
let stream: Supervisor;
const batches: MessageBatch[] = [];

beforeAll(async () => {
	withoutProxies();
	server = await startRedisServer();
	sandbox = await startSandbox({ replay: 'once', pollWaitMs: 3_000 });
});
afterAll(async () => {
	await stream.stop();
	client.closeAllClients();
	await sandbox.close();
	await server.stop();
	removeState();
	restoreEnvironment();
});

function open(changes: object) {
	const account = { baseUrl: sandbox.url, username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
	return client.clientFor({ type: 'cognigyApi', fields: { ...account, ...changes } }, environment);
}

function unexpected(error: unknown): never {
	throw error;
}

it.each([
	['to Redis', 'a', () => ({}), () => ({ stateStore: 'redis', redisUrl: server.url })],
	['back to this machine', 'b', () => ({ stateStore: 'redis', redisUrl: server.url }), () => ({})],
])('a change of the State Store %s loses nothing and repeats nothing', async (_where, name, before, after) => {
	await stream?.stop();
	batches.length = 0;
	const sessions = Array.from({ length: 4 }, (_, index) => `${name}-${index}`);
	let now = open(before());
	await Promise.all(sessions.map((sessionId) => now.triggerFlow(startAndWait(sessionId), callOptions)));
	const silent = { debug() {}, info() {}, warn() {}, error() {} };
	stream = new Supervisor({
		client,
		openClient: async () => now,
		input: followAll,
		consumer: `consumer ${name}`,
		onBatch: async (batch) => void batches.push(batch),
		onOver: () => {},
		onWarning: () => {},
		outage: new Outage({ logger: silent, origin: {}, report: undefined, toNodeError: unexpected }),
		asCognigyError: unexpected,
		isWrongCredential: () => true,
	});
	stream.start(Promise.resolve());
	const texts = (sessionId: string) =>
		batches
			.filter(({ session }) => session.sessionId === sessionId)
			.flatMap(({ messages }) => messages.map(({ text }) => text));
	await until(() => sessions.every((sessionId) => texts(sessionId).length === 1));

	now = open(after());
	await now.triggerFlow(startAndWait(`${name}-new`), callOptions);
	let said = 0;
	// Only who follows over the new registry knows the new session.
	while (texts(`${name}-new`).length === 0 || said < 20) {
		for (const sessionId of sessions) sandbox.say(sessionId, `${said}`);
		said++;
		await sleep(200);
	}
	// Until those who held the sessions meanwhile have let go.
	for (let last = 0; last < 90; last++, said++) {
		for (const sessionId of sessions) sandbox.say(sessionId, `${said}`);
		await sleep(200);
	}
	const all = Array.from({ length: said }, (_, index) => `${index}`);
	await until(() => sessions.every((sessionId) => texts(sessionId).length > said), 60_000);
	for (const sessionId of sessions) expect(texts(sessionId).slice(1)).toEqual(all);
});

it('a change that does not work, and is taken back, is no trouble any more', async () => {
	await stream?.stop();
	const here = open({});
	let now = here;
	const troubles = new Set<string>();
	const outage: Pick<Outage, 'trouble' | 'over'> = {
		trouble: (_error, source) => void troubles.add(source),
		over: (source) => void troubles.delete(source),
	};
	stream = new Supervisor({
		client,
		openClient: async () => now,
		input: followAll,
		consumer: 'consumer c',
		onBatch: async () => {},
		onOver: () => {},
		onWarning: () => {},
		outage: outage as Outage,
		asCognigyError: (error) => error as client.CognigyError,
		isWrongCredential: () => false,
	});
	stream.start(Promise.resolve());
	now = open({ stateStore: 'redis', redisUrl: `redis://127.0.0.1:${await closedPort()}` });
	await until(() => troubles.size > 0);
	now = here;
	await until(() => troubles.size === 0);
});
