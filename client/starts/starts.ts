import type { CallContext } from '../call/attempts';
import { CognigyError, cancelled } from '../errors';
import { reasonOf, registryWarning, type SessionRecorder } from '../registry/sessionRecorder';
import type { ClaimedStart, NewSession, SessionRegistry } from '../registry/sessionRegistry';
import { sleep, type Clock } from '../time/clock';
import type { TriggerFlowResult } from '../types';
import { HeldStart } from './heldStart';
import {
	recordedStart,
	startWords,
	warnThatItMayHaveRun,
	type StartRecord,
	type UncertainWords,
} from './recordedStart';
import { earlierFailure, ownerDied, registryNeeded, unreadable, underWay, usedForSomethingElse } from './startErrors';
import { startIdentity, type IdentifiedStart, type StartIdentity } from './startIdentity';
import { outcomeFromText } from './startOutcome';

/** How long to wait before it is looked again whether a start that somebody else makes is over, in ms. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/** A start that was checked and may be made. */
export interface PlannedStart extends IdentifiedStart {
	/** What is being done, for errors: `Starting flow "main" of bot "b1"`. */
	action: string;
	sessionId: string;
	/** The session, as it is to be recorded; missing: it runs already. */
	session?: Pick<NewSession, 'botId' | 'flowId' | 'userId' | 'ttlSeconds' | 'context'>;
	/** How it is said that it may have run. */
	words?: UncertainWords;
}

type StartResult = Omit<TriggerFlowResult, 'audit' | 'repeated'>;
type Reply = Pick<TriggerFlowResult, 'messages' | 'reply'>;

export interface StartedFlow {
	result: StartResult;
	/** Collects what is said after it; missing: nobody wants that, or the result holds it. */
	collectReply?: (signal: AbortSignal) => Promise<Reply>;
}

/** A start that was made, now or before. */
export interface MadeStart extends StartedFlow {
	/** Somebody else made it before. */
	isRepeated: boolean;
	/** To be called in the end, with what was said after it: whoever repeats it is told that as well. Never fails. */
	complete: (reply?: Reply) => Promise<void>;
}

export interface StartsDependencies {
	/** Where starts and sessions are recorded; missing: nowhere. */
	kept: { registry: SessionRegistry; recorder: SessionRecorder } | undefined;
	/** The account behind the credential. */
	account: string;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** Who asks for a start. */
export interface StartCaller {
	/** The step of an execution that asks for it: asked for by the same one again, it is the same start. Empty: unknown. */
	origin: string;
	context: CallContext;
	onWarning: (message: string) => void;
	/** What was warned of so far. */
	warnings: readonly string[];
	/** Told first that the start was made before, and of its session. */
	onRepeated: (sessionId: string) => void;
}

/** Makes starts, each only once, whoever asks for it again (guarantee 1), and records their sessions. */
export class Starts {
	constructor(private readonly deps: StartsDependencies) {}

	/**
	 * Makes a start, unless it was made before: then it comes out as it did then. One that somebody else is making is
	 * waited for.
	 * @param send told when the start began, in ms since 1970
	 * @throws {CognigyError} what `send` throws; where the flow may have run, now or before, the error says so, with the id
	 *   of the session; `invalidInput` when the key was used for something else; `timeout` when somebody else takes too long
	 */
	async make(
		plan: PlannedStart,
		caller: StartCaller,
		send: (createdAt: number) => Promise<StartedFlow>,
	): Promise<MadeStart> {
		const { kept, clock, account } = this.deps;
		const identity = startIdentity(plan, caller.origin);
		if (!kept && plan.idempotencyKey !== undefined) throw registryNeeded(plan.idempotencyKey, 'there is none');
		if (!kept || !identity) return await this.#send(plan, caller, undefined, send);
		const held = new HeldStart(kept.registry, clock, account, identity);
		const earlier = await this.#claim(plan, caller, identity, held, kept.recorder);
		if (!earlier) return await this.#send(plan, caller, held, send);
		caller.onRepeated(earlier.sessionId);
		const result = outcomeOf(plan, earlier, isSameStep(earlier, identity));
		return { result, isRepeated: !isSameStep(earlier, identity), complete: async () => {} };
	}

