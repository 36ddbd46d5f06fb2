import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcomes } from '../../outcomes/outcomes';
import type { Changes } from '../../journal/changes';
import type { AiInput } from '../contract';
import type { ScriptedOutput } from '../flows';
import type { Settings } from '../options';
import type { Stats } from '../stats';
import type { Outlet } from './outlet';
import { keyOf, type CognigyAiSession, type ConversationEntry, type Said, type Sessions } from './sessions';

export interface TurnRequest {
	input: AiInput;
	source: 'user' | 'inject';
	testMode: boolean;
	/** Where what is said during the turn goes to. */
	outlet: Outlet;
	/** Where what is said after it goes to. */
	laterOutlet: Outlet;
	resetFlow?: boolean;
}

export interface TurnsOptions {
	sessions: Sessions;
	settings: Settings;
	stats: Stats;
	changes: Changes;
	outcomes: Outcomes;
}

/** Lets flows run: the inputs of a session one after the other, those of several sessions side by side. */
export class Turns {
	readonly #lastTurns = new Map<string, Promise<void>>();
	readonly #options: TurnsOptions;

	constructor(options: TurnsOptions) {
		this.#options = options;
	}

	/** Resolves when the turn is over. */
	run(session: CognigyAiSession, request: TurnRequest): Promise<void> {
		const key = keyOf(session);
		const turn = (this.#lastTurns.get(key) ?? Promise.resolve()).then(() => this.#runNow(session, request));
		this.#lastTurns.set(key, turn);
		void turn.finally(() => {
			if (this.#lastTurns.get(key) === turn) this.#lastTurns.delete(key);
		});
		return turn;
	}

	/** Says something in a session, in the name of its bot. */
	say(
		session: CognigyAiSession,
		{ text = '', data = {}, source: speaker = 'bot' }: ScriptedOutput,
		how: { source: 'bot' | 'notify'; outlet: Outlet; testMode?: boolean; traceId?: string },
	): Said {
		const { source, outlet, testMode = false, traceId = newTraceId() } = how;
		const who = { source, ...(speaker === 'agent' ? { isAgent: true as const } : {}) };
		const entry = this.#note(session, { type: 'output', ...who, text: text ?? '', data, testMode, traceId });
		const said: Said = {
			output: { text, data: structuredClone(data), traceId, disableSensitiveLogging: false, source: speaker },
			entry,
		};
		entry.delivery = { sent: 0, state: 'pending' };
		this.#options.stats.count(({ outputs }) => (outputs.total += 1));
		outlet.output(said);
		// The outlet tells at once when there is nowhere to send it to.
		if (isLost(entry)) this.#options.stats.count(({ outputs }) => (outputs.lost += 1));
		return said;
	}

	async #runNow(session: CognigyAiSession, request: TurnRequest): Promise<void> {
		const { sessions, settings, stats, outcomes } = this.#options;
		const { input, source, testMode, outlet, laterOutlet, resetFlow = false } = request;
		const { slowMs, outputDelayMs, finalPingAfterError } = settings;
		const traceId = newTraceId();
		if (resetFlow && settings.resetFlow) session.turns = 0;
		session.turns += 1;
		stats.count((counts) => (counts.turns += 1));
		this.#note(session, { type: 'input', source, ...input, testMode, traceId: null });
		const reply = sessions.flowOf(session.flowId)?.script.respond({
			...structuredClone(input),
			context: session.context,
			state: session.state,
			turn: session.turns,
			deployment: session.deployment,
			slowMs,
		});
		const { outputs = [], error, stopped = false, later = [], outcome } = reply ?? {};

		outlet.typing('typingOn');
		for (const output of outputs) {
			await pause(outputDelayMs + (output.afterMs ?? 0));
			this.say(session, output, { source: 'bot', outlet, testMode, traceId });
		}
		if (error) outlet.error(error);
		outlet.typing('typingOff');
		if (!error || finalPingAfterError) outlet.finalPing(stopped ? 'cognigyStopFlow' : 'regular');
		if (outcome) outcomes.post(outcome.url, session.sessionId, outcome.outcome);
		void this.#sayLater(session, later, { ...request, outlet: laterOutlet });
	}

	async #sayLater(
		session: CognigyAiSession,
		outputs: readonly ScriptedOutput[],
		{ outlet, testMode }: TurnRequest,
	): Promise<void> {
		for (const output of outputs) {
			await pause(output.afterMs ?? 0);
			this.say(session, output, { source: 'bot', outlet, testMode });
		}
	}

	#note(session: CognigyAiSession, said: Omit<ConversationEntry, 'timestamp' | 'delivery'>): ConversationEntry {
		const timestamp = new Date(this.#options.settings.now()).toISOString();
		const entry: ConversationEntry = { ...said, data: structuredClone(said.data), timestamp, delivery: null };
		session.conversation.push(entry);
		this.#options.changes.changed();
		return entry;
	}
}

function isLost({ delivery }: ConversationEntry): boolean {
	return delivery?.state === 'lost';
}

function newTraceId(): string {
	return `endpoint-httpIncomingMessage-${randomUUID()}`;
}

async function pause(ms: number): Promise<void> {
	// Does not keep the process alive: whoever closes the sandbox does not wait for flows.
	if (ms > 0) await sleep(ms, undefined, { ref: false });
}
