import pLimit from 'p-limit';

import { CognigyError } from '../errors';
import type { AuditEntry } from '../audit';
import type { Metrics } from '../metrics';
import type { SessionRegistry } from '../registry/sessionRegistry';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';
import type { StreamOptions } from '../types';
import type { JoinChunks } from './answerCollector';
import { Connection } from './answerStream';
import { batchId, Outbox } from './outbox';
import { followRegistry } from './followRegistry';
import { followSession } from './followSession';
import { handedOut, idsOf, type HeardBatch, type HeardMessage, type ReceivedBatch } from './heardMessage';
import type { ReadOptions } from './sessionFollower';
import type { FollowedSession, FollowInput, FollowOptions, SessionStream } from './types';

/** A session is followed for so long past its expected end, in ms; by then the service has said that it is over. */
const PAST_EXPIRY_MS = 5 * 60_000;

/** A message, and the events in it as messages of the type `event`. */
export type EventsApart = (message: HeardMessage) => HeardMessage[];

export interface FollowDependencies {
	/** Reads a session, until it is over or the signal aborts. */
	read: (
		input: SessionStream,
		options: StreamOptions & Pick<ReadOptions, 'confirms'>,
		onBatch: (batch: HeardBatch) => void,
	) => Promise<void>;
	/** How chunks of streamed answers are put together, where there are any. */
	join: JoinChunks | undefined;
	/** How events are told, where there are any. */
	eventsApart: EventsApart | undefined;
	registry: SessionRegistry;
	/** The account behind the credential. */
	account: string;
	metrics: Pick<Metrics, 'record'>;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** Follows one session or all open ones in the registry, until it is over or `signal` aborts (guarantees 3 and 8). */
export async function follow(deps: FollowDependencies, input: FollowInput, options: FollowOptions): Promise<void> {
	const { registry, account, clock } = deps;
	const { signal, onTrouble, onRecovered } = options;
	const follower = new Follower(deps, input, options);
	const { sessionId, botId, flowId } = input;
	if (sessionId) {
		await follower.follow({ sessionId, botId, flowId, ...definedOnly({ userId: input.userId }) }, signal);
		return;
	}
	/** Until when sessions are read. */
	const readings = new Map<string, Deadline>();
	const timeLeft = (expiresAt: number) => expiresAt + PAST_EXPIRY_MS - clock.wallTime();
	await followRegistry({
		registry,
		account,
		botId: botId || undefined,
		flowId: flowId || undefined,
		clock,
		signal,
		follow: async ({ expiresAt, ...session }) => {
			const reading = new Deadline(clock, timeLeft(expiresAt), [signal]);
			readings.set(session.sessionId, reading);
			const isOver = await follower.follow(session, signal, reading.signal).finally(() => {
				readings.delete(session.sessionId);
				reading.dispose();
			});
			if (isOver && reading.end !== 'timeout') await registry.markEnded(session, clock.wallTime());
		},
		// A poll that is on its way is not cut off: what the service has handed out may be in its answer.
		onRenewed: ({ sessionId, expiresAt }) => readings.get(sessionId)?.restart(timeLeft(expiresAt)),
		onTrouble,
		onRecovered,
	});
}

/** Hands over the messages of sessions, in order or side by side. */
class Follower {
	readonly #deps: FollowDependencies;
	readonly #input: FollowInput;
	readonly #options: FollowOptions;
	readonly #outbox: Outbox;
	/** Room for deliveries of all sessions together; missing: each session by itself. */
	readonly #slot: ((deliver: () => Promise<void>) => Promise<void>) | undefined;

	constructor(deps: FollowDependencies, input: FollowInput, options: FollowOptions) {
		this.#deps = deps;
		this.#input = input;
		this.#options = options;
		const { registry, clock, random } = deps;
		const { consumer, parallel, memory, onTrouble, onRecovered, onWarning = () => {} } = options;
		this.#outbox = new Outbox({ registry, consumer, memory, clock, random, onTrouble, onRecovered, onWarning });
		this.#slot = parallel === undefined ? undefined : pLimit(parallel);
	}

	/**
	 * @param reading when it aborts, no more messages are asked for; what has come is still delivered. By default `signal`
	 * @returns whether the session is over, as opposed to `signal` having ended this
	 */
	follow(session: FollowedSession, signal: AbortSignal, reading = signal): Promise<boolean> {
		const { account, clock, random, read, join } = this.#deps;
		const { sessionId, botId, flowId, userId } = session;
		const { testMode, messageTypes, streamedAnswers = 'whole' } = this.#input;
		const typingStatus = messageTypes.includes('typingStatus') || undefined;
		const place = { sessionId, botId, flowId, ...definedOnly({ userId, testMode, typingStatus }) };
		const connection = new Connection(clock);
		const onTrouble = (error: CognigyError) => this.#options.onTrouble(error, sessionId);
		const onRecovered = () => this.#options.onRecovered(sessionId);
		const key = { account, sessionId };
		const streamOptions = {
			confirms: true,
			signal: reading,
			onTrouble: (error: CognigyError) => {
				connection.away();
				onTrouble(error);
			},
			onRecovered: () => {
				connection.back();
				onRecovered();
			},
		};
		return followSession({
			key,
			outbox: this.#outbox,
			clock,
			random,
			signal,
			...(join ? { answers: { join, areWhole: streamedAnswers === 'whole' } } : {}),
			connection,
			read: (knownIds, take) => read({ ...place, knownIds }, streamOptions, take),
			...(this.#slot ? { slot: this.#slot } : {}),
			onBatch: (batch) => this.#deliver(session, batch),
			recognisesBatches: this.#options.recognisesBatches ?? false,
			onDeliveryFailed: () => onTrouble(notTaken(sessionId)),
			onDeliveryRecovered: onRecovered,
		}).finally(onRecovered);
	}

	async #deliver({ sessionId, botId, flowId, userId }: FollowedSession, batch: ReceivedBatch): Promise<void> {
		const { clock, metrics } = this.#deps;
		const messages = handedOut(this.#wanted(batch.messages));
		if (messages.length === 0) return;
		const session = { sessionId, botId, flowId, ...(userId ? { userId } : {}) };
		const latencyMs = Math.round(clock.monotonic() - batch.receivedAt);
		const audit: AuditEntry = {
			timestamp: new Date(clock.wallTime()).toISOString(),
			operation: 'streamMessages',
			...session,
			status: 'success',
			latencyMs,
			attempts: 1,
		};
		const { memory } = this.#options;
		const ids = idsOf(batch.messages);
		memory?.add(ids);
		try {
			await this.#options.onBatch({ session, messages, id: batchId(batch.messages), audit });
		} catch (error) {
			memory?.remove(ids);
			throw error;
		}
		metrics.record(latencyMs);
	}

	/** Who does not ask for events gets messages as they are, whatever is in them. */
	#wanted(messages: readonly HeardMessage[]): HeardMessage[] {
		const { messageTypes } = this.#input;
		const { eventsApart } = this.#deps;
		const all = eventsApart && messageTypes.includes('event') ? messages.flatMap(eventsApart) : messages;
		return all.filter(({ type }) => messageTypes.includes(type));
	}
}

function notTaken(sessionId: string): CognigyError {
	return new CognigyError({
		category: 'server',
		message: `Messages of session "${sessionId}" were not taken; they are handed over again`,
		advice: 'Look at the log of n8n: most likely its database did not work for a moment.',
		isTransient: true,
	});
}

/** Without the fields that are undefined or empty. */
function definedOnly<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
	const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
	return Object.fromEntries(kept) as { [Name in keyof T]?: NonNullable<T[Name]> };
}
