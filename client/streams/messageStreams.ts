import { CognigyError } from '../errors';
import type { CallKind } from '../budget/rateBudget';
import { edition } from '../edition';
import type { Metrics } from '../metrics';
import { carryOver } from '../registry/carryOver';
import type { SessionKey, SessionRegistry } from '../registry/sessionRegistry';
import type { Clock } from '../time/clock';
import type { Message, ReplyInput, StreamOptions } from '../types';
import { AnswerCollector, type JoinChunks } from './answerCollector';
import { AnswerStream } from './answerStream';
import { collectReply, replyText } from './collectReply';
import { registryTrouble } from './outbox';
import { handedOut, type HeardBatch, type HeardMessage } from './heardMessage';
import { follow, type EventsApart } from './follow';
import type { SharedSessions } from './feed/sharedSessions';
import { FollowerHub } from './followerHub';
import type { MessageSource } from './messageSource';
import { untilProven, type Prove } from './proof';
import type { FollowerDependencies, ReadOptions } from './sessionFollower';
import { pulled } from './subscription';
import type { FollowInput, FollowOptions, SessionStream } from './types';

/** Which session, and where it runs. */
export type SessionPlace = Omit<SessionStream, 'knownIds' | 'typingStatus'>;

export type ConfirmedStreamOptions = StreamOptions & Pick<ReadOptions, 'confirms'>;

/** Where the messages of a session come from, and by whose right. */
export interface Way {
	source: (session: SessionPlace) => MessageSource;
	/** Shows that whoever reads may read, where others may ask in his place; missing: whoever knows the session may. */
	prove?: Prove;
}

export interface MessageStreamsDependencies extends Way {
	/** How chunks of streamed answers are put together; missing: there are none. */
	join?: JoinChunks;
	/** Makes messages of their own of the events in messages, for who wants them; missing: there are none. */
	eventsApart?: EventsApart;
	/** The sessions that are followed, of all who may follow the same ones; by default only those of this client. */
	followers?: () => Pick<FollowerHub, 'seenIds' | 'note' | 'read' | 'hold'>;
	/** Under what a session is followed, if not as its bot, flow and id alone. */
	nameOf?: (session: SessionPlace) => string;
	/** Shares sessions with other processes; missing: this one asks for them by itself. */
	shared?: SharedSessions;
	/** Where it is remembered what was delivered; missing: only replies and streams without memory are possible. */
	registry: SessionRegistry | undefined;
	/** The account behind the credential. */
	account: string;
	metrics: Pick<Metrics, 'record'>;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** Ends everything. */
	closing: AbortSignal;
}

/** Replies are remembered under this name beside what streams emit; theirs are ids of workflows and nodes. */
const REPLY_CONSUMER = 'reply';

/** What is said in the sessions of a credential: for streams, and for flows that wait for a reply. */
export class MessageStreams {
	readonly #followers: NonNullable<MessageStreamsDependencies['followers']>;
	readonly #nameOf: (session: SessionPlace) => string;

	constructor(private readonly deps: MessageStreamsDependencies) {
		const own = new FollowerHub();
		this.#followers = deps.followers ?? (() => own);
		this.#nameOf = deps.nameOf ?? nameOf;
	}

	/** Reads one session, until it is over or the signal aborts; every reader of it is pushed what comes, as it comes. */
	read(
		session: SessionStream,
		options: ConfirmedStreamOptions,
		onBatch: (batch: HeardBatch) => void,
		kind: CallKind = 'stream',
	): Promise<void> {
		const signal = AbortSignal.any([options.signal, this.deps.closing]);
		return this.#read(session, { ...options, signal }, onBatch, kind, this.deps);
	}

