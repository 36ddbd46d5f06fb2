/** A service that says more than can be recorded fills no memory, and what it keeps is heard later. */
import { PushedSessions } from '../../client/cognigyAi/socket/pushedMessages';
import type { LinkedSession } from '../../client/cognigyAi/socket/sessionLink';
import { SessionLinks } from '../../client/cognigyAi/socket/sessionLinks';
import { edition } from '../../client/edition';
import type { CognigyError } from '../../client/errors';
import { WAITING_LIMIT } from '../../client/streams/load';
import { SessionFollower } from '../../client/streams/sessionFollower';
import { unrestrictedEgress } from '../../client/transport/egress';
import { reading } from '../support/conversation';
import { differs } from '../support/edition';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { until } from '../support/until';
import { engineServer, type EngineServer } from '../support/engineServer';
import { TOKEN } from './support/hostileSession';

// A flood takes a busy machine longer than a dial may take.
jest.mock('../../client/cognigyAi/socket/limits', () => ({ DIAL_MS: 80_000 }));

/** What waits for room at most, and for the reader; and what one piece of the network's data can hold. */
const MOST = 5_000 + WAITING_LIMIT.messages + 3_000;

let server: EngineServer;
let session: LinkedSession;
let links: SessionLinks;
let stop: AbortController;
let pushed: PushedSessions;
let troubles: CognigyError[];
let reader: ReturnType<typeof reading>;

beforeEach(async () => {
	withoutProxies();
	server = await engineServer();
	const address = { base: server.url, token: TOKEN, name: 'endpoint-hostile' };
	session = { address, userId: 'user-1', sessionId: 's-1', testMode: false };
	const { clock } = edition;
	links = new SessionLinks({ sockets: edition.socketTransport(unrestrictedEgress), clock, secrets: [] });
	stop = new AbortController();
	troubles = [];
	pushed = new PushedSessions(links, clock);
	const follower = new SessionFollower({
		source: pushed.source(session),
		clock,
		random: () => 0.01,
	});
	const onTrouble = (error: CognigyError) => troubles.push(error);
	reader = reading(follower, [], { signal: stop.signal, kind: 'stream', onTrouble });
	await until(() => server.connections.length === 1);
});
afterEach(async () => {
	stop.abort();
	links.close();
	await server.close();
	restoreEnvironment();
});

/** Says it on the last connection, with a question for an acknowledgement each, until that is closed. */
function say(texts: readonly number[], filler = ''): void {
	const connection = server.connections.at(-1);
	for (const text of texts) {
		connection?.send(`42${text}["output",{"type":"output","data":{"text":"${text} ${filler}"}}]`);
	}
}

/** That we are done with it; where we cannot cut it, it stays open below until the service is done with it too. */
const isClosed = () =>
	differs('cannot-cut') ? server.heard.includes('1') : server.connections.at(-1)?.readyState === 3;
const acknowledged = () => server.heard.flatMap((packet) => /^43(\d+)\[/.exec(packet)?.slice(1).map(Number) ?? []);
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

async function ready(): Promise<void> {
	const { link, release } = links.use(session);
	await link.ready();
	release();
}

async function readSome(count: number): Promise<number[]> {
	const texts: number[] = [];
	while (texts.length < count) {
		const next = await reader.next();
		if (next.done) throw new Error('The session is over');
		texts.push(...next.value.messages.map(({ text }) => parseInt(text, 10)));
	}
	return texts;
}

it.each([
	['while it stands', true],
	['before it is ready', false],
])(
	'a flood that nobody reads ends the connection %s; it heals by itself, and the rest comes then',
	async (_, isReady) => {
		if (isReady) await ready();
		say(numbers(0, 30_000));
		await until(isClosed);
		const taken = acknowledged();
		expect(taken.length).toBeLessThan(MOST);
		expect(taken).toEqual(numbers(0, taken.length));
		// Nobody connects again before there is room.
		expect(server.connections).toHaveLength(1);

		expect(await readSome(taken.length)).toEqual(taken);
		await until(() => server.connections.length === 2);
		expect(troubles.map(({ category, message }) => [category, message])).toEqual([
			['protocol', 'Session "s-1" sends more messages than can be taken'],
		]);
		const rest = numbers(taken.length, taken.length + 1_000);
		say(rest);
		expect(await readSome(rest.length)).toEqual(rest);
	},
);

it('a flood of large messages as well, after fewer of them', async () => {
	await ready();
	const filler = 'x'.repeat(100_000);
	say(numbers(0, 200), filler);
	await until(isClosed);
	expect(acknowledged().length).toBeLessThan(100);
	expect(await readSome(acknowledged().length)).toEqual(acknowledged());
});

it('while others use the connection it stands, and nothing of what they acknowledge is lost', async () => {
	await ready();
	const other = links.use(session);
	let heard = 0;
	other.link.listen({ onMessage: () => heard++ });
	say(numbers(0, 10_000));
	await until(() => heard === 10_000);
	expect(isClosed()).toBe(false);
	other.release();
	await until(isClosed);

	expect(await readSome(10_000)).toEqual(numbers(0, 10_000));
	await until(() => server.connections.length === 2);
	say([10_000]);
	expect(await readSome(1)).toEqual([10_000]);
	expect(troubles).toHaveLength(1);
});

it('what a turn is told after the connection was let go is heard too, in its place', async () => {
	await ready();
	say(numbers(0, 30_000));
	await until(isClosed);
	const taken = acknowledged();
	const turn = links.use(session);
	turn.link.listen({ onMessage: (message) => pushed.note(session, message) });
	await turn.link.ready();
	say([90_001, 90_002]);
	await until(() => acknowledged().length === taken.length + 2);
	turn.release();

	expect(await readSome(taken.length + 2)).toEqual([...taken, 90_001, 90_002]);
	await until(() => server.connections.length === 3);
	say([90_003]);
	expect(await readSome(1)).toEqual([90_003]);
});

it('a flood that is read goes on', async () => {
	await ready();
	const reading = readSome(30_000);
	say(numbers(0, 30_000));
	expect(await reading).toEqual(numbers(0, 30_000));
	expect(server.connections).toHaveLength(1);
	expect(troubles).toEqual([]);
});
