import { randomUUID } from 'node:crypto';
import type { ScriptedBot } from './bots';
import type { MessageType, TranscriptMessage } from './contract';
import { ExpiringMap } from './expiring-map';

/** Contract section 5: counted from the creation. */
export const sessionTtlMs = 30 * 60_000;
const maxSessions = 200_000;

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

/** The running sessions. Expired ones are forgotten, and past 200,000 the oldest. */
export class Sessions {
	private readonly running: ExpiringMap<SandboxSession>;

	/** @param now the clock, in ms */
	constructor(private readonly now: () => number) {
		this.running = new ExpiringMap(sessionTtlMs, maxSessions, now);
	}

	get(sessionId: string): SandboxSession | undefined {
		return this.running.get(sessionId);
	}

	/** Oldest first. */
	all(): SandboxSession[] {
		return this.running.values();
	}

	/** Starts the flow of a bot; its messages are in the transcript at once. */
	start(bot: ScriptedBot, start: SessionStart): SandboxSession {
		const createdAt = this.now();
		const session: SandboxSession = {
			sessionId: start.sessionId ?? randomUUID(),
			botId: bot.id,
			flowId: start.flowId,
			userId: start.userId,
			startedBy: start.startedBy,
			context: start.context,
			input: start.input,
			createdAt: new Date(createdAt).toISOString(),
			expiresAt: new Date(createdAt + sessionTtlMs).toISOString(),
			transcript: [],
		};
		if (start.input !== '') this.say(session, 'user', start.input);
		for (const message of bot.respond(start.context, start.input)) this.say(session, message.type, message.text);
		this.running.set(session.sessionId, session);
		return session;
	}

	private say(session: SandboxSession, type: MessageType, text: string): void {
		const timestamp = new Date(this.now()).toISOString();
		session.transcript.push({ messageId: randomUUID(), text, type, timestamp });
	}
}
