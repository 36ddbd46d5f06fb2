import { withAttempts, type AttemptDependencies, type CallContext } from '../../call/attempts';
import { CognigyError } from '../../errors';
import { wholeMessages } from '../../streams/answerCollector';
import { wasTooBusy } from '../../streams/answerStream';
import { handedOut, isPassing, type HeardMessage } from '../../streams/heardMessage';
import { ReplyMessages } from '../../streams/replyMessages';
import { backoffMs } from '../../call/backoff';
import { certainlyDidNotRun, isPassingFault } from '../../call/retry';
import { sleep, type Clock } from '../../time/clock';
import { raceWithSignal } from '../../time/race';
import type { Message } from '../../types';
import { joinChunks } from '../chunks';
import type { EndpointApi, EndpointPost } from '../endpointApi';
import type { CheckedTurn } from '../triggerFlow';
import type { LinkedSession, SessionLink } from './sessionLink';
import type { SessionLinks } from './sessionLinks';
import { Taking } from './taking';

/** How long a message that nobody waits an answer for has to show that it arrived, in ms. */
const FIRST_SIGN_MS = 2_000;

/**
 * What nobody acknowledged of earlier turns comes at the beginning of a connection. It must not pass for the answer, nor the
 * end of an earlier turn for that of this one: so nothing has to come for so long, in ms, but no longer than altogether.
 */
const LEFT_OVER_MS = 200;
const MAX_LEFT_OVER_MS = 5_000;

/** How long a session is listened to after a turn that nobody waited for, in ms. */
const LINGER_MS = 20_000;

export interface SocketTurnDependencies extends AttemptDependencies {
	links: Pick<SessionLinks, 'use'>;
	endpoints: EndpointApi;
	clock: Clock;
	/**
	 * Whether streams of the session run in another process, if at all. What nobody here waits for is then left to them:
	 * it is not acknowledged, so the service keeps it for the next connection.
	 */
	isSharedWithOthers: boolean;
}

/** Whom a turn tells of what it hears. */
export interface TurnListeners {
	/**
	 * Takes what is said, for streams that begin later.
	 * @param isForAll whether other processes need to be told: nobody will say it again, and who hears it as well knows it
	 * @returns what has to be done before it is acknowledged
	 */
	note: (session: LinkedSession, message: HeardMessage, isForAll: boolean) => Promise<void> | undefined;
	onWarning: (message: string) => void;
}

export interface TurnResult {
	status: 'COMPLETED' | 'SENT';
	messages?: Message[];
}

/** Turns on Socket.IO endpoints: a message, and what the bot says to it. */
export class SocketTurns {
	readonly #deps: SocketTurnDependencies;

	constructor(dependencies: SocketTurnDependencies) {
		this.#deps = dependencies;
	}

	/**
	 * Sends a message and collects what is said until the service tells that the turn is over, or the time is. Sent
	 * again only when it certainly did not leave: a socket has no receipt for a message
	 * (docs/protocol-cognigy-ai.md#acknowledgements).
	 * @throws {CognigyError} with `mayHaveRun` when the connection breaks before anything came back, or an error comes
	 */
	async run(
		turn: CheckedTurn,
		post: EndpointPost<never>,
		context: CallContext,
		{ note, onWarning }: TurnListeners,
	): Promise<TurnResult> {
		const { address, userId, sessionId, testMode } = turn;
		const session = { address, userId, sessionId, testMode };
		const { link, release } = this.#deps.links.use(session);
		const stopNoting = link.listen({
			onlyLooksOn: this.#deps.isSharedWithOthers,
			onMessage: (message, isTraced = false) => {
				if (isPassing(message)) return undefined;
				const isAcknowledged = turn.reply !== undefined || !this.#deps.isSharedWithOthers;
				return takingOf(note(session, message, isAcknowledged && isTraced));
			},
		});
		const { action } = post;
		let isLingering = false;
		const letGo = () => {
			stopNoting();
			release();
		};
		try {
			return await withAttempts(this.#deps, context, { action, isRepeatable: certainlyDidNotRun }, async () => {
				const leave = await enter(link, context);
				try {
					const { isOver, ...result } = await this.#attempt(link, turn, post, context, onWarning);
					isLingering = !isOver && !turn.reply && !this.#deps.isSharedWithOthers;
					return result;
				} finally {
					if (isLingering) void turnEnd(link, this.#deps.clock).then(leave).then(letGo);
					else leave();
				}
			});
		} finally {
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the work above
			if (!isLingering) letGo();
		}
	}

