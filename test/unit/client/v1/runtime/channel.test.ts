import { getEventListeners } from 'node:events';

import { TransportFailure } from '../../../../../client/transport/transportFailure';
import { Deadline } from '../../../../../client/time/deadline';
import { RuntimeChannel } from '../../../../../client/v1/runtime/channel';
import { CognigyError } from '../../../../../client/errors';
import { cognigyErrorOf } from '../../../../support/errors';
import { FakeClock, settle } from '../../../../support/fakeClock';
import { FakeConnection } from '../../../../support/fakeConnection';
import { allThatShows } from '../../../../support/secrets';

const SECRETS = ['very-secret-token', 'very-secret-password'];

let clock: FakeClock;
let channel: RuntimeChannel;
let connection: FakeConnection;
const channels: RuntimeChannel[] = [];
let caller: AbortController;
let deadline: Deadline;

beforeEach(() => {
	clock = new FakeClock();
	channel = notYetStanding();
	connection = new FakeConnection(channel);
	channel.opened(connection);
	caller = new AbortController();
	deadline = new Deadline(clock, 120_000, [caller.signal]);
});
afterEach(() => {
	for (const made of channels.splice(0)) made.destroy();
	deadline.dispose();
	expect(clock.pendingTimers).toBe(0);
});

function notYetStanding(): RuntimeChannel {
	const made = new RuntimeChannel(clock, SECRETS);
	channels.push(made);
	return made;
}

const question = (frame: string, answerMs: number) => ({
	...{ action: 'Doing it', kind: 'doing', frame, deadline, answerMs },
	read: (answer: string) => `read ${answer}`,
});
const request = (frame = '{}', answerMs = 20_000) => channel.request(question(frame, answerMs));

/** Nothing is left but the keepalive of an open channel and the time limit of the test. */
function expectNothingLeft(timers: number): void {
	expect(clock.pendingTimers).toBe(timers);
	expect(getEventListeners(deadline.signal, 'abort')).toHaveLength(0);
}

describe('a request', () => {
	it('is one frame, and its answer the next frame that comes', async () => {
		const outcome = request('the question');
		await settle();
		channel.onText('the answer');

		expect(await outcome).toBe('read the answer');
		expect(connection.sent).toEqual(['the question']);
		expect(channel.isOpen).toBe(true);
		expectNothingLeft(2);
	});

	it('may be answered before its frame is written to the end', async () => {
		connection.isClogged = true;
		const outcome = request();
		await settle();
		channel.onText('early');
		connection.drain();

		expect(await outcome).toBe('read early');
	});

	it('has the first of several frames as its answer; the others are no answers to later requests', async () => {
		const first = request();
		await settle();
		channel.onText('1');
		channel.onText('2');
		expect(await first).toBe('read 1');
		channel.onText('3');
		const second = request();
		await settle();
		channel.onText('4');

		expect(await second).toBe('read 4');
	});

	it('is not answered by what answered one of another kind just before, come twice', async () => {
		const first = request();
		await settle();
		channel.onText('done');
		await first;
		const second = channel.request({ ...question('{}', 20_000), kind: 'checking' });
		await settle();
		channel.onText('done');
		channel.onText('clean');

		expect(await second).toBe('read clean');
	});

	it('may be answered as one of the same kind just before', async () => {
		for (const answer of ['done', 'done']) {
			const outcome = request();
			await settle();
			channel.onText(answer);
			expect(await outcome).toBe('read done');
		}
	});

	it('is not answered by what answered the one just before and cannot be its own answer', async () => {
		const first = request();
		await settle();
		channel.onText('of the first');
		await first;
		const read = (answer: string) => {
			if (answer === 'of the first') throw new Error('It is about something else.');
			return answer;
		};
		const second = channel.request({ ...question('{}', 20_000), read });
		await settle();
		channel.onText('of the first');
		channel.onText('of the second');

		expect(await second).toBe('of the second');
	});

	it('is not made while another one is under way: one in flight at a time', async () => {
		const first = request('1');
		await expect(request('2')).rejects.toThrow('one request at a time');
		await settle();
		channel.onText('one');

		expect(await first).toBe('read one');
		expect(connection.sent).toEqual(['1']);
	});

	it('is not made before the channel stands', async () => {
		channel = notYetStanding();
		expect(channel.isOpen).toBe(false);
		await expect(request()).rejects.toThrow('one request at a time');
	});

	it('whose answer cannot be read closes the channel', async () => {
		const refusal = new CognigyError({ category: 'protocol', message: 'No.', advice: '' });
		const read = () => {
			throw refusal;
		};
		const outcome = channel.request({ action: 'Doing it', kind: 'doing', frame: '', deadline, answerMs: 1_000, read });
		await settle();
		channel.onText('?');

		await expect(outcome).rejects.toBe(refusal);
		expect(connection.destroys).toBe(1);
		expect(channel.isOpen).toBe(false);
	});
});

