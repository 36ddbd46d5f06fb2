import { endpointName } from '../../../../../client/cognigyAi/endpointAddress';
import { PushedSessions } from '../../../../../client/cognigyAi/socket/pushedMessages';
import type { LinkedSession } from '../../../../../client/cognigyAi/socket/sessionLink';
import { SessionLinks } from '../../../../../client/cognigyAi/socket/sessionLinks';
import {
	SocketRefusal,
	type SocketListener,
	type SocketRequest,
	type SocketTransport,
} from '../../../../../client/cognigyAi/socket/transport';
import type { HeardBatch } from '../../../../../client/streams/heardMessage';
import { WAITING_LIMIT, waitingRoom } from '../../../../../client/streams/load';
import { SessionFollower, type ReadOptions } from '../../../../../client/streams/sessionFollower';
import { FakeClock, settle } from '../../../../support/fakeClock';

const token = 'feed'.repeat(16);
const address = { base: 'https://endpoint.example.com', token, name: endpointName(token) };
const session: LinkedSession = { address, userId: 'user-1', sessionId: 's-1', testMode: false };

/** Takes every connection, unless it refuses the user. */
class HandMadeService implements SocketTransport {
	readonly dialled: string[] = [];
	readonly refused = new Set<string>();
	readonly acknowledged: string[] = [];
	listener: SocketListener | undefined;

	async dial({ userId }: SocketRequest, listener: SocketListener) {
		this.dialled.push(userId);
		if (this.refused.has(userId)) throw new SocketRefusal('status', { status: 401 });
		this.listener = listener;
		return { send: () => true, close: () => {} };
	}

	say(...texts: string[]): void {
		for (const text of texts) {
			const taken = this.listener?.onEvent('output', { type: 'output', data: { text, traceId: text } });
			if (taken === true) this.acknowledged.push(text);
			else if (taken) taken.whenSafe(() => this.acknowledged.push(text));
		}
	}
}

let clock: FakeClock;
let service: HandMadeService;
let links: SessionLinks;
let pushed: PushedSessions;
let follower: SessionFollower;
let leave: AbortController;
let batches: HeardBatch[];
let troubles: string[];

beforeEach(() => {
	clock = new FakeClock();
	service = new HandMadeService();
	links = new SessionLinks({ sockets: service, clock, secrets: [] });
	pushed = new PushedSessions(links, clock);
	follower = new SessionFollower({ source: pushed.source(session), clock, random: () => 0.5 });
	leave = new AbortController();
	batches = [];
	troubles = [];
});
afterEach(() => {
	leave.abort();
	links.close();
});

async function read(changes: Partial<ReadOptions> = {}, as: Partial<LinkedSession> = {}): Promise<void> {
	const listeners = {
		onTrouble: ({ category }: { category: string }) => troubles.push(category),
		onRecovered: () => troubles.push('recovered'),
	};
	const options: ReadOptions = { signal: leave.signal, kind: 'stream', ...listeners, ...changes };
	void follower.read([], options, (batch) => batches.push(batch), pushed.source({ ...session, ...as }));
	await settle();
}

const textsOf = ({ messages }: HeardBatch) => messages.map(({ text }) => text);
const heard = () => batches.map(textsOf);

it('what comes in one piece is pushed together, and before anything else happens', async () => {
	await read();
	service.say('a', 'b');
	service.say('c');
	await Promise.resolve();
	expect(heard()).toEqual([['a', 'b', 'c']]);
	service.say('d');
	await Promise.resolve();
	expect(heard()).toEqual([['a', 'b', 'c'], ['d']]);
});

it('is acknowledged once it is safe with who confirms', async () => {
	await read({ confirms: true });
	service.say('a', 'b');
	await settle();
	expect(service.acknowledged).toEqual([]);
	batches[0]?.acknowledge();
	expect(service.acknowledged).toEqual(['a', 'b']);
});

it('what a reader has no room for waits, and comes as soon as there is some', async () => {
	const many = Array.from({ length: WAITING_LIMIT.messages }, (_, index) => `m${index}`);
	await read();
	service.say(...many);
	await settle();
	service.say('more');
	await settle();
	service.say('and more');
	await settle();
	expect(heard()).toEqual([many]);
	batches[0]?.begun();
	expect(heard()).toEqual([many, ['more', 'and more']]);
	expect(service.dialled).toHaveLength(1);
});

it('what has come is told before the end of its connection, which is dialled again after a pause', async () => {
	await read();
	service.say('a');
	service.listener?.onDropped();
	await settle();
	expect([heard(), troubles]).toEqual([[['a']], ['network']]);
	await clock.advance(249);
	expect(service.dialled).toHaveLength(1);
	await clock.advance(1);
	expect(service.dialled).toHaveLength(2);
	expect(troubles).toEqual(['network', 'recovered']);
	service.say('b');
	await settle();
	expect(heard()).toEqual([['a'], ['b']]);
});

it('what waits takes of the room of all sessions; where that is full, the connection is let go', async () => {
	const large = 'x'.repeat(WAITING_LIMIT.characters);
	const before = waitingRoom.used;
	await read({ confirms: true });
	service.say(large);
	await settle();
	const used = waitingRoom.used;
	service.say('more');
	await settle();
	expect(waitingRoom.used).toBeGreaterThan(used);

	const rest = waitingRoom.characters - waitingRoom.used;
	waitingRoom.take(rest);
	service.say('too much');
	await settle();
	expect(service.acknowledged).toEqual(['more']);
	expect(service.dialled).toHaveLength(1);
	waitingRoom.take(-rest);
	batches[0]?.begun();
	await clock.advance(250);
	expect(service.dialled).toHaveLength(2);
	leave.abort();
	await settle();
	expect(waitingRoom.used).toBe(before);
});

it('whoever leaves gives back the room for what came and was not handed on', async () => {
	const many = Array.from({ length: WAITING_LIMIT.messages }, (_, index) => `m${index}`);
	const before = waitingRoom.used;
	await read();
	service.say(...many);
	await settle();
	service.say('more');
	await settle();
	leave.abort();
	await settle();
	expect(waitingRoom.used).toBe(before);
});

it('is not dialled again before there is room', async () => {
	const many = Array.from({ length: WAITING_LIMIT.messages }, (_, index) => `m${index}`);
	await read();
	service.say(...many, 'more');
	await settle();
	service.say('yet more');
	service.listener?.onDropped();
	await clock.advance(60_000);
	expect([service.dialled.length, troubles]).toEqual([1, []]);
	batches[0]?.begun();
	await settle();
	expect(heard()).toEqual([[...many, 'more'], ['yet more']]);
	expect(troubles).toEqual(['network']);
	await clock.advance(250);
	expect(service.dialled).toHaveLength(2);
});

it('who comes while another one is shut out is let try at once, as himself', async () => {
	service.refused.add('user-1');
	await read();
	expect(troubles).toEqual(['authentication']);
	await read({}, { userId: 'user-2' });
	expect(service.dialled).toEqual(['user-1', 'user-2']);
	service.say('a');
	await settle();
	expect(heard()).toEqual([['a'], ['a']]);
});

it('stands as long as somebody reads, and no longer', async () => {
	const other = new AbortController();
	await read();
	await read({ signal: other.signal });
	leave.abort();
	service.say('a');
	await settle();
	expect(heard()).toEqual([['a']]);
	const { link, release } = links.use(session);
	other.abort();
	release();
	expect(link.closed.aborted).toBe(true);
	expect(clock.pendingTimers).toBe(0);
});