	/** Waits until the connection stands, and until what was left over of earlier turns has come on it. */
	async #settled(link: SessionLink, { isNewSession }: CheckedTurn, signal: AbortSignal): Promise<void> {
		const isFresh = !link.isReady;
		await raceWithSignal(link.ready(), signal);
		if (isFresh && !isNewSession) await untilQuiet(link, this.#deps.clock, signal);
	}

	async #attempt(
		link: SessionLink,
		turn: CheckedTurn,
		post: EndpointPost<never>,
		context: CallContext,
		onWarning: (message: string) => void,
	): Promise<TurnResult & { isOver: boolean }> {
		const { deadline, trace } = context;
		const { reply } = turn;
		deadline.signal.throwIfAborted();
		await this.#settled(link, turn, deadline.signal);
		const collecting = new Collecting(link, this.#deps, post.action, {
			limitMs: reply ? reply.maxWaitSeconds * 1000 : FIRST_SIGN_MS,
			endsAtFirstSign: !reply,
			onlyLooksOn: !reply && this.#deps.isSharedWithOthers,
		});
		let resume = () => {};
		try {
			if (turn.deliverAs === 'input') {
				trace.attempts++;
				link.send('processInput', processInput(turn));
			} else {
				await this.#deps.endpoints.postOnce(post, context);
			}
			// The wait for what the bot says has a limit of its own.
			resume = deadline.pause();
			const isOver = await raceWithSignal(collecting.done, deadline.signal).catch((error: unknown) => {
				throw deadline.signal.aborted ? stopped(post.action) : error;
			});
			if (!reply) return { status: 'SENT', isOver };
			if (!isOver) onWarning(collecting.reply.warning ?? notOver(reply.maxWaitSeconds));
			return { status: isOver ? 'COMPLETED' : 'SENT', messages: collecting.messages, isOver };
		} finally {
			resume();
			collecting.stop();
		}
	}
}

function takingOf(written: Promise<void> | undefined): Taking | undefined {
	if (!written) return undefined;
	const taking = new Taking();
	written.then(
		() => taking.safe(),
		() => {},
	);
	return taking;
}

/** Until nothing has come for `LEFT_OVER_MS`, as far as this process had the time to look. */
async function untilQuiet(link: SessionLink, clock: Clock, signal: AbortSignal): Promise<void> {
	const giveUpAt = clock.monotonic() + MAX_LEFT_OVER_MS;
	let hasCome = true;
	const onSign = () => (hasCome = true);
	const stopListening = link.listen({ onlyLooksOn: true, onMessage: onSign, onTurnEnd: onSign });
	try {
		while (hasCome && clock.monotonic() < giveUpAt) {
			hasCome = false;
			const dueAt = clock.monotonic() + LEFT_OVER_MS;
			await sleep(clock, LEFT_OVER_MS, signal);
			hasCome ||= wasTooBusy(clock, dueAt);
		}
	} finally {
		stopListening();
	}
}

/** Waits for its turn in the session, which does not count for the time limit: those before it take their time. */
async function enter(link: SessionLink, { deadline }: CallContext): Promise<() => void> {
	const resume = deadline.pause();
	const entered = link.enter();
	try {
		return await raceWithSignal(entered, deadline.signal);
	} catch (error) {
		void entered.then((leave) => leave());
		throw error;
	} finally {
		resume();
	}
}