describe('a request that gets no answer', () => {
	it('fails after its time, and closes the channel: a late answer reaches nobody', async () => {
		const outcome = cognigyErrorOf(request('{}', 20_000));
		await settle();
		await clock.advance(19_999);
		expect(channel.isOpen).toBe(true);
		await clock.advance(1);

		expect(await outcome).toMatchObject({ category: 'timeout', isTransient: true });
		expect((await outcome).message).toBe('Doing it failed: Cognigy gave no answer within 20 s');
		expect(connection.destroys).toBe(1);
		expect(channel.isOpen).toBe(false);
		channel.onText('late');
		expect(await cognigyErrorOf(request())).toMatchObject({ category: 'cancelled' });
		expect(connection.sent).toHaveLength(1);
		expectNothingLeft(1);
	});

	it('fails after the time of the whole, where that is shorter', async () => {
		deadline.dispose();
		deadline = new Deadline(clock, 7_000, []);
		const outcome = cognigyErrorOf(request());
		await clock.advance(7_000);

		expect(await outcome).toMatchObject({ category: 'timeout', message: 'Doing it took too long' });
		expect(connection.destroys).toBe(1);
	});

	it('is cancelled with its caller, at once, and closes the channel', async () => {
		const outcome = cognigyErrorOf(request());
		await settle();
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', message: 'Doing it was cancelled' });
		expect(connection.destroys).toBe(1);
	});

	it('sends nothing when its caller had stopped before', async () => {
		caller.abort();

		expect(await cognigyErrorOf(request())).toMatchObject({ category: 'cancelled' });
		expect(connection.sent).toEqual([]);
	});
});

describe('a frame that cannot be written', () => {
	it('within 5 s fails the request, and closes the channel', async () => {
		connection.isClogged = true;
		const outcome = cognigyErrorOf(request());
		await clock.advance(4_999);
		expect(connection.destroys).toBe(0);
		await clock.advance(1);

		expect(await outcome).toMatchObject({ category: 'timeout', isTransient: true });
		expect((await outcome).message).toBe('Doing it failed: it could not be sent within 5 s');
		expect(connection.destroys).toBe(1);
		expectNothingLeft(1);
	});

	it('because the connection is just going says why it went', async () => {
		connection.failure = new TransportFailure('dropped', 'no', true);
		const outcome = cognigyErrorOf(request());
		await settle();
		channel.onClosed({ code: 1008, reason: 'too late' });

		expect((await outcome).message).toBe('Doing it was rejected by the Cognigy engine (1008): too late');
		expectNothingLeft(1);
	});

	it('for no known reason fails the request after 5 s', async () => {
		connection.failure = new TransportFailure('dropped', 'no', true);
		const outcome = cognigyErrorOf(request());
		await clock.advance(5_000);

		expect(await outcome).toMatchObject({ category: 'timeout', isTransient: true });
		expect(channel.isOpen).toBe(false);
	});

	it('because the service closed the connection says why it did', async () => {
		connection.isClogged = true;
		const outcome = cognigyErrorOf(request());
		await settle();
		channel.onClosed({ code: 1009, reason: 'too much' });

		expect((await outcome).message).toMatch(/too large for Cognigy \(1009\): too much/);
		expect((await cognigyErrorOf(request())).message).toMatch(/too large for Cognigy \(1009\): too much/);
	});

	it('does not outlive its time limit', async () => {
		connection.isClogged = true;
		const outcome = request();
		await clock.advance(4_999);
		connection.drain();
		await clock.advance(15_000);
		channel.onText('in time');

		expect(await outcome).toBe('read in time');
	});
});

