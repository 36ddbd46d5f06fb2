import { isPassingFault } from '../../call/retry';
import { backoffMs } from '../../call/backoff';
import type { CallContext } from '../../call/attempts';
import { quoted } from '../../call/serviceText';
import { CognigyError } from '../../errors';
import { sleep, type Clock } from '../../time/clock';
import type { ManagementApi } from '../managementApi';
import { paths } from '../wire';
import { taskSchema, type Task } from './wire';

/** Long operations answer with a task, which is asked about until it is over (docs/protocol-cognigy-ai.md#tasks). */

export interface TaskDependencies {
	api: ManagementApi;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** What must not show should the service repeat it (guarantee 6). */
	secrets: readonly string[];
}

/** What the task is to do, for errors. */
export interface TaskPurpose {
	/** `Creating snapshot "v1.2"` */
	action: string;
	/** A sentence without its full stop: `The snapshot may still be created`. */
	mayHave: string;
	/** What to do about a reason that the service gives. Undefined: nothing is known of it. */
	adviceFor?: (failReason: string) => string | undefined;
}

/** Pauses between two looks, in ms; the last one is made again and again. */
const PAUSES_MS = [1_000, 1_500, 2_000, 3_000] as const;
/** One that hangs is to leave time for others. In ms. */
const LOOK_MS = 15_000;
/** So many looks in a row may find no such task, should it take its time to show. */
const MAX_MISSING = 3;

/**
 * Waits until a task is done. A look that fails says nothing about the task: passing faults are ridden out until the time is
 * over.
 * @throws {CognigyError} `rejected` when it failed, with the reason that the service gives, or was cancelled; with `mayHaveRun`
 *   when its end is not known: `timeout` when the time was over, `cancelled`, or why it cannot be asked about
 */
export async function waitForTask(
	deps: TaskDependencies,
	begun: Task,
	purpose: TaskPurpose,
	context: CallContext,
): Promise<Task> {
	const { taskId } = begun;
	const { clock, random } = deps;
	context.trace.taskId = taskId;
	let task = begun;
	let shown = '';
	let failures = 0;
	let missing = 0;
	for (let looks = 0; ; looks++) {
		const state = `${task.status || 'begun'}${task.progress === null ? '' : `, ${task.progress} %`}`;
		if (state !== shown) context.onProgress?.(`${purpose.action}: task ${taskId} is ${state}`);
		shown = state;
		if (isOver(task)) return doneTask(deps, task, purpose);
		try {
			await sleep(clock, pauseMs(looks, failures, random()), context.deadline.signal);
			const seen = await readTask(deps, taskId, { ...context, retries: 0 });
			missing = seen ? 0 : missing + 1;
			failures = 0;
			task = seen ?? task;
		} catch (error) {
			if (context.deadline.end !== undefined)
				throw unknownEnd(taskId, purpose, overdue(purpose, context, error), context);
			if (!(error instanceof CognigyError) || !isPassingFault(error)) throw unknownEnd(taskId, purpose, error, context);
			failures++;
			context.onProgress?.(`${error.message}. Asking again`);
			await sleep(clock, error.retryAfterMs ?? 0, context.deadline.signal).catch((reason: unknown) => {
				throw unknownEnd(taskId, purpose, overdue(purpose, context, reason), context);
			});
		}
		if (missing >= MAX_MISSING) throw forgotten(taskId, purpose, context);
	}
}

function pauseMs(looks: number, failures: number, random: number): number {
	const pause = PAUSES_MS[looks] ?? PAUSES_MS[PAUSES_MS.length - 1] ?? 0;
	return failures === 0 ? pause : pause + backoffMs(failures, random);
}

/** @returns undefined when the service knows no such task (any more) */
export async function readTask(
	{ api }: Pick<TaskDependencies, 'api'>,
	taskId: string,
	context: CallContext,
): Promise<Task | undefined> {
	const description = { subject: `task "${taskId}"`, action: `Reading task "${taskId}"`, inputs: 'Task ID' };
	const call = { method: 'GET', path: paths.task(taskId), answer: taskSchema, whenMissing: null, description } as const;
	return (await api.call({ ...call, attemptMs: LOOK_MS }, context)) ?? undefined;
}

/** Words of the service for why a task failed, fit to be shown. Empty: it gives none. */
export function reasonOf({ failReason }: Task, secrets: readonly string[]): string {
	return quoted(failReason, secrets).replace(/^: /, '');
}

/** Words that nobody knows are those of a task that is under way. One that is being cancelled may be done all the same. */
function isOver({ status }: Task): boolean {
	return ['done', 'error', 'cancelled'].includes(status);
}

/** @throws {CognigyError} `rejected` */
function doneTask({ secrets }: TaskDependencies, task: Task, { action, adviceFor }: TaskPurpose): Task {
	const { status, taskId, failReason } = task;
	if (status === 'done') return task;
	const reason = reasonOf(task, secrets);
	const what = status === 'error' ? 'Cognigy could not do it' : 'somebody cancelled its task in Cognigy';
	throw new CognigyError({
		category: 'rejected',
		message: `${action} failed: ${what}${reason && `: ${reason}`} (task ${taskId})`,
		advice:
			adviceFor?.(failReason) ??
			(status === 'error' ? 'Do what the reason asks for, and run it again.' : 'Run it again if it was not meant so.'),
	});
}

/** The end of the time, or of the execution, in the place of whatever the call under way made of it. */
function overdue({ action }: TaskPurpose, { deadline }: CallContext, error: unknown): CognigyError {
	if (deadline.end === 'cancelled') {
		return new CognigyError({ category: 'cancelled', message: `${action} was not waited for any longer`, advice: '' });
	}
	const before = error instanceof CognigyError && error.category !== 'timeout' ? `. Before that: ${error.message}` : '';
	return new CognigyError({
		category: 'timeout',
		message: `${action} took too long${before}`,
		advice: 'If Cognigy needs the time, raise Timeout in the options of the node.',
		isTransient: true,
	});
}

/** Nobody knows what became of the task, and nothing is begun again. */
function unknownEnd(taskId: string, purpose: TaskPurpose, cause: unknown, context: CallContext): CognigyError {
	const error = cause instanceof CognigyError ? cause : noTask(taskId);
	const state = `Its end is not known: task ${taskId} goes on in Cognigy`;
	const check = `Check what became of it, with the operation Get Status and Task ID ${taskId}, before you run it again. ${error.advice}`;
	return inDoubt(error, { state, advice: check.trim() }, purpose, context);
}

/** Get Status would find no such task either, so nobody is sent there. */
function forgotten(taskId: string, purpose: TaskPurpose, context: CallContext): CognigyError {
	const state = `Whether task ${taskId} is done cannot be seen`;
	const advice = 'Check the project in Cognigy.AI before you run it again: Cognigy may forget tasks that are over.';
	return inDoubt(noTask(taskId), { state, advice }, purpose, context);
}

function inDoubt(
	error: CognigyError,
	{ state, advice }: { state: string; advice: string },
	{ action, mayHave }: TaskPurpose,
	{ onProgress }: CallContext,
): CognigyError {
	const words = `${state}. ${mayHave}; it was not begun again`;
	onProgress?.(`${action}: ${words}`);
	return error.with({ message: `${error.message}. ${words}`, advice, mayHaveRun: true });
}

/** @returns what there is to say of a task that cannot be found */
export function noTask(taskId: string): CognigyError {
	return new CognigyError({
		category: 'notFound',
		message: `Cognigy knows no task "${taskId}" (any more)`,
		advice: 'Cognigy may forget tasks that are over: check in Cognigy.AI whether what it was to make is there.',
	});
}
