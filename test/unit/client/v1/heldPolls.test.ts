import type { CognigyError } from '../../../../client/errors';
import { FakeClock } from '../../../support/fakeClock';
import { startGateway, type Cut, type Gateway } from '../../../support/gateway';
import { until } from '../../../support/until';
import { callOptions, startInput, v1Setup, type V1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const { botId, flowId } = startInput;
const sessionId = 'session-1';

let gateways: Gateway[] = [];

afterEach(async () => {
	await Promise.all(gateways.map(async (gateway) => await gateway.close()));
	gateways = [];
	await closeSetups();
});

interface Stream extends V1Setup {
	gateway: Gateway;
	texts: string[];
	troubles: CognigyError[];
	recoveries: number;
	stop: AbortController;
	done: Promise<void>;
	/** Lets so much time pass while a poll is held, in ms, and cuts it. */
	cutAfter(ms: number, how: Cut): Promise<void>;
}

/** A stream behind a gateway; only the pause after an empty answer passes by itself, so that every poll can be held. */
async function streaming(): Promise<Stream> {
	const service = await v1Setup({ sandbox: { pollWaitMs: 60_000, replay: 'once' } });
	const gateway = await startGateway(service.sandbox.url);
	gateways.push(gateway);
	const clock = new FakeClock({ skipsUpToMs: 500 });
	const { client, transport } = await v1Setup({ baseUrl: gateway.url, clock });
	await client.triggerFlow(startInput, callOptions);
	const stream: Stream = {
		sandbox: service.sandbox,
		client,
		transport,
		clock,
		gateway,
		texts: [],
		troubles: [],
		recoveries: 0,
		stop: new AbortController(),
		done: Promise.resolve(),
		async cutAfter(ms, how) {
			await clock.advance(ms);
			const { polls } = gateway;
			gateway.cut(how);
			await until(() => gateway.polls > polls && gateway.held === 1);
		},
	};
	const read = async () => {
		const options = {
			signal: stream.stop.signal,
			onTrouble: (error: CognigyError) => stream.troubles.push(error),
			onRecovered: () => stream.recoveries++,
		};
		for await (const batch of client.streamMessages({ botId, flowId, sessionId }, options)) {
			stream.texts.push(...batch.map(({ text }) => text));
		}
	};
	stream.done = read();
	await until(() => stream.texts.length > 0);
	await until(() => gateway.held === 1);
	await service.sandbox.when(() => service.sandbox.stats().pollsHeld === 1);
	stream.texts.length = 0;
	return stream;
}

describe('a poll that was held and then cut is an empty poll', () => {
	it.each<[string, Cut, number]>([
		['408', 408, 12_000],
		['502', 502, 20_000],
		['504', 504, 29_000],
		['524', 524, 31_000],
		['a closed connection', 'close', 20_000],
		['a reset connection', 'reset', 8_000],
	])('%s', async (_name, how, afterMs) => {
		const stream = await streaming();
		// Longer than after which an outage is reported.
		for (let minutes = 0; minutes < 6; minutes++) await stream.cutAfter(afterMs, how);

		expect(stream.troubles).toEqual([]);
		// One pause after each, as after an empty answer.
		expect(stream.clock.skipped).toEqual(Array(6).fill(500));
		stream.sandbox.say(sessionId, 'still there');
		await until(() => stream.texts.length === 1);
		expect(stream.texts).toEqual(['still there']);
	});

	it('what is said while nobody asks comes with the next poll, once', async () => {
		const stream = await streaming();
		const said: string[] = [];
		for (let turn = 0; turn < 5; turn++) {
			await stream.clock.advance(15_000);
			const { sandbox } = stream;
			await sandbox.when(() => sandbox.stats().pollsHeld === 1);
			const left = sandbox.when(() => sandbox.stats().pollsHeld === 0);
			stream.gateway.cut(turn % 2 === 0 ? 504 : 'close');
			await left;
			said.push(`${turn}`);
			stream.sandbox.say(sessionId, `${turn}`);
			await until(() => stream.texts.length === said.length);
			await until(() => stream.gateway.held === 1);
		}

		expect(stream.texts).toEqual(said);
		expect(stream.troubles).toEqual([]);
	});

	it('ends what was an outage before', async () => {
		const stream = await streaming();
		stream.gateway.refusePolls(502);
		stream.gateway.cut('close');
		await until(() => stream.troubles.length >= 2);
		stream.gateway.refusePolls(undefined);
		await until(() => stream.gateway.held === 1);
		await stream.cutAfter(9_000, 504);

		expect(stream.recoveries).toBe(1);
	});
});

describe('is an outage', () => {
	it.each<[string, Cut, string]>([
		['502', 502, 'server'],
		['504', 504, 'server'],
		['a closed connection', 'close', 'network'],
	])('at once: %s', async (_name, how, category) => {
		const stream = await streaming();
		stream.gateway.refusePolls(how);
		stream.gateway.cut('close');
		await until(() => stream.troubles.length >= 3);

		expect(stream.troubles.slice(1)).toEqual(
			expect.arrayContaining([expect.objectContaining({ category, isTransient: true })]),
		);
	});

	it.each<[string, Cut]>([
		['503, which no gateway says when it gives up waiting', 503],
		['500', 500],
		['an answer that breaks off: it may have held messages', 'truncate'],
	])('after 20 s: %s', async (_name, how) => {
		const stream = await streaming();
		await stream.cutAfter(20_000, how);

		expect(stream.troubles).toHaveLength(1);
	});

	it('4 s are not held', async () => {
		const stream = await streaming();
		await stream.cutAfter(4_000, 504);

		expect(stream.troubles).toMatchObject([{ httpStatus: 504 }]);
	});
});

describe('the time limit of a poll follows that of the gateway', () => {
	const limit = ({ clock }: Stream, ms: number) => clock.isWaiting(ms);

	it('comes down when it is known, and goes up again when a poll was open longer', async () => {
		const stream = await streaming();
		expect(limit(stream, 45_000)).toBe(true);
		for (const ms of [20_000, 20_200]) await stream.cutAfter(ms, 504);
		expect(limit(stream, 45_000)).toBe(true);
		await stream.cutAfter(19_900, 504);
		expect(limit(stream, 35_200)).toBe(true);

		await stream.clock.advance(28_000);
		stream.sandbox.say(sessionId, 'late');
		await until(() => stream.texts.length === 1 && stream.gateway.held === 1);
		expect(limit(stream, 45_000)).toBe(true);
	});

	it('cuts after different times are no limit', async () => {
		const stream = await streaming();
		for (const ms of [6_000, 9_000, 20_000, 6_000]) await stream.cutAfter(ms, 'close');

		expect(limit(stream, 45_000)).toBe(true);
	});

	it('a poll that the gateway forgot is empty too, and the next one has the whole time', async () => {
		const stream = await streaming();
		for (let times = 0; times < 3; times++) await stream.cutAfter(10_000, 504);
		const { polls } = stream.gateway;
		await stream.clock.advance(25_000);
		await until(() => stream.gateway.polls > polls && stream.gateway.held === 1);
		expect(stream.troubles).toEqual([]);
		expect(limit(stream, 45_000)).toBe(true);

		await stream.clock.advance(45_000);
		await until(() => stream.troubles.length === 1);
		expect(stream.troubles).toMatchObject([{ category: 'timeout' }]);
	});

	it('a restart that cuts many polls at once is one cut', async () => {
		const stream = await streaming();
		const others = ['session-2', 'session-3', 'session-4'];
		const options = { signal: stream.stop.signal };
		for (const other of others) {
			await stream.client.triggerFlow({ ...startInput, sessionId: other }, callOptions);
			void stream.client.streamMessages({ botId, flowId, sessionId: other }, options).next();
		}
		await until(() => stream.gateway.held === 4);
		await stream.clock.advance(7_000);
		const { polls } = stream.gateway;
		stream.gateway.cut('close');
		await until(() => stream.gateway.polls === polls + 4 && stream.gateway.held === 4);

		expect(limit(stream, 22_000)).toBe(false);
		stream.stop.abort();
	});
});