	/**
	 * Claims a start together with its session, or waits until it is known what came of it.
	 * @returns undefined: it is ours to make, or nobody can tell
	 */
	async #claim(
		{ session, ...plan }: PlannedStart,
		{ context: { deadline }, onWarning }: StartCaller,
		identity: StartIdentity,
		held: HeldStart,
		recorder: SessionRecorder,
	): Promise<ClaimedStart | undefined> {
		const { clock, random } = this.deps;
		const { sessionId, idempotencyKey, action } = plan;
		let earlier: ClaimedStart | undefined;
		for (let looks = 0; ; looks++) {
			const claim = held.claim(sessionId);
			let isKnown = true;
			try {
				earlier = await recorder.claiming(claim, session && { ...session, sessionId, createdAt: claim.now });
			} catch (error) {
				// What somebody else makes does not become ours because nobody can tell how far that came.
				isKnown = false;
				if (!earlier && idempotencyKey !== undefined) {
					// Its answer may have got lost.
					held.release();
					throw registryNeeded(idempotencyKey, reasonOf(error));
				}
				if (!earlier && session) onWarning(registryWarning(sessionId, 'recorded', error));
			}
			if (!earlier) return undefined;
			if (!isSameStep(earlier, identity) && earlier.fingerprint !== identity.fingerprint) {
				throw usedForSomethingElse(idempotencyKey, earlier.sessionId);
			}
			if (isKnown && isOver(earlier, clock.wallTime())) return earlier;
			const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** looks) * (0.5 + random() / 2);
			try {
				await sleep(clock, pauseMs, deadline.signal);
			} catch {
				if (deadline.end !== 'timeout') throw cancelled(action);
				// Its flow was started: only its reply is missing.
				if (earlier.outcome !== undefined) return earlier;
				throw underWay(action, earlier.sessionId);
			}
		}
	}

	/** @param held missing: nobody can tell this start from another one */
	async #send(
		plan: PlannedStart,
		caller: StartCaller,
		held: HeldStart | undefined,
		send: (createdAt: number) => Promise<StartedFlow>,
	): Promise<MadeStart> {
		const { sessionId, words = startWords } = plan;
		const createdAt = this.deps.clock.wallTime();
		const told = async (): Promise<StartedFlow> =>
			await send(createdAt).catch((error: unknown) => {
				const mayHaveRun = error instanceof CognigyError && error.mayHaveRun;
				throw mayHaveRun ? warnThatItMayHaveRun(error, sessionId, words) : error;
			});
		const withWarnings = (result: StartResult): StartResult =>
			caller.warnings.length > 0 ? { ...result, warnings: [...caller.warnings] } : result;
		const outcome = ({ result, collectReply }: StartedFlow) => {
			return { result: withWarnings(result), isWhole: !collectReply };
		};
		const start = held ? async () => await held.make(told, outcome) : told;
		const started = await this.#recorded(plan, createdAt, caller, held !== undefined, start).finally(async () => {
			// In the meantime the session is recorded, as far as that is possible in the same step.
			await held?.kept();
		});
		return {
			...started,
			isRepeated: false,
			complete: async (reply) => {
				if (!started.collectReply) return;
				held?.keep({ result: withWarnings({ ...started.result, ...reply }), isWhole: true });
				await held?.kept();
			},
		};
	}

	async #recorded(
		{ session, sessionId }: PlannedStart,
		createdAt: number,
		{ onWarning }: StartCaller,
		isRecorded: boolean,
		start: () => Promise<StartedFlow>,
	): Promise<StartedFlow> {
		if (!session) return await start();
		return await recordedStart(this.#recordFor(onWarning), {
			session: { ...session, sessionId, createdAt },
			isRecorded,
			start,
			idOf: ({ result }) => result.sessionId,
		});
	}

	#recordFor(onWarning: (message: string) => void): StartRecord {
		const recorder = this.deps.kept?.recorder;
		return {
			starting: async (session) => await recorder?.starting(session, onWarning),
			started: async (sessionId) => await recorder?.started(sessionId, onWarning),
			notStarted: async (sessionId) => await recorder?.notStarted(sessionId, onWarning),
		};
	}
}

/** Whether it is the very step of the same execution that made the start: n8n runs it again. */
function isSameStep({ origin }: ClaimedStart, identity: StartIdentity): boolean {
	return origin !== '' && origin === identity.origin;
}

/** Whether nothing more will come of it: all is there, or its owner has died. */
function isOver({ outcome, aliveUntil }: ClaimedStart, now: number): boolean {
	if (aliveUntil <= now) return true;
	const read = outcome === undefined ? undefined : outcomeFromText(outcome);
	return read !== undefined && ('error' in read || read.isWhole);
}

/** What came of a start that was made before. @throws {CognigyError} it may have run */
function outcomeOf(plan: PlannedStart, earlier: ClaimedStart, isSame: boolean): StartResult {
	const { action, idempotencyKey, words = startWords } = plan;
	if (earlier.outcome === undefined) throw warnThatItMayHaveRun(ownerDied(action), earlier.sessionId, words);
	const outcome = outcomeFromText(earlier.outcome);
	if (!outcome) throw warnThatItMayHaveRun(unreadable(action), earlier.sessionId, words);
	if ('result' in outcome) return outcome.result;
	throw isSame || idempotencyKey === undefined ? outcome.error : earlierFailure(outcome.error, idempotencyKey);
}