/** Waits for the end of a turn, whatever it is, or `LINGER_MS`. */
async function turnEnd(link: SessionLink, clock: Clock): Promise<void> {
	const ended = new AbortController();
	const end = () => ended.abort();
	const stopListening = link.listen({ onlyLooksOn: true, onTurnEnd: end, onError: end, onDropped: end });
	await sleep(clock, LINGER_MS, AbortSignal.any([ended.signal, link.closed])).catch(() => {});
	stopListening();
}

interface CollectingOptions {
	/** In ms. */
	limitMs: number;
	/** Whether any sign that the message arrived is enough. */
	endsAtFirstSign: boolean;
	/** Whether what is said is left to others. */
	onlyLooksOn: boolean;
}

/** Collects what is said in a turn. */
class Collecting {
	readonly reply = new ReplyMessages();
	/** Whether the turn is over, as opposed to the time, or to the room for what is said. @throws {CognigyError} with `mayHaveRun` */
	readonly done: Promise<boolean>;
	readonly #stopListening: () => void;
	readonly #cancelTimer: () => void;
	readonly #stopping = new AbortController();

	constructor(link: SessionLink, { clock, random }: AttemptDependencies, action: string, options: CollectingOptions) {
		const { limitMs, endsAtFirstSign, onlyLooksOn } = options;
		let end: (isOver: boolean) => void = () => {};
		let fail: (error: CognigyError) => void = () => {};
		this.done = new Promise((resolve, reject) => {
			end = resolve;
			fail = (error) => reject(uncertain(action, error));
		});
		this.done.catch(() => {});
		let hasSign = false;
		this.#stopListening = link.listen({
			onlyLooksOn,
			onMessage: (message) => {
				if (message.isAnswerEnd) return this.reply.endAnswer();
				hasSign = true;
				const hasRoom = isPassing(message) || this.reply.add(message);
				if (endsAtFirstSign || !hasRoom) end(false);
			},
			onTurnEnd: () => end(true),
			onError: fail,
			onDropped: (error) => {
				if (!hasSign) return fail(error);
				// The rest was kept for the session, if the service keeps anything.
				comeBack(link, { clock, random }, this.#stopping.signal).catch(() => end(false));
			},
		});
		this.#cancelTimer = clock.after(limitMs, () => end(false));
	}

	/** What was said, streamed answers whole. */
	get messages(): Message[] {
		return handedOut(wholeMessages(this.reply.all, { join: joinChunks }));
	}

	stop(): void {
		this.#stopListening();
		this.#cancelTimer();
		this.#stopping.abort();
	}
}

/** Connects again, with back-off, for as long as the signal lets it. @throws {CognigyError} what does not pass */
async function comeBack(link: SessionLink, { clock, random }: AttemptDependencies, signal: AbortSignal): Promise<void> {
	for (let failures = 0; ; failures++) {
		try {
			return await link.ready();
		} catch (error) {
			if (!(error instanceof CognigyError && isPassingFault(error))) throw error;
			await sleep(clock, backoffMs(failures, random()), signal);
		}
	}
}

/** The event as the official client sends it (docs/protocol-cognigy-ai.md#socket-events). */
function processInput({ address, userId, sessionId, text, sentData }: CheckedTurn): object {
	return {
		URLToken: address.token,
		userId,
		sessionId,
		channel: 'n8n',
		source: 'device',
		passthroughIP: null,
		resetFlow: false,
		text,
		data: sentData,
	};
}

function uncertain(action: string, error: CognigyError): CognigyError {
	return error.with({ message: `${action} failed. ${error.message}`, isTransient: false, mayHaveRun: true });
}

function stopped(action: string): CognigyError {
	return new CognigyError({
		category: 'cancelled',
		message: `${action} was cancelled`,
		advice: 'The execution was stopped before the answer came.',
		mayHaveRun: true,
	});
}

function notOver(maxWaitSeconds: number): string {
	return `The reply may not be complete: the bot did not end its turn within ${maxWaitSeconds} s`;
}
