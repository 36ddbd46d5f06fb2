/** Who asks changes while a long poll is on its way: its answer may hold what the service hands out only once. */
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { longPolls, type PollAnswer, type PollRequest } from '../../../client/streams/longPolls';
import { systemClock } from '../../../client/time/systemClock';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { message, OnceService, SESSION, SharingProcess, type Reading } from '../../support/sharedSessions';
import { until } from '../../support/until';

let server: RedisServer;
let redis: RedisConnection;
let accounts = 0;
let processes: PollingProcess[];
let account: string;

beforeAll(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
});
afterAll(async () => {
	await redis.close();
	await server.stop();
});
beforeEach(() => {
	account = `account-${accounts++}`;
	processes = [];
});
afterEach(() => {
	for (const { process, polls } of processes) {
		process.end();
		for (const { answer } of polls) answer();
	}
});

/** Long polls of one process, which stay open until the test answers them. */
class PollingProcess {
	readonly process = new SharingProcess(redis, account, new OnceService());
	readonly polls: Array<{ signal: AbortSignal; answer: (...ids: string[]) => void }> = [];
	readonly #source = this.process.source(longPolls(this.#poll.bind(this), systemClock));

	constructor() {
		processes.push(this);
	}

	read(): Reading {
		return this.process.read({ source: this.#source });
	}

	/** The newest poll, once there are so many. */
	async poll(count: number) {
		await until(() => this.polls.length >= count);
		const newest = this.polls.at(-1);
		if (!newest) throw new Error('There is no poll.');
		return newest;
	}

	async #poll({ signal, onSent }: PollRequest): Promise<PollAnswer> {
		onSent();
		return await new Promise((resolve, reject) => {
			const answer = (...ids: string[]) => resolve({ messages: ids.map((id) => message(id)) });
			this.polls.push({ signal, answer });
			signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
		});
	}
}

/** Each session is looked at every 30 s, whatever is told. */
const SOON_MS = 25_000;

const hears = async ({ heard }: Reading, ...expected: string[]) => {
	await until(() => heard.length >= expected.length, SOON_MS);
	expect(heard.map(({ messageId }) => messageId)).toEqual(expected);
};

/** One asks, another reads, and the one that asks knows it. */
async function askingAndReading() {
	const [asking, reading] = [new PollingProcess(), new PollingProcess()];
	const asked = asking.read();
	const first = await asking.poll(1);
	const read = reading.read();
	first.answer('1');
	await hears(asked, '1');
	await hears(read, '1');
	return { asking, asked, reading, read, poll: await asking.poll(2) };
}

it('who leaves while another process reads lets its poll come to its end, and nobody asks beside it', async () => {
	const { asked, reading, read, poll } = await askingAndReading();
	asked.leave();
	poll.answer('2', '3');
	await hears(read, '1', '2', '3');
	expect(poll.signal.aborted).toBe(false);
	(await reading.poll(1)).answer('4');
	await hears(read, '1', '2', '3', '4');
});

it('who reads on in the process that left hears what its last poll brings, and asks only after that', async () => {
	const { asking, asked, read, poll } = await askingAndReading();
	asked.leave();
	const exchange = jest.spyOn(asking.process.feed, 'exchange');
	const again = asking.read();
	await until(() => exchange.mock.calls.some(([{ role }]) => role === 'reader'));
	await Promise.all(exchange.mock.results.map(({ value }) => value as unknown));
	expect(asking.polls).toHaveLength(2);
	poll.answer('2');
	await hears(again, '1', '2');
	await hears(read, '1', '2');
});

it('what the last poll brought is in the feed before anybody asks on', async () => {
	const { asking, asked, read, poll } = await askingAndReading();
	asked.leave();
	const again = asking.read();
	const { feed } = asking.process;
	const exchange = feed.exchange.bind(feed);
	const write = new Promise<() => void>((isHeldUp) => {
		jest.spyOn(feed, 'exchange').mockImplementation(async (what) => {
			if (what.entries.length > 0) await new Promise<void>((resolve) => isHeldUp(resolve));
			return await exchange(what);
		});
	});
	poll.answer('2');
	const goOn = await write;
	for (let turn = 0; turn < 20; turn++) await feed.ids(SESSION);
	expect(asking.polls).toHaveLength(2);
	goOn();
	await hears(again, '1', '2');
	await hears(read, '1', '2');
});

it('who asks hears soon that somebody has come to read', async () => {
	const [asking, reading] = [new PollingProcess(), new PollingProcess()];
	const asked = asking.read();
	const poll = await asking.poll(1);
	const changes = jest.spyOn(asking.process.feed, 'changes');
	// At first everybody looks.
	await until(() => changes.mock.calls.some(([since]) => since >= 0));
	const exchange = jest.spyOn(asking.process.feed, 'exchange');
	const read = reading.read();
	await until(() => exchange.mock.calls.length > 0, SOON_MS);
	await Promise.all(exchange.mock.results.map(({ value }) => value as unknown));
	asked.leave();
	poll.answer('1');
	await hears(read, '1');
	expect(poll.signal.aborted).toBe(false);
});

it('a process that was taken for dead while it polled brings what it is answered', async () => {
	const { asking, asked, reading, read, poll } = await askingAndReading();
	await asking.process.goSilent();
	const next = await reading.poll(1);
	next.answer('2');
	await hears(asked, '1', '2');
	poll.answer('3');
	await hears(read, '1', '2', '3');
	await hears(asked, '1', '2', '3');
	expect(poll.signal.aborted).toBe(false);
});

it('where nobody else reads, a poll is ended with its reader', async () => {
	const asking = new PollingProcess();
	const asked = asking.read();
	const poll = await asking.poll(1);
	asked.leave();
	await until(() => poll.signal.aborted);
});
