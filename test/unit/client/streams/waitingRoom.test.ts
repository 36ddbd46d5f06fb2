/** Many sessions that are stuck at once: what waits of all of them together is bounded in memory (guarantee 3). */
import { followSession } from '../../../../client/streams/followSession';
import { Load, Room, WAITING_LIMIT, waitingRoom } from '../../../../client/streams/load';
import { SessionFollower } from '../../../../client/streams/sessionFollower';
import { HeldPolls, idsIn, message, ReadSession } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { quietOutbox } from '../../../support/quietOutbox';
import { keyOf } from '../../../support/registrySessions';

/** A hundredth of what there is, and messages that are as much shorter. */
const CHARACTERS = 640_000;
const SESSIONS = 1_000;
/** For a machine that is slow and busy, in ms. */
const LIMIT_MS = 60_000;
const idsFrom = (from: number, count: number) => Array.from({ length: count }, (_, index) => `m${from + index}`);

let clock: FakeClock;
let registry: MemoryRegistry;
let stop: AbortController;
let most: number;

jest.setTimeout(LIMIT_MS);

beforeEach(() => {
	clock = new FakeClock();
	registry = new MemoryRegistry();
	stop = new AbortController();
	expect(waitingRoom).toMatchObject({ characters: 64_000_000, used: 0 });
	jest.replaceProperty(waitingRoom, 'characters', CHARACTERS);
	most = 0;
	const take = waitingRoom.take.bind(waitingRoom);
	jest.spyOn(waitingRoom, 'take').mockImplementation((characters) => {
		take(characters);
		most = Math.max(most, waitingRoom.used);
	});
});
afterEach(async () => {
	stop.abort();
	await settle();
	expect(waitingRoom.used).toBe(0);
	jest.restoreAllMocks();
});

/** One session that is followed, as a workflow does it that takes nothing before it is released. */
class Followed {
	readonly given: string[] = [];
	#session: ReadSession | undefined;
	#release = () => {};
	readonly #released = new Promise<void>((resolve) => (this.#release = resolve));

	constructor(name: string, isStuck = true) {
		const { signal } = stop;
		const outbox = quietOutbox(registry, clock);
		if (!isStuck) this.#release();
		void followSession({
			key: keyOf(name),
			outbox,
			clock,
			random: () => 0.5,
			signal,
			read: async (knownIds, take) => {
				this.#session = new ReadSession(knownIds, take, clock, signal);
				await this.#session.done;
			},
			onBatch: async ({ messages }) => {
				this.given.push(...idsIn(messages));
				await this.#released;
			},
			onDeliveryFailed: () => {},
			onDeliveryRecovered: () => {},
		});
	}

	/** One batch for each. */
	hears(ids: readonly string[], text = 'x'.repeat(100)): void {
		for (const id of ids) this.#session?.push([{ ...message(id), text }]);
	}

	release(): void {
		this.#release();
	}
}

async function manyStuck(count = SESSIONS): Promise<Followed[]> {
	const all = Array.from({ length: count }, (_, index) => new Followed(`stuck-${index}`));
	await settle();
	for (let from = 0; from < 12; from += 4) {
		for (const one of all) one.hears(idsFrom(from, 4));
		await settle();
	}
	return all;
}

const HEARD = idsFrom(0, 12);

it('a thousand sessions that are stuck stay below the bound, and are delivered whole and in order afterwards', async () => {
	const all = await manyStuck();
	expect(most).toBeGreaterThan(CHARACTERS / 2);
	expect(most).toBeLessThanOrEqual(CHARACTERS);
	for (const { given } of all) expect(given).toEqual(['m0']);

	for (const one of all) one.release();
	// What comes meanwhile has its place behind what is still in the registry.
	for (const one of all) one.hears(idsFrom(HEARD.length, 2));
	const whole = idsFrom(0, HEARD.length + 2);
	await until(() => all.every(({ given }) => given.length >= whole.length));
	for (const { given } of all) expect(given).toEqual(whole);
	expect(most).toBeLessThanOrEqual(CHARACTERS);
	for (const index of [0, 500, 999]) {
		expect(await registry.stagedBatches(keyOf(`stuck-${index}`), 'c')).toEqual([]);
	}
});

