import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptedBot } from './bots';
import type { ScriptedMessage } from './bots/scriptedBot';
import { readCallbackUrl, type Outcomes } from '../outcomes/outcomes';
import type { Changes } from '../journal/changes';
import type { MessageType, TranscriptMessage } from './contract';
import type { EndStatus } from './mailbox';
import type { RuntimeStates } from './runtimeStates';
import type { SandboxSession, Sessions, SessionStart } from './sessions';

export class NoSuchSession extends Error {
	override readonly name = 'NoSuchSession';

	constructor(sessionId: string) {
		super(`The sandbox has no running session "${sessionId}".`);
	}
}

export interface ConversationsOptions {
	sessions: Sessions;
	runtimeStates: RuntimeStates;
	changes: Changes;
	/** How long a bot takes for each of its messages, in ms. */
	botDelayMs: number;
	bots: readonly ScriptedBot[];
	outcomes: Outcomes;
}

/** Lets flows run. What is said in a session, its engine remembers too. */
export class Conversations {
	readonly #options: ConversationsOptions;

	constructor(options: ConversationsOptions) {
		this.#options = options;
	}

	/** Starts the flow of a bot. When bots do not take their time, all its messages are there at once. */
	start(bot: ScriptedBot, start: SessionStart): SandboxSession {
		const { sessions, runtimeStates } = this.#options;
		const session = sessions.open(bot, start);
		runtimeStates.begin(session);
		if (start.input !== '') this.say(session.sessionId, 'user', start.input);
		void this.#perform(session, bot.respond(start.context, start.input));
		return session;
	}

	/** Adds a message to a running session; throws when there is none with this id. */
	say(sessionId: string, type: MessageType, text: string): TranscriptMessage {
		const { sessions, runtimeStates, changes } = this.#options;
		const message = sessions.say(sessionId, type, text);
		if (!message) throw new NoSuchSession(sessionId);
		runtimeStates.remember(sessionId, message);
		changes.changed();
		return message;
	}

	/** The user says something in a running session, which the bot hears; throws when there is none with this id. */
	hear(sessionId: string, text: string): TranscriptMessage {
		const { sessions, bots, outcomes } = this.#options;
		const message = this.say(sessionId, 'user', text);
		const session = sessions.get(sessionId);
		const bot = bots.find(({ id }) => id === session?.botId);
		if (!session || !bot?.hear) return message;
		const { messages, outcome } = bot.hear(session.context, text);
		void this.#perform(session, messages);
		const url = readCallbackUrl(session.context);
		if (outcome && url !== undefined) outcomes.post(url, sessionId, outcome);
		return message;
	}

	/** Ends a running session; throws when there is none with this id. */
	end(sessionId: string, status: EndStatus): void {
		if (!this.#options.sessions.end(sessionId, status)) throw new NoSuchSession(sessionId);
		this.#options.changes.changed();
	}

	async #perform(session: SandboxSession, messages: readonly ScriptedMessage[]): Promise<void> {
		const { sessions, botDelayMs } = this.#options;
		for (const { type, text } of messages) {
			// Does not keep the process alive: whoever closes the sandbox does not wait for bots.
			if (botDelayMs > 0) await sleep(botDelayMs, undefined, { ref: false });
			// Over, or another one with the same id.
			if (sessions.get(session.sessionId) !== session) return;
			this.say(session.sessionId, type, text);
		}
	}
}