describe('the end of a channel', () => {
	it('by the service fails the request with its reason, and without secrets', async () => {
		const outcome = cognigyErrorOf(request());
		await settle();
		channel.onClosed({ code: 1008, reason: `no ${SECRETS.join(' ')}` });

		expect((await outcome).message).toBe('Doing it was rejected by the Cognigy engine (1008): no *** ***');
		expect(channel.isOpen).toBe(false);
		expectNothingLeft(1);
	});

	it('by the service between two requests fails the next one, without sending it', async () => {
		channel.onClosed({ code: 1012, reason: '' });

		expect(channel.isOpen).toBe(false);
		expect(await cognigyErrorOf(request())).toMatchObject({ category: 'server', isTransient: true });
		expect(connection.sent).toEqual([]);
		expectNothingLeft(1);
	});

	it('by something binary fails the request, and cuts the connection', async () => {
		const outcome = cognigyErrorOf(request());
		await settle();
		channel.onBinary();

		expect(await outcome).toMatchObject({
			category: 'protocol',
			message: "Doing it failed: Cognigy's answer is not text",
		});
		expect(connection.destroys).toBeGreaterThan(0);
	});

	it('by something binary that nobody asked for cuts the connection too', async () => {
		channel.onBinary();

		expect(connection.destroys).toBe(1);
		expect(channel.isOpen).toBe(false);
	});

	it('by a goodbye of ours waits until the connection is gone', async () => {
		connection.isSlowToClose = true;
		let isClosed = false;
		const closed = channel.close().then(() => (isClosed = true));
		await settle();
		expect(isClosed).toBe(false);
		expect(channel.isOpen).toBe(false);
		connection.gone();
		await closed;

		expect(connection).toMatchObject({ closes: 1, destroys: 0 });
		expectNothingLeft(1);
	});

	it('by ours ends a request as cancelled', async () => {
		for (const end of [() => void channel.close(), () => channel.destroy()]) {
			channel = notYetStanding();
			channel.opened(new FakeConnection(channel));
			const outcome = cognigyErrorOf(request());
			await settle();
			end();

			expect(await outcome).toMatchObject({ category: 'cancelled' });
		}
	});

	it('that came before it stood is not forgotten: the connection is cut, and no timer left', () => {
		for (const end of [() => channel.onBinary(), () => channel.onClosed({ code: 1008, reason: '' })]) {
			channel = notYetStanding();
			connection = new FakeConnection();
			end();
			const before = clock.pendingTimers;
			channel.opened(connection);

			expect(channel.isOpen).toBe(false);
			expect(connection.destroys).toBe(1);
			expect(clock.pendingTimers).toBe(before);
		}
	});

	it('before it stood may also be ours', async () => {
		channel = notYetStanding();
		await channel.close();
		channel.destroy();
		expect(channel.isOpen).toBe(false);
	});
});

describe('keepalive', () => {
	it('pings every 30 s', async () => {
		for (let beat = 1; beat <= 4; beat++) {
			await clock.advance(30_000);
			expect(connection.pings).toBe(beat);
			channel.onHeartbeat();
		}
		expect(channel.isOpen).toBe(true);
	});

	it.each([
		['a pong', () => channel.onHeartbeat()],
		['a text', () => channel.onText('{}')],
	])('cuts the connection after 60 s without a sign of life, counted from %s', async (_, sign) => {
		await clock.advance(40_000);
		sign();
		await clock.advance(59_999);
		expect(channel.isOpen).toBe(true);
		await clock.advance(1);

		expect(channel.isOpen).toBe(false);
		expect(connection.destroys).toBe(1);
		expectNothingLeft(1);
	});

	it('is done without where pings cannot be seen: the time limit of a request notices that the connection is dead', async () => {
		channel = notYetStanding();
		connection = new FakeConnection(channel);
		Object.assign(connection, { ping: undefined });
		const before = clock.pendingTimers;
		channel.opened(connection);
		expect(clock.pendingTimers).toBe(before);
		await clock.advance(600_000);
		expect(channel.isOpen).toBe(true);
		deadline.dispose();
		deadline = new Deadline(clock, 120_000, []);
		const outcome = cognigyErrorOf(request('{}', 20_000));
		await clock.advance(20_000);

		expect(await outcome).toMatchObject({ category: 'timeout', isTransient: true });
		expect(connection.destroys).toBe(1);
		expect(channel.isOpen).toBe(false);
	});

	it('fails the request that waits on a dead connection', async () => {
		const outcome = cognigyErrorOf(request('{}', 100_000));
		await clock.advance(60_000);

		expect(await outcome).toMatchObject({ category: 'network', isTransient: true });
		expect((await outcome).message).toMatch(/^Doing it failed: the connection to Cognigy is dead, .* 60 s$/);
	});
});

it('shows no secret, however it is looked at', async () => {
	const outcome = cognigyErrorOf(request());
	await settle();
	expect(allThatShows(channel)).not.toMatch(/secret/);
	channel.onClosed({ code: 1008, reason: '' });

	expect(allThatShows([channel, await outcome])).not.toMatch(/secret/);
});

it('takes its secrets out of a text', () => {
	expect(channel.redact(`a ${SECRETS[1]} b ${SECRETS[0]}`)).toBe('a *** b ***');
});
