import { CognigyError } from '../../client/errors';
import type { RedisConnection } from '../../client/redis/redisConnection';
import { feedKeys, feedOf } from '../../client/streams/feed/redis/feedKeys';
import { BEGINNING } from '../../client/streams/feed/sessionFeed';
import { WAITING_LIMIT } from '../../client/streams/load';
import { answerEnd, type HeardBatch } from '../../client/streams/heardMessage';
import type { MessageSource, SourceListener } from '../../client/streams/messageSource';
import { message, OnceService, SESSION, SharingProcess, type Reading } from './sharedSessions';
import type { TestedRedis } from './testedRedis';
import { until } from './until';

/** What processes that share a session hear of it, on any Redis. */
export function describeSharedSourceContract(name: string, open: () => Promise<TestedRedis>): void {
	let tested: TestedRedis;
	let redis: RedisConnection;
	let admin: RedisConnection;
	let accounts = 0;
	let account: string;
	let service: OnceService;
	let processes: SharingProcess[];

	beforeAll(async () => {
		tested = await open();
		({ redis, admin } = tested);
	});

	afterAll(async () => await tested.close());

	beforeEach(() => {
		account = `source-${accounts++}`;
		service = new OnceService();
		processes = [];
	});

	afterEach(() => {
		for (const process of processes) process.end();
	});

	function start(): SharingProcess {
		const process = new SharingProcess(redis, account, service);
		processes.push(process);
		return process;
	}

	const ids = ({ heard }: Reading) => heard.map(({ messageId }) => messageId);
	const hears = async (reading: Reading, ...expected: string[]) => {
		await until(() => reading.heard.length >= expected.length);
		expect(ids(reading)).toEqual(expected);
	};
	const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
	const isWritten = async (process: SharingProcess, id: string) => {
		while (!(await process.feed.ids(SESSION)).includes(id));
	};
	const say = (...texts: string[]) => service.say(...texts.map((text) => message(text)));

	describe(`a session that processes share: ${name}`, () => {
		it('one process asks, all of them hear each message once, in order', async () => {
			const readings = [start().read(), start().read(), start().read()];
			await until(() => service.connections.length === 1);
			say(...numbered(1, 50));
			for (const reading of readings) await hears(reading, ...numbered(1, 50));
			expect(service.connections).toHaveLength(1);
			await until(() => service.isDone);
		});

		it('who comes later hears what came before, but not that somebody typed', async () => {
			const first = start().read({ typingStatus: true });
			service.say(message('1'), message('t', 'typingStatus'), message('2'));
			await hears(first, '1', 't', '2');
			const late = start();
			await hears(late.read({ typingStatus: true }), '1', '2');
			const again = late.read({ typingStatus: true, knownIds: ['1'] });
			await hears(again, '2');
			service.say(message('t2', 'typingStatus'), message('3'));
			await hears(again, '2', 't2', '3');
		});

		it('that an answer is over is passed on in its place, and told with the last of it to who comes later', async () => {
			const chunk = (id: string) => ({ ...message(id), chunk: { answerId: 'a', text: id } });
			const first = start().read();
			const beside = start().read();
			say('0');
			// Whoever has not heard this yet would come later.
			for (const reading of [first, beside]) await hears(reading, '0');
			service.say(chunk('1'), chunk('2'), answerEnd, message('3'));
			for (const reading of [first, beside]) {
				await until(() => reading.heard.length === 5);
				expect(reading.heard.map(({ messageId, isAnswerEnd }) => isAnswerEnd ?? messageId)).toEqual([
					'0',
					'1',
					'2',
					true,
					'3',
				]);
			}
			const late = start().read();
			await hears(late, '0', '1', '2', '3');
			expect(late.heard.map(({ chunk: part }) => part?.isLast)).toEqual([undefined, undefined, true, undefined]);
		});

		it('another process goes on when the one that asks leaves', async () => {
			const [a, b] = [start(), start()];
			const [first, second] = [a.read(), b.read()];
			say('1');
			await hears(second, '1');
			first.leave();
			say('2');
			await hears(second, '1', '2');
			expect(service.connections.map(({ owner }) => owner)).toEqual([b]);
		});

		it('another process goes on when the one that asks leaves while Redis fails, and lives on', async () => {
			const [a, b] = [start(), start()];
			const first = a.read();
			await until(() => service.connections.length === 1);
			const second = b.read();
			say('1');
			await hears(second, '1');
			a.faults.push('before');
			first.leave();
			await until(() => a.faults.length === 0);
			const place = { after: BEGINNING, brought: BEGINNING, entries: [], isAwaited: false, limit: 0 };
			const signOfLife = () => void a.feed.exchange({ name: 'another', member: 'm', role: 'reader', ...place });
			const living = setInterval(signOfLife, 500);
			try {
				say('2');
				await hears(second, '1', '2');
			} finally {
				clearInterval(living);
			}
		});

		it('another process goes on when the one that asks is killed: what was not acknowledged comes again, nothing twice', async () => {
			const [a, b] = [start(), start()];
			a.read();
			const second = b.read();
			await until(() => service.connections.length === 1);
			const isFirst = service.connections[0]?.owner === a;
			const [asks, other] = isFirst ? [a, second] : [b, a.read()];
			say(...numbered(1, 20));
			await until(() => other.heard.length > 3);
			await asks.kill();
			say(...numbered(21, 30));
			await hears(other, ...numbered(1, 30));
		});

		it('nothing is acknowledged, no more is asked for, and nobody is told before it is written down', async () => {
			const process = start();
			const reading = process.read();
			say('1');
			await hears(reading, '1');
			process.isCutOff = true;
			say('2');
			await until(() => service.connections[0]?.isWaitedFor === true);
			expect(service.connections[0]?.listener.isFull).toBe(true);
			say('3');
			expect(ids(reading)).toEqual(['1']);
			process.isCutOff = false;
			await hears(reading, '1', '2', '3');
			await until(() => service.isDone);
		});

		it('is acknowledged only when it is safe with who reads here, too', async () => {
			const process = start();
			const leaving = new AbortController();
			let batch: HeardBatch | undefined;
			const options = { signal: leaving.signal, kind: 'stream', confirms: true } as const;
			void process.follower.read([], options, (given) => (batch = given));
			say('1');
			await until(() => batch !== undefined);
			expect(await process.feed.ids(SESSION)).toEqual(['1']);
			expect(service.isDone).toBe(false);
			batch?.acknowledge();
			await until(() => service.isDone);
			leaving.abort();
		});

		it('is not acknowledged before those here have read so far, also where they had no room when it was written down', async () => {
			service.atOnce = 100;
			const process = start();
			const reading = process.read();
			reading.hasRoom = false;
			await until(() => service.connections.length === 1);
			const [connection] = service.connections;
			say(...numbered(1, 2_000));
			await until(() => reading.heard.length >= WAITING_LIMIT.messages && connection?.listener.isFull === true);
			const said = reading.heard.length;
			const acknowledged: string[] = [];
			// They were on their way already. That the second one is written down shows that all was done about the first.
			for (const id of ['late', 'later']) {
				connection?.listener.onMessages([message(id)], () => acknowledged.push(id));
				await isWritten(process, id);
			}
			expect(ids(reading)).not.toContain('late');
			expect(acknowledged).toEqual([]);
			reading.hasRoom = true;
			reading.room();
			await until(() => acknowledged.length === 2);
			expect(ids(reading).slice(said)).toContain('late');
			await until(() => service.isDone);
		});

		it('who was taken for dead brings what it has, and lets the session go', async () => {
			const [a, b] = [start(), start()];
			const first = a.read();
			await until(() => service.connections.length === 1);
			const isA = service.connections[0]?.owner === a;
			expect(isA).toBe(true);
			const held = service.connections[0];
			a.isCutOff = true;
			await a.goSilent();
			const second = b.read();
			await until(() => service.connections.length === 2);
			// It was handed out to the first, and will not be to another.
			held?.listener.onMessages([message('1')]);
			a.isCutOff = false;
			await hears(first, '1');
			await hears(second, '1');
			await until(() => service.connections.length === 1);
			expect(service.connections[0]?.owner).toBe(b);
		});

		it('without Redis who waits for a reply asks at once; what it hears is brought when Redis is back', async () => {
			const [a, b] = [start(), start()];
			const elsewhere = b.read();
			say('1');
			await hears(elsewhere, '1');
			a.isCutOff = true;
			service.choose = () => service.connections.findIndex(({ owner }) => owner === a);
			const reply = a.read({ kind: 'call', typingStatus: true });
			await until(() => service.connections.length === 2);
			service.connections[1]?.listener.onMessages([message('2'), message('t', 'typingStatus'), message('3')]);
			await hears(reply, '2', 't', '3');
			expect(ids(elsewhere)).toEqual(['1']);
			a.isCutOff = false;
			await hears(elsewhere, '1', '2', '3');
			await hears(reply, '2', 't', '3', '1');
			await until(() => service.connections.length === 1);
		});

		it('without Redis streams wait for a while, then each process asks by itself', async () => {
			const process = start();
			process.isCutOff = true;
			const reading = process.read();
			expect(service.connections).toHaveLength(0);
			await until(() => service.connections.length === 1);
			service.connections[0]?.listener.onMessages([message('1')]);
			await hears(reading, '1');
			process.isCutOff = false;
			const other = start().read();
			await hears(other, '1');
			say('2');
			await hears(other, '1', '2');
			await hears(reading, '1', '2');
		});

		it('when Redis has forgotten all, what was heard last is there again, and nobody hears anything twice', async () => {
			const [a, b] = [start(), start()];
			const [first, second] = [a.read(), b.read()];
			say(...numbered(1, 10));
			await hears(first, ...numbered(1, 10));
			await hears(second, ...numbered(1, 10));
			const keys = (await admin.command('KEYS', `*{${account}}*`)) as string[];
			await admin.command('DEL', ...keys);
			say('11');
			await hears(first, ...numbered(1, 11));
			await hears(second, ...numbered(1, 11));
			await hears(start().read(), ...numbered(1, 11));
		});

		it('when Redis has lost the newest, as in a failover, who has heard it hears what comes in its place', async () => {
			const [a, b] = [start(), start()];
			const first = a.read();
			await until(() => service.connections.length === 1);
			const second = b.read();
			say('1');
			service.say(message('t', 'typingStatus'));
			say('2');
			await hears(first, '1', '2');
			await hears(second, '1', '2');
			// Has them look again, for nothing.
			const looks = b.exchanges;
			await hears(start().read(), '1', '2');
			await until(() => b.exchanges > looks);
			const [feed, entries, ids] = feedKeys(account, feedOf(SESSION));
			for (const key of [entries, ids]) await admin.command('ZREMRANGEBYSCORE', key ?? '', '2', '+inf');
			await admin.command('HSET', feed ?? '', 'last', '1');
			say('3');
			await hears(first, '1', '2', '3');
			await hears(second, '1', '2', '3');
		});

		it('who has no room in another process holds up who asks, until there is room or it is gone', async () => {
			service.atOnce = 100;
			const [a, b] = [start(), start()];
			const fast = a.read();
			await until(() => service.connections.length === 1);
			const slow = b.read();
			slow.hasRoom = false;
			say(...numbered(1, 3_000));
			await until(() => slow.heard.length > 500);
			await until(() => fast.heard.length > 1_000);
			await until(() => service.connections[0]?.listener.isFull === true);
			expect(fast.heard.length).toBeLessThan(2_500);
			slow.hasRoom = true;
			slow.room();
			await hears(slow, ...numbered(1, 3_000));
			await hears(fast, ...numbered(1, 3_000));
		});

		it('that a session is over is told after all that was said in it, and another process finds out for itself', async () => {
			const [a, b] = [start(), start()];
			const ending = (listener: SourceListener): ReturnType<MessageSource['open']> => ({
				start: () => {
					listener.onMessages([message('1'), message('2')]);
					listener.onEnded(listener.readers);
				},
				yieldsTo: () => false,
				changed: () => {},
				close: () => {},
			});
			const first = a.read({ source: a.source({ open: ending }) });
			const second = b.read({ source: b.source({ open: ending }) });
			for (const reading of [first, second]) {
				await until(() => reading.isOver);
				expect(ids(reading)).toEqual(['1', '2']);
			}
		});

		it('that a session is over is told to a stream after what a process has heard that was taken for dead', async () => {
			const [a, b] = [start(), start()];
			a.read();
			await until(() => service.connections.length === 1);
			const [second, reply] = [b.read(), b.read({ kind: 'call' })];
			say('1');
			await hears(second, '1');
			a.isCutOff = true;
			await a.goSilent();
			await until(() => service.connections.some(({ owner }) => owner === b));
			service.choose = () => service.connections.findIndex(({ owner }) => owner === a);
			say('2');
			const { listener } = service.connections.find(({ owner }) => owner === b) ?? {};
			listener?.onEnded(listener.readers);
			await until(() => reply.isOver);
			expect(second.isOver).toBe(false);
			a.isCutOff = false;
			await until(() => second.isOver);

			expect(ids(second)).toEqual(['1', '2']);
			expect(ids(reply)).toEqual(['1']);
		});

		const refused = new CognigyError({ category: 'permission', message: 'no', advice: '' });

		it('that a session is over is told to a stream when Redis is back, after what others have heard', async () => {
			const [a, b] = [start(), start()];
			a.read();
			await until(() => service.connections.length === 1);
			const second = b.read();
			say('1');
			await hears(second, '1');
			b.isCutOff = true;
			service.choose = () => service.connections.findIndex(({ owner }) => owner === a);
			say('2');
			await isWritten(a, '2');
			await until(() => service.connections.some(({ owner }) => owner === b));
			const { listener } = service.connections.find(({ owner }) => owner === b) ?? {};
			listener?.onEnded(listener.readers);
			const { unanswered } = b;
			await until(() => b.unanswered > unanswered + 5);
			expect(second.isOver).toBe(false);
			b.isCutOff = false;
			await until(() => second.isOver);
			expect(ids(second)).toEqual(['1', '2']);
		});

		it('where all who read are refused, another process asks', async () => {
			const [a, b] = [start(), start()];
			let attempts = 0;
			const refusing = (listener: SourceListener): ReturnType<MessageSource['open']> => ({
				start: () => {
					attempts++;
					listener.onTrouble(refused, listener.nextAsker());
				},
				yieldsTo: () => false,
				changed: () => {},
				close: () => {},
			});
			const first = a.read({ source: a.source({ open: refusing }) });
			await until(() => attempts > 0);
			const second = b.read();
			await until(() => service.connections.length === 1);
			say('1');
			await hears(first, '1');
			await hears(second, '1');
		});

		it('where what asks gives way to a reader who came, it asks anew and the session stays', async () => {
			const [a, b] = [start(), start()];
			let opened = 0;
			const givingWay: MessageSource = {
				open: (listener) => ({
					start: () => {
						opened++;
						if (listener.kind === 'call') listener.onMessages([message('1')]);
					},
					yieldsTo: ({ kind }) => kind === 'call',
					changed: () => {},
					close: () => {},
				}),
			};
			const source = a.source(givingWay);
			const first = a.read({ source });
			await until(() => opened === 1);
			const second = b.read();
			const reply = a.read({ source, kind: 'call' });
			for (const reading of [first, second, reply]) await hears(reading, '1');
			expect(opened).toBe(2);
			expect(service.connections).toHaveLength(0);
		});

		it('who waits for a reply in another process does not stand in the line for streams', async () => {
			const [a, b] = [start(), start()];
			const asked: string[] = [];
			const inLine: MessageSource = {
				open: (listener) => ({
					start: () => asked.push(listener.kind),
					yieldsTo: ({ kind }) => kind === 'call' && asked.at(-1) === 'stream',
					changed: () => {},
					close: () => {},
				}),
			};
			a.read({ source: a.source(inLine) });
			await until(() => asked.length === 1);
			b.read();
			b.read({ kind: 'call' });
			await until(() => asked.length === 2);
			expect(asked).toEqual(['stream', 'call']);
			expect(service.connections).toHaveLength(0);
		});

		it('how to ask is handed on', () => {
			const poll = async () => await Promise.resolve('ended' as const);
			expect(start().source({ ...service.source(), poll }).poll).toBe(poll);
			expect('poll' in start().source(service.source())).toBe(false);
		});

		it('what comes in another way is for all processes, in order, also while Redis is away for a moment', async () => {
			const [a, b] = [start(), start()];
			const reading = b.read();
			await a.sessions.note(SESSION, [message('1')]);
			a.faults.push('before', 'after', 'before');
			const notes = [a.sessions.note(SESSION, [message('2')]), a.sessions.note(SESSION, [message('3')])];
			await Promise.all(notes);
			await hears(reading, '1', '2', '3');
			expect(await b.sessions.idsOf(SESSION)).toEqual(['1', '2', '3']);
		});

		it('what comes after the last reader has left is for who comes later', async () => {
			const process = start();
			const reading = process.read();
			await until(() => service.connections.length === 1);
			const [connection] = service.connections;
			reading.leave();
			const isAcknowledged = await new Promise<boolean>((resolve) => {
				connection?.listener.onMessages([message('late')], () => resolve(true));
			});
			expect(isAcknowledged).toBe(true);
			await hears(start().read(), 'late');
			await hears(process.read(), 'late');
		});
	});
}
