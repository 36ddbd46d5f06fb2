import type { ScriptedBot } from './bots';
import type { TranscriptMessage } from './contract';
import { ExpiringMap } from '../expiringMap';
import type { SandboxSession } from './sessions';

const MAX_STATES = 200_000;

/** What the engine keeps of a session, as a state check and the control routes show it. */
export interface RuntimeState {
	readonly sessionId: string;
	readonly botId: string;
	flowState: string;
	dialogState: string;
	engineState: string;
	/** From the context of the start, until a reset clears them. */
	variables: Record<string, unknown>;
	/** What was said since the start or since a reset cleared it. */
	history: TranscriptMessage[];
	nluContext: Record<string, unknown>;
	/** How often it was reset. */
	resets: number;
	/** How many state checks still find a blocking action that the last reset has to wait for. */
	blockedChecks: number;
}

/** What a reset does to a state. */
export interface ResetDirective {
	flowState?: string | undefined;
	dialogState?: string | undefined;
	engineState?: string | undefined;
	clearVariables: boolean;
	clearHistory: boolean;
	clearNLUContext?: boolean | undefined;
}

/**
 * The runtime states of sessions: of those that were started, and of those that were reset although nobody knows them
 * (any more). They live as long as a session does, counted from the start or the last reset.
 */
export class RuntimeStates {
	readonly #states: ExpiringMap<RuntimeState>;

	/**
	 * @param ttlMs how long a session lives, in ms
	 * @param now the clock, in ms
	 */
	constructor(ttlMs: number, now: () => number) {
		this.#states = new ExpiringMap(ttlMs, MAX_STATES, now);
	}

	get(sessionId: string): RuntimeState | undefined {
		return this.#states.get(sessionId);
	}

	/** A session was started. */
	begin({ sessionId, botId, context, input }: SandboxSession): void {
		this.#states.set(sessionId, {
			sessionId,
			botId,
			flowState: 'RUNNING',
			dialogState: 'ACTIVE',
			engineState: 'RUNNING',
			variables: { ...context },
			history: [],
			nluContext: { lastInput: input },
			resets: 0,
			blockedChecks: 0,
		});
	}

	/** Something was said in a session. */
	remember(sessionId: string, message: TranscriptMessage): void {
		this.#states.get(sessionId)?.history.push(message);
	}

	/** Resets a session; one that is unknown is afterwards as one that was reset. */
	reset(sessionId: string, bot: ScriptedBot, directive: ResetDirective): void {
		const known = this.#states.get(sessionId);
		const state = known ?? unknownState(sessionId, bot.id);
		state.flowState = directive.flowState ?? state.flowState;
		state.dialogState = directive.dialogState ?? state.dialogState;
		state.engineState = directive.engineState ?? state.engineState;
		if (directive.clearVariables) state.variables = {};
		if (directive.clearHistory) state.history = [];
		if (directive.clearNLUContext) state.nluContext = {};
		state.resets += 1;
		state.blockedChecks = known ? (bot.blockedChecks ?? 0) : 0;
		this.#states.set(sessionId, state);
	}
}

function unknownState(sessionId: string, botId: string): RuntimeState {
	return {
		sessionId,
		botId,
		flowState: 'RESET',
		dialogState: 'COLD',
		engineState: 'INITIALIZED',
		variables: {},
		history: [],
		nluContext: {},
		resets: 0,
		blockedChecks: 0,
	};
}
