import type { Client } from '../../../../client/client';
import type { CognigyAiInputs } from '../../../../client/cognigyAi/inputs';
import { parseCognigyAiConfig } from '../../../../client/cognigyAi/config';
import type { SocketRequest } from '../../../../client/cognigyAi/socket/transport';
import { callOptions, cognigyAiClient, triggerInput } from '../../../support/cognigyAi';
import { FakeClock } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { until } from '../../../support/until';

const token = 'feed'.repeat(16);
const urls = {
	live: `https://endpoint.example.com/${token}`,
	test: `https://endpoint.example.com/test/${token}`,
};
const session = { sessionId: 'session-1', userId: 'user-1' };

let stop: AbortController;
let client: Client<CognigyAiInputs>;
let dials: SocketRequest[];

beforeEach(() => {
	stop = new AbortController();
	dials = [];
	const sockets = {
		dial: async (request: SocketRequest) => {
			dials.push(request);
			return await Promise.resolve({ send: () => true, close: () => {} });
		},
	};
	const send = async () => await Promise.reject(new Error('Nothing is sent'));
	const transport = { send, download: send, close: () => {} };
	const fields = { apiBaseUrl: 'https://api.example.com', apiKey: 'key-1', projectId: 'project-1' };
	const dependencies = { transport, sockets, clock: new FakeClock(), random: () => 0, registry: new MemoryRegistry() };
	client = cognigyAiClient(parseCognigyAiConfig(fields), dependencies);
});
afterEach(() => {
	stop.abort();
	client.close();
});

const streams: Record<string, (endpoint: string) => Promise<unknown>> = {
	streamMessages: async (endpoint) =>
		await client.streamMessages({ ...session, endpoint }, { signal: stop.signal }).next(),
	follow: async (endpoint) => {
		const listeners = { onBatch: async () => {}, onTrouble: () => {}, onRecovered: () => {} };
		const options = { ...listeners, consumer: 'c', signal: stop.signal };
		await client.follow({ ...session, endpoint, messageTypes: ['bot'] }, options);
	},
};

describe.each(Object.keys(streams))('%s', (name) => {
	it.each([
		['live', 'test'],
		['test', 'live'],
	] as const)('on the %s URL stays there when others use the %s URL of the endpoint', async (own, others) => {
		const streaming = streams[name]?.(urls[own]);
		client.check('triggerFlow', triggerInput({ endpoint: urls[others] }), callOptions);
		await until(() => dials.length === 1);
		expect(dials[0]).toMatchObject({ testMode: own === 'test', address: { token } });
		stop.abort();
		await streaming?.catch(() => {});
	});
});