it.each([
	['others have filled all that they may', async () => void (await manyStuck())],
	['nothing at all is free', async () => waitingRoom.take(CHARACTERS)],
])('a session that is not stuck gets through when %s', async (_when, fill) => {
	await fill();
	const before = waitingRoom.used;
	const lively = new Followed('lively', false);
	await settle();
	const ids = idsFrom(0, 100);
	lively.hears(ids);
	await until(() => lively.given.length >= ids.length);
	expect(lively.given).toEqual(ids);

	const large = idsFrom(100, 10);
	lively.hears(large, 'x'.repeat(CHARACTERS / 10));
	await until(() => lively.given.length >= ids.length + large.length);
	expect(lively.given).toEqual([...ids, ...large]);
	await until(() => waitingRoom.used === before);
	if (before === CHARACTERS) waitingRoom.take(-CHARACTERS);
});

it('sessions that were stuck get through one after the other while others are stuck still', async () => {
	const all = await manyStuck();
	for (const one of all.slice(-3)) {
		one.release();
		await until(() => one.given.length >= HEARD.length);
		expect(one.given).toEqual(HEARD);
	}
	expect(all[0]?.given).toEqual(['m0']);
});

it('a session by itself may take as much as ever', async () => {
	jest.replaceProperty(waitingRoom, 'characters', 64_000_000);
	const one = new Followed('one');
	await settle();
	const ids = idsFrom(0, WAITING_LIMIT.messages + 50);
	one.hears(ids);
	await settle();
	expect(waitingRoom.used).toBe(WAITING_LIMIT.messages * 300);
	one.release();
	await until(() => one.given.length >= ids.length);
	expect(one.given).toEqual(ids);
});

describe('where there is no registry', () => {
	const reading = (service: HeldPolls, signal: AbortSignal) => {
		const follower = new SessionFollower({ source: service.source(clock), clock, random: () => 0.5 });
		const begun: Array<() => void> = [];
		const onBatch = ({ begun: onBegun }: { begun: () => void }) => void begun.push(onBegun);
		void follower.read([], { signal, kind: 'stream' }, onBatch);
		return begun;
	};

	it('nobody asks for more of a session of which something waits while too much does of all, until it is taken', async () => {
		const service = new HeldPolls();
		waitingRoom.take(CHARACTERS);
		const begun = reading(service, stop.signal);
		await service.current.say('a');
		await clock.advance(60_000);
		expect(service.open).toHaveLength(0);

		begun.shift()?.();
		await settle();
		await service.current.say('b');
		expect(begun).toHaveLength(1);
		waitingRoom.take(-CHARACTERS);
	});

	it('whoever leaves gives back the room for what he was given', async () => {
		const service = new HeldPolls();
		const leaving = new AbortController();
		const begun = reading(service, leaving.signal);
		await service.current.say('a', 'b');
		expect(waitingRoom.used).toBeGreaterThan(0);
		leaving.abort();
		await settle();
		expect(waitingRoom.used).toBe(0);
		for (const late of begun) late();
		expect(waitingRoom.used).toBe(0);
	});
});

it('the more is taken, the less may each take; what is taken away is free again', () => {
	const room = new Room(9_000);
	const loads = [1, 2].map(() => new Load(WAITING_LIMIT, room));
	const [first = failed(), second = failed()] = loads;
	const of = (characters: number) => [{ ...message('a'), text: 'x'.repeat(characters - 200) }];
	expect(first.hasRoomFor(of(1_126))).toBe(false);
	expect(first.hasRoomFor(of(1_125))).toBe(true);
	const undo = first.add(of(1_000));
	expect([first.isFull, first.hasRoomFor(of(200)), second.hasRoomFor(of(1_001))]).toEqual([true, false, false]);
	expect(second.hasRoomFor(of(1_000))).toBe(true);
	first.clear();
	undo();
	expect(room.used).toBe(0);
});

/** Lets everything happen that follows, as long as it takes. */
async function until(isSo: () => boolean): Promise<void> {
	for (let turns = 0; turns < 5_000 && !isSo(); turns++) await settle();
	expect(isSo()).toBe(true);
}

function failed(): never {
	throw new Error('There are two');
}