	/** @param options with a signal that aborts as well when all ends */
	async #read(
		{ knownIds = [], typingStatus = false, ...session }: SessionStream,
		options: ConfirmedStreamOptions,
		onBatch: (batch: HeardBatch) => void,
		kind: CallKind,
		way: Way,
	): Promise<void> {
		const { clock, random } = this.deps;
		const { signal, onTrouble, onRecovered, confirms = false } = options;
		const listeners = { onTrouble: harmless(onTrouble), onRecovered: harmless(onRecovered) };
		const prove: Prove = async (until) => await way.prove?.(until);
		if (!(await untilProven(prove, { ...listeners, clock, random, signal }))) return;
		const readOptions = { ...listeners, signal, kind, typingStatus, confirms };
		// Not awaited: it takes as long as the session, and this would be kept for each.
		return this.#followers().read(this.#nameOf(session), this.#sourceOf(session, way), knownIds, readOptions, onBatch);
	}

	/**
	 * What is said in a session, for somebody who takes it at his own pace.
	 * @param areWhole whether streamed answers are told whole; then `knownIds` may also name such answers
	 */
	async *told(
		input: SessionStream,
		options: StreamOptions,
		areWhole = false,
	): AsyncGenerator<Message[], void, undefined> {
		const { join } = this.deps;
		const { signal, ...listeners } = options;
		const known = new Set(input.knownIds);
		const closed = AbortSignal.any([signal, this.deps.closing]);
		const batches = pulled<Omit<HeardBatch, 'acknowledge'>>(async (push, until) => {
			const readOptions = { ...listeners, signal: until };
			if (!join || !areWhole) return await this.read(input, readOptions, push);
			const answers = new AnswerStream({
				collector: new AnswerCollector({ join }),
				clock: this.deps.clock,
				onCollected: ({ complete: messages, ...batch }) => push({ ...batch, messages }),
			});
			await this.read(input, readOptions, (batch) => answers.take(batch)).finally(() => answers.end(!signal.aborted));
		}, closed);
		for await (const { messages, begun } of batches) {
			begun();
			const told = handedOut(areWhole ? messages.filter(({ messageId }) => !known.has(messageId)) : messages);
			if (told.length > 0) yield told;
		}
	}

	/**
	 * @param way how to read, if not as this client does
	 * @throws {CognigyError} when there is no registry
	 */
	async follow(input: FollowInput, options: FollowOptions, way: Way = this.deps): Promise<void> {
		const { registry, account, metrics, clock, random, closing, join, eventsApart } = this.deps;
		if (!registry) throw registryMissing;
		const signal = AbortSignal.any([options.signal, closing]);
		// One for each session.
		edition.host.allowManyListeners(signal);
		const read = (
			session: SessionStream,
			streamOptions: ConfirmedStreamOptions,
			onBatch: (batch: HeardBatch) => void,
		) => this.#read(session, streamOptions, onBatch, 'stream', way);
		const listeners = { onTrouble: harmless(options.onTrouble), onRecovered: harmless(options.onRecovered) };
		const dependencies = { read, join, eventsApart, registry, account, metrics, clock, random };
		await follow(dependencies, input, { ...options, ...listeners, signal });
	}

	/** As `FollowerHub.hold`. */
	hold(): () => void {
		return this.#followers().hold();
	}

	/**
	 * Goes on with what `consumer` follows over another registry.
	 * @throws {CognigyError} `server` when a registry does not work
	 */
	async carryOver(from: SessionRegistry | undefined, consumer: string): Promise<void> {
		const { registry, account, clock } = this.deps;
		const now = clock.wallTime();
		await fromRegistry(from, async (before) => {
			await fromRegistry(registry, async (to) => await carryOver(before, to, { account, consumer, now }));
		});
	}

	/** Messages of a session that came in another way, for streams of it that begin later. */
	note(session: SessionPlace, messages: readonly HeardMessage[]): void {
		this.#followers().note(this.#nameOf(session), this.#sourceOf(session), messages);
	}

	/**
	 * The same for the streams of all processes.
	 * @returns resolves once nobody needs to say them again; undefined: this process shares nothing
	 */
	noteForAll(session: SessionPlace, messages: readonly HeardMessage[]): Promise<void> | undefined {
		return this.deps.shared?.note(this.#nameOf(session), messages);
	}

	/**
	 * Ids of the messages that came so far in a session, in any process that shares it. What comes after a start is its
	 * reply.
	 */
	async seenIds(session: SessionPlace, onWarning: (message: string) => void): Promise<string[]> {
		const name = this.#nameOf(session);
		let shared: string[] = [];
		try {
			shared = (await this.deps.shared?.idsOf(name)) ?? [];
		} catch {
			onWarning('The reply may hold earlier messages of the session: Redis does not tell what came before the start.');
		}
		return [...this.#followers().seenIds(name), ...shared];
	}

	/**
	 * Collects what is said after a start. Trouble with it is no fault of the start.
	 * @param earlier `seenIds` from before the start
	 */
	async reply(
		session: SessionPlace,
		{ quietMs, maxWaitSeconds }: ReplyInput,
		earlier: readonly string[],
		signal: AbortSignal,
		onWarning: (message: string) => void,
	): Promise<{ messages: Message[]; reply: string }> {
		let trouble: CognigyError | undefined;
		const key = { account: this.deps.account, sessionId: session.sessionId };
		const knownIds = [...earlier, ...(await this.#idsOfReplies(key))];
		const read = async (onBatch: (batch: HeardBatch) => void, enough: AbortSignal) => {
			const onTrouble = (error: CognigyError) => (trouble = error);
			const onRecovered = () => (trouble = undefined);
			await this.read({ ...session, knownIds }, { signal: enough, onTrouble, onRecovered }, onBatch, 'call');
		};
		const limits = { quietMs, maxWaitMs: maxWaitSeconds * 1000 };
		const { all, warning } = await collectReply(read, this.deps.clock, limits, signal);
		const messages = handedOut(all);
		if (warning) onWarning(warning);
		if (trouble) onWarning(`The reply may not be complete. ${trouble.message}`);
		await this.#rememberReply(key, messages);
		return { messages, reply: replyText(messages) };
	}

	#sourceOf(session: SessionPlace, way: Way = this.deps): FollowerDependencies {
		const { clock, random, shared } = this.deps;
		const source = way.source(session);
		return { source: shared?.share(this.#nameOf(session), source) ?? source, clock, random };
	}

	/** Of turns before this one, which another process may have made. */
	async #idsOfReplies(key: SessionKey): Promise<string[]> {
		return (await this.deps.registry?.deliveredIds(key, REPLY_CONSUMER).catch(() => [])) ?? [];
	}

	/** A registry that does not work has been warned of at the start. */
	async #rememberReply(key: SessionKey, messages: readonly Message[]): Promise<void> {
		if (messages.length === 0) return;
		const ids = messages.map(({ messageId }) => messageId);
		await this.deps.registry?.recordDelivered(key, REPLY_CONSUMER, ids).catch(() => {});
	}
}

/** @throws {CognigyError} `server` when the registry does not work */
export async function fromRegistry<T>(
	registry: SessionRegistry | undefined,
	read: (registry: SessionRegistry) => Promise<T>,
) {
	if (!registry) throw registryMissing;
	try {
		return await read(registry);
	} catch (error) {
		throw registryTrouble(error);
	}
}

const registryMissing = new CognigyError({
	category: 'invalidInput',
	message: 'There is no session registry here',
	advice: 'Give the client a registry.',
});

/** What goes wrong in a listener must not end what it listens to. */
function harmless<Arguments extends unknown[]>(listener?: (...args: Arguments) => void): (...args: Arguments) => void {
	return (...args) => {
		try {
			listener?.(...args);
		} catch {
			// Nobody here could do anything about it.
		}
	};
}

/** A session as the hub knows it. */
export function nameOf({ botId, flowId, sessionId }: SessionPlace): string {
	return JSON.stringify([botId, flowId, sessionId]);
}
