/** A streamed answer, however it is split, redelivered, cut off by crashes and acknowledged: its text once (guarantee 3). */
import fc from 'fast-check';

import { joinChunks } from '../../../client/cognigyAi/chunks';
import { OutputHistory, OutputMessages } from '../../../client/cognigyAi/messages';
import { CognigyError } from '../../../client/errors';
import { Conversations } from '../../../client/follow/conversations';
import { Metrics } from '../../../client/observe/metrics';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import type { FlowOutput, StreamedAnswers } from '../../../client/types';
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

/** What happens between two chunks: nothing, a drop after which all is said again, or a crash of the process. */
const events = fc.array(fc.constantFrom('next', 'next', 'next', 'next', 'reconnect', 'crash'), { maxLength: 40 });

const chunk = (text: string, notes: object = {}): FlowOutput => ({
	text,
	data: { _cognigy: { _messageId: 'm-1', ...notes } },
	traceId: 't-1',
	source: 'bot',
});

/** Says the outputs one by one. What was not acknowledged, and after a drop also what was, comes again from the first one on. */
class Service {
	#said = 0;
	#sent = 0;
	#events: string[];

	constructor(
		readonly outputs: readonly FlowOutput[],
		happenings: readonly string[],
	) {
		this.#events = [...happenings];
	}

	/** A new connection: all that was said comes again. */
	connect(): void {
		this.#sent = 0;
	}

	/** @returns nothing when all is said */
	next(): FlowOutput[] | 'drop' | 'crash' | undefined {
		if (this.#sent < this.#said) {
			const again = this.outputs.slice(this.#sent, this.#said);
			this.#sent = this.#said;
			return again;
		}
		const event = this.#events.shift() ?? 'next';
		if (event === 'reconnect') return 'drop';
		if (event === 'crash') return 'crash';
		const output = this.outputs[this.#said];
		if (!output) return undefined;
		this.#said++;
		this.#sent++;
		return [output];
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
	const clock = new FakeClock({ skipsUpToMs: 60_000 });
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
	const conversations = new Conversations({
		join: joinChunks,
		poll: async (_place, { onSent }) => {
			if (isDead) return await unending();
			onSent();
			const next = service.next();
			if (next === 'drop') {
				messages = connect();
				throw brokenPoll;
			}
			if (next === 'crash') {
				isDead = true;
				dies();
				return await unending();
			}
			if (next) return { messages: next.map((output) => messages.message(output, 0)), isPushed: true };
			for (let turns = 0; turns < 20; turns++) await settle();
			isOver = true;
			end.abort();
			return { messages: [] };
		},
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

it.each<StreamedAnswers>(['whole', 'chunks'])(
	'any answer in any pieces, over drops and crashes: %s',
	async (streamedAnswers) => {
		await fc.assert(
			fc.asyncProperty(pieces, events, async (texts, happenings) => {
				// Where no piece has white space at its ends they count as lines.
				const outputs = [...['^ ', ...texts].map((text) => chunk(text)), chunk('', { _finishReason: 'stop' })];
				const service = new Service(outputs, happenings);
				const registry = new MemoryRegistry();
				const said: string[] = [];
				const executed = new Set<string>();
				for (let isOver = false; !isOver;) {
					const life = await live(service, registry, streamedAnswers, executed);
					said.push(...life.texts);
					isOver = life.isOver;
					service.connect();
				}
				const expected = ['^ ', ...texts];
				expect(said).toEqual(streamedAnswers === 'whole' ? [expected.join('').trim()] : expected);
				expect(await registry.stagedBatches(key, consumer)).toEqual([]);
				expect(await registry.stagedBatches(key, `${consumer} chunks`)).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	},
);
