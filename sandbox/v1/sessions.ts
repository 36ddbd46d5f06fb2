import { randomUUID } from 'node:crypto';
import type { ScriptedBot } from './bots';
import type { MessageType, TranscriptMessage } from './contract';
import { ExpiringMap } from '../expiringMap';
import { Mailbox, type EndStatus, type MailboxObserver, type ReplayStyle } from './mailbox';

const MAX_SESSIONS = 200_000;

/** How long is known that there was a session, from its end, in ms. */
const REMEMBERED_MS = 24 * 60 * 60_000;

/** A flow that was started, and what was said in it. */
export interface SandboxSession {
	sessionId: string;
	botId: string;
	flowId: string;
	/** The end user that the start named. */
	userId: string;
	/** The sandbox user whose login started it. */
	startedBy: string;
	context: Record<string, unknown>;
	input: string;
	/** ISO 8601. */
	createdAt: string;
	/** ISO 8601. */
	expiresAt: string;
	/** Oldest first; only ever appended to. */
	transcript: TranscriptMessage[];
}

export interface SessionStart {
	/** Empty: one is made. */
	sessionId: string | undefined;
	flowId: string;
	userId: string;
	startedBy: string;
	context: Record<string, unknown>;
	input: string;
}

interface RunningSession {
	session: SandboxSession;
	mailbox: Mailbox;
}

interface EndedSession {
	session: Pick<SandboxSession, 'botId' | 'flowId'>;
	/** How it answers from now on. */
	endedWith: EndStatus;
}

export interface SessionsOptions {
	/** How long a session lives, in ms. */
	ttlMs: number;
	replay: ReplayStyle;
	observer: MailboxObserver;
	/** The clock, in ms. */
	now: () => number;
}

/** The running sessions. They end when they expire, and past 200,000 the oldest; of both, only that is remembered. */
export class Sessions {
	readonly #running: ExpiringMap<RunningSession>;
	readonly #ended: ExpiringMap<EndedSession>;
	readonly #options: SessionsOptions;

	constructor(options: SessionsOptions) {
		this.#options = options;
		const { ttlMs, now } = options;
		this.#running = new ExpiringMap(ttlMs, MAX_SESSIONS, now, (_id, running) => this.#over(running, 410));
		this.#ended = new ExpiringMap(REMEMBERED_MS, MAX_SESSIONS, now);
	}

	get(sessionId: string): SandboxSession | undefined {
		return this.#running.get(sessionId)?.session;
	}

	/** Also one that is over. */
	find(sessionId: string): RunningSession | EndedSession | undefined {
		return this.#running.get(sessionId) ?? this.#ended.get(sessionId);
	}

	/** Oldest first. */
	all(): SandboxSession[] {
		return this.#running.values().map(({ session }) => session);
	}

	/** A poll of a session arrived. */
	asked(sessionId: string): void {
		this.#running.get(sessionId)?.mailbox.asked();
	}

	/** What those who poll running sessions were given, as far as they have not asked on. */
	unconfirmed(): TranscriptMessage[] {
		return this.#running.values().flatMap(({ mailbox }) => mailbox.unconfirmed);
	}

	/** Begins a session of a bot, in which nothing was said yet. */
	open(bot: ScriptedBot, start: SessionStart): SandboxSession {
		const { ttlMs, replay, observer, now } = this.#options;
		const createdAt = now();
		const session: SandboxSession = {
			sessionId: start.sessionId ?? randomUUID(),
			botId: bot.id,
			flowId: start.flowId,
			userId: start.userId,
			startedBy: start.startedBy,
			context: start.context,
			input: start.input,
			createdAt: new Date(createdAt).toISOString(),
			expiresAt: new Date(createdAt + ttlMs).toISOString(),
			transcript: [],
		};
		const mailbox = new Mailbox(session.transcript, replay, observer);
		this.#running.set(session.sessionId, { session, mailbox });
		return session;
	}

	/** Adds a message to a running session; undefined: there is none with this id. */
	say(sessionId: string, type: MessageType, text: string): TranscriptMessage | undefined {
		const running = this.#running.get(sessionId);
		if (!running) return undefined;

		const timestamp = new Date(this.#options.now()).toISOString();
		const message = { messageId: randomUUID(), text, type, timestamp };
		running.session.transcript.push(message);
		running.mailbox.arrived(message);
		return message;
	}

	/** Ends a running session before its time. Returns whether there was one. */
	end(sessionId: string, status: EndStatus): boolean {
		const running = this.#running.get(sessionId);
		if (!running) return false;
		this.#running.delete(sessionId);
		this.#over(running, status);
		return true;
	}

	/** Sessions expire when somebody looks. This looks, for those who wait. */
	endExpired(): void {
		this.#running.dropExpired();
	}

	#over({ session: { sessionId, botId, flowId }, mailbox }: RunningSession, endedWith: EndStatus): void {
		this.#ended.set(sessionId, { session: { botId, flowId }, endedWith });
		mailbox.end(endedWith);
	}
}
