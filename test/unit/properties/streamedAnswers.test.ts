/** A streamed answer, however it is split, redelivered, cut off by crashes and acknowledged: its text once (guarantee 3). */
import fc from 'fast-check';

import { joinChunks } from '../../../client/cognigyAi/chunks';
import { OutputHistory, OutputMessages } from '../../../client/cognigyAi/messages';
import { CognigyError } from '../../../client/errors';
import { ANSWER_PAUSE_MS } from '../../../client/streams/answerStream';
import { MessageStreams } from '../../../client/streams/messageStreams';
import { Metrics } from '../../../client/metrics';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import type { StreamedAnswers } from '../../../client/streams/types';
import type { FlowOutput } from '../../../client/types';
import { pushes } from '../../support/conversation';
import { FakeClock, settle } from '../../support/fakeClock';
import { MemoryRegistry } from '../../support/memoryRegistry';

const account = 'account';
const consumer = 'workflow/node';
const session = { botId: 'b', flowId: 'f', sessionId: 's' };
const key = { account, sessionId: session.sessionId };
const unending = async () => await new Promise<never>(() => {});
const brokenPoll = new CognigyError({ category: 'network', message: 'broke', advice: '', isTransient: true });

/** Any text with white space in it, in pieces; many of them are equal. */
const pieces = fc.array(fc.constantFrom('a', 'a ', ' ', '\n', '| ', '```\n', 'ä', '2', ' is '), {
	minLength: 1,
	maxLength: 30,
});

/** What happens between two chunks: nothing, a drop after which it is said again, or a crash, at once or when all is done. */
const events = fc.array(fc.constantFrom('next', 'next', 'next', 'next', 'reconnect', 'crash', 'late crash'), {
	maxLength: 40,
});

const chunk = (text: string, notes: object = {}): FlowOutput => ({
	text,
	data: { _cognigy: { _messageId: 'm-1', ...notes } },
	traceId: 't-1',
	source: 'bot',
});

/** Which outputs come again on a new connection. */
type Replay = 'all' | 'unacknowledged';

/** Says the outputs one by one, and on a new connection once more what it replays. */
class Service {
	readonly #events: string[];
	readonly #acknowledged = new Set<number>();
	/** Places of what is to be said before anything new. */
	#again: number[] = [];
	#said = 0;
	#isOver = false;

	constructor(
		readonly outputs: readonly FlowOutput[],
		happenings: readonly string[],
		readonly replay: Replay,
	) {
		this.#events = [...happenings];
	}

	connect(): void {
		const all = Array.from({ length: this.#said }, (_, place) => place);
		this.#again = this.replay === 'all' ? all : all.filter((place) => !this.#acknowledged.has(place));
	}

	/** @returns nothing when all is said */
	next(): { outputs: FlowOutput[]; acknowledge: () => void } | 'drop' | 'crash' | 'late crash' | undefined {
		if (this.#again.length > 0) return this.#say(this.#again.splice(0));
		const event = this.#events.shift() ?? 'next';
		if (event === 'reconnect') return 'drop';
		if (event === 'crash' || event === 'late crash') return event;
		if (this.#said < this.outputs.length) return this.#say([this.#said++]);
		// Once all is done, whatever is left over of it shows.
		const isFirstEnd = !this.#isOver;
		this.#isOver = true;
		return isFirstEnd ? 'late crash' : undefined;
	}

	#say(places: readonly number[]) {
		const acknowledge = () => places.forEach((place) => this.#acknowledged.add(place));
		return { outputs: this.outputs.filter((_, place) => places.includes(place)), acknowledge };
	}
}

/** One process, until it crashes or all is said. @returns the texts that it put out */
async function live(
	service: Service,
	registry: SessionRegistry,
	streamedAnswers: StreamedAnswers,
	executed: Set<string>,
): Promise<{ texts: string[]; isOver: boolean }> {
	const texts: string[] = [];
	// Pauses after faults pass by themselves, those in an answer do not.
	const clock = new FakeClock({ skipsUpToMs: ANSWER_PAUSE_MS - 1 });
	const end = new AbortController();
	let isDead = false;
	let isOver = false;
	const mortal = new Proxy(registry, {
		get(target, name: keyof SessionRegistry) {
			const method = target[name] as (...args: unknown[]) => Promise<unknown>;
			return async (...args: unknown[]) => (isDead ? await unending() : await method.apply(target, args));
		},
	});
	const history = new OutputHistory(session.sessionId);
	const connect = () => {
		service.connect();
		return new OutputMessages(history);
	};
	let messages = connect();
	let dies = () => {};
	const death = new Promise<void>((resolve) => (dies = resolve));
	const conversations = new MessageStreams({
		join: joinChunks,
		source: () =>
			pushes(clock, async (push) => {
				if (isDead) return await unending();
				const next = service.next();
				if (next === 'drop') {
					messages = connect();
					throw brokenPoll;
				}
				if (next === 'crash' || next === 'late crash') {
					for (let turns = 0; next === 'late crash' && turns < 20; turns++) await settle();
					isDead = true;
					dies();
					return await unending();
				}
				if (next) {
					const { outputs } = next;
					const acknowledge = () => isDead || next.acknowledge();
					const said = outputs.map((output) => messages.message(output, 0));
					return void push(said, acknowledge);
				}
				for (let turns = 0; turns < 20; turns++) await settle();
				isOver = true;
				end.abort();
			}),
		registry: mortal,
		account,
		metrics: new Metrics(),
		clock,
		random: () => 0.5,
		closing: end.signal,
	});
	const following = conversations.follow(
		{ ...session, messageTypes: ['bot'], streamedAnswers },
		{
			consumer,
			signal: end.signal,
			onBatch: async (batch) => {
				if (isDead) return await unending();
				// As n8n does not run what has run.
				if (executed.has(batch.id)) return;
				executed.add(batch.id);
				texts.push(...batch.messages.map(({ text }) => text));
			},
			onTrouble: () => {},
			onRecovered: () => {},
		},
	);
	await Promise.race([following, death]);
	return { texts, isOver };
}

it.each<[StreamedAnswers, Replay]>([
	['whole', 'all'],
	['chunks', 'all'],
	['whole', 'unacknowledged'],
	['chunks', 'unacknowledged'],
])('any answer in any pieces, over drops and crashes: %s; what comes again: %s', async (streamedAnswers, replay) => {
	await fc.assert(
		fc.asyncProperty(pieces, events, async (texts, happenings) => {
			// Where no piece has white space at its ends they count as lines. Of equal ones of which only some come again nobody
			// could tell which.
			const all = ['^ ', ...texts].map((text, place) => (replay === 'all' ? text : `${place}${text}`));
			const outputs = [...all.map((text) => chunk(text)), chunk('', { _finishReason: 'stop' })];
			const service = new Service(outputs, happenings, replay);
			const registry = new MemoryRegistry();
			const said: string[] = [];
			const executed = new Set<string>();
			for (let isOver = false; !isOver;) {
				const life = await live(service, registry, streamedAnswers, executed);
				said.push(...life.texts);
				isOver = life.isOver;
			}
			expect(said).toEqual(streamedAnswers === 'whole' ? [all.join('').trim()] : all);
			expect(await registry.stagedBatches(key, consumer)).toEqual([]);
			expect(await registry.stagedBatches(key, `${consumer} chunks`)).toEqual([]);
		}),
		{ numRuns: 60 },
	);
});
