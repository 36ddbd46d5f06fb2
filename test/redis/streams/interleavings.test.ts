/** Processes that share a session under random interleavings: some are killed, taken for dead, or without Redis for a moment. */
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import {
	message,
	OnceService,
	SESSION,
	SharingProcess,
	type ExchangeFault,
	type Reading,
} from '../../support/sharedSessions';
import { until } from '../../support/until';

const PROCESSES = 3;

interface Order {
	do: 'say' | 'read' | 'leave' | 'kill' | 'silence' | 'fail' | 'note' | 'stick' | 'wait';
	process: number;
	many: number;
	faults: ExchangeFault[];
}

const kinds = [
	'say',
	'say',
	'say',
	'read',
	'read',
	'leave',
	'kill',
	'silence',
	'fail',
	'note',
	'stick',
	'wait',
] as const;
const order: fc.Arbitrary<Order> = fc.record({
	do: fc.constantFrom(...kinds),
	process: fc.nat({ max: PROCESSES - 1 }),
	many: fc.integer({ min: 1, max: 20 }),
	faults: fc.array(fc.constantFrom<ExchangeFault>('before', 'after'), { maxLength: 4 }),
});

let server: RedisServer;
let redis: RedisConnection;
let accounts = 0;

beforeAll(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
});

afterAll(async () => {
	await redis.close();
	await server.stop();
});

/** What somebody heard who is expected to hear all to the end. */
interface Heard {
	reading: Reading;
	process: SharingProcess;
}

class Play {
	readonly service = new OnceService();
	readonly account = `account-${accounts++}`;
	readonly processes = Array.from({ length: PROCESSES }, () => this.start());
	readonly readings: Heard[] = [];
	readonly gone: Reading[] = [];
	readonly said: string[] = [];
	readonly noted: string[] = [];
	readonly notes: Array<Promise<void>> = [];

	start(): SharingProcess {
		return new SharingProcess(redis, this.account, this.service);
	}

	async carryOut({ do: what, process: index, many, faults }: Order): Promise<void> {
		const process = this.processes[index] ?? this.start();
		switch (what) {
			case 'say':
				for (let count = 0; count < many; count++) {
					const id = `said-${this.said.length}`;
					this.said.push(id);
					this.service.say(message(id));
				}
				break;
			case 'note': {
				const id = `noted-${this.noted.length}`;
				this.noted.push(id);
				this.notes.push(process.sessions.note(SESSION, [message(id)]));
				break;
			}
			case 'read':
				this.readings.push({ reading: process.read(), process });
				break;
			case 'leave':
				this.#leave(({ process: other }) => other === process);
				break;
			case 'kill':
				await Promise.allSettled(this.notes);
				this.#leave(({ process: other }) => other === process, true);
				await process.kill();
				this.processes[index] = this.start();
				break;
			case 'silence':
				await process.goSilent();
				break;
			case 'fail':
				process.faults.push(...faults);
				break;
			case 'stick':
				for (const { reading } of this.readings.slice(0, 1)) {
					reading.hasRoom = !reading.hasRoom;
					reading.room();
				}
				break;
			case 'wait':
				for (let count = 0; count < many; count++) await nextTurn();
				break;
		}
		await nextTurn();
	}

	#leave(isMeant: (heard: Heard) => boolean, all = false): void {
		const meant = this.readings.filter(isMeant).slice(0, all ? Infinity : 1);
		for (const one of meant) {
			this.readings.splice(this.readings.indexOf(one), 1);
			this.gone.push(one.reading);
			if (!all) one.reading.leave();
		}
	}

	async end(): Promise<void> {
		for (const process of this.processes) process.faults.length = 0;
		for (const { reading } of this.readings) {
			reading.hasRoom = true;
			reading.room();
		}
		const late = this.start();
		this.processes.push(late);
		this.readings.push({ reading: late.read(), process: late });
		await Promise.all(this.notes);
		const all = this.said.length + this.noted.length;
		try {
			await until(
				() => this.service.isDone && this.readings.every(({ reading }) => reading.heard.length >= all),
				30_000,
			);
			for (const { reading } of this.readings) this.#expectInOrder(reading, this.said.length, this.noted.length);
			for (const reading of this.gone) this.#expectInOrder(reading);
			const feeds = await late.sessions.idsOf(SESSION);
			expect(feeds.filter((id) => id.startsWith('said-'))).toEqual(this.said);
		} finally {
			for (const process of this.processes) process.end();
		}
	}

	/** Nothing twice, in order; and all of it, if it is known how much that is. */
	#expectInOrder({ heard }: Reading, ...counts: number[]): void {
		const ids = heard.map(({ messageId }) => messageId);
		const said = ids.filter((id) => id.startsWith('said-'));
		const noted = ids.filter((id) => id.startsWith('noted-'));
		expect(said).toEqual(this.said.slice(0, counts[0] ?? said.length));
		expect(new Set(noted).size).toBe(noted.length);
		if (counts[1] !== undefined) expect(noted).toHaveLength(counts[1]);
	}
}

it('nothing is lost, nothing comes twice, and all come in order', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(order, { minLength: 5, maxLength: 60 }), fc.nat(), async (orders, choice) => {
			const play = new Play();
			play.service.choose = (count) => choice % count;
			for (const one of orders) await play.carryOut(one);
			await play.end();
		}),
		{ numRuns: 60, endOnFailure: true, interruptAfterTimeLimit: 60_000 },
	);
}, 200_000);
