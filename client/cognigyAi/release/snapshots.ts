import { withAttempts, type CallContext } from '../../call/attempts';
import { CognigyError, invalidInput } from '../../errors';
import { sleep } from '../../time/clock';
import { paths, shownTime, type Snapshot } from '../wire';
import { readSnapshots, snapshotNamed, type ReleaseDependencies } from './deployed';
import type { CreateSnapshotInput, DeleteSnapshotInput } from './inputs';
import { waitForTask, type TaskDependencies } from './tasks';
import type { CreatedSnapshot, DeletedSnapshot, SnapshotEntry } from './types';
import { taskSchema } from './wire';

type Dependencies = ReleaseDependencies & TaskDependencies;

/** So many times is looked for what a task is said to have done. */
const LOOKS = 3;
/** In ms. */
const PAUSE_MS = 2_000;

export function snapshotEntry({ _id, name, description, createdAt }: Snapshot): SnapshotEntry {
	return { snapshotId: _id, name, description, createdAt: shownTime(createdAt) };
}

/**
 * Makes a snapshot of the project (docs/protocol-cognigy-ai.md#snapshots). The service says only in its task that a name is
 * taken or the project full; a name can be looked up before.
 * @throws {CognigyError} `invalidInput` for a name that is taken, before anything is begun; `rejected` when the service does
 *   not make it; with `mayHaveRun` when it may have been made
 */
export async function createSnapshot(
	deps: Dependencies,
	{ snapshotName: name, description }: CreateSnapshotInput,
	context: CallContext,
): Promise<CreatedSnapshot> {
	const { api, projectId } = deps;
	const taken = (await readSnapshots(deps, context)).find((snapshot) => snapshot.name === name);
	if (taken) throw nameTaken(taken);
	const action = `Creating snapshot "${name}"`;
	const begun = await api.call(
		{
			method: 'POST',
			path: paths.snapshots,
			body: JSON.stringify({ projectId, name, description }),
			answer: taskSchema,
			once: {
				mayHave: 'The snapshot may have been created, or may still be created',
				lookup: 'Check whether the project has a snapshot of this name, for example with the operation Get Status.',
			},
			description: { subject: `project "${projectId}"`, action, inputs: 'Snapshot Name and Description' },
		},
		context,
	);
	const purpose = { action, mayHave: 'The snapshot may still be created', adviceFor: adviceForCreation };
	const { taskId } = await waitForTask(deps, begun, purpose, context);
	const done: DoneTask = { verb: 'created', name, taskId };
	const made = await lookFor(deps, done, context, (snapshots) => snapshots.find((snapshot) => snapshot.name === name));
	if (!made) throw notAsSaid(action, taskId, 'there is no snapshot of this name');
	return { ...snapshotEntry(made), taskId, botId: projectId };
}

/**
 * Deletes a snapshot. Endpoints that run it are for the service to see: its lists do not show what an endpoint runs, and
 * somebody may deploy it at any time.
 * @throws {CognigyError} `notFound`; `rejected` when the service does not delete it; with `mayHaveRun` when it may be deleted
 */
export async function deleteSnapshot(
	deps: Dependencies,
	{ snapshot: name }: DeleteSnapshotInput,
	context: CallContext,
): Promise<DeletedSnapshot> {
	const { api, projectId } = deps;
	const { _id: snapshotId } = snapshotNamed(name, await readSnapshots(deps, context));
	const action = `Deleting snapshot "${name}"`;
	const begun = await api.call(
		{
			method: 'DELETE',
			path: paths.snapshot(snapshotId),
			// Whether there is always a task is not documented for all versions.
			answer: taskSchema.nullable(),
			once: {
				mayHave: 'The snapshot may have been deleted, or may still be deleted',
				lookup: 'Check whether the project still has it, for example with the operation Get Status.',
			},
			description: { subject: `snapshot "${name}"`, action, inputs: 'Snapshot' },
		},
		context,
	);
	const purpose = { action, mayHave: 'The snapshot may still be deleted', adviceFor: adviceForDeletion };
	const taskId = begun ? (await waitForTask(deps, begun, purpose, context)).taskId : '';
	const isGone = await lookFor(
		deps,
		{ verb: 'deleted', name, taskId },
		context,
		(snapshots) => snapshots.every(({ _id }) => _id !== snapshotId) || undefined,
	);
	if (!isGone) throw notAsSaid(action, taskId, 'the snapshot is still there');
	return { snapshotId, name, deleted: true, taskId, botId: projectId };
}

/** What Cognigy says that it has done, for errors. */
interface DoneTask {
	verb: 'created' | 'deleted';
	/** Of the snapshot. */
	name: string;
	/** Empty: the service made no task of it. */
	taskId: string;
}

/**
 * What is to be seen in the list of snapshots once a task is done, which may take a moment.
 * @throws {CognigyError} always with `mayHaveRun`, and the word that the task was done
 */
async function lookFor<T>(
	deps: Dependencies,
	{ verb, name, taskId }: DoneTask,
	context: CallContext,
	find: (snapshots: readonly Snapshot[]) => T | undefined,
): Promise<T | undefined> {
	const action = `Looking for snapshot "${name}"`;
	// Not repeated as a whole: the calls in it are. A pause that is broken off gets an error of its own here.
	const looking = withAttempts(deps, context, { action, isRepeatable: () => false }, async () => {
		for (let looks = 1; ; looks++) {
			const found = find(await readSnapshots(deps, context));
			if (found !== undefined || looks === LOOKS || context.deadline.remainingMs() <= PAUSE_MS) return found;
			await sleep(deps.clock, PAUSE_MS, context.deadline.signal);
		}
	});
	return await looking.catch((error: unknown) => {
		if (!(error instanceof CognigyError)) throw error;
		throw error.with({
			message: `${error.message}. Cognigy had ${verb} snapshot "${name}" before that${taskId && ` (task ${taskId})`}`,
			advice: `Check the snapshots of the project, for example with the operation Get Status, before you run it again. ${error.advice}`,
			mayHaveRun: true,
		});
	});
}

function nameTaken(snapshot: Snapshot): CognigyError {
	const { snapshotId, name, createdAt } = snapshotEntry(snapshot);
	const since = createdAt && `, made at ${createdAt}`;
	return invalidInput(
		'snapshotName',
		`"${name}" is taken: the project has a snapshot with this name (${snapshotId}${since})`,
		'Choose another name. If an earlier run of this node made it, there is nothing left to do: use it. Nothing was created.',
	);
}

function notAsSaid(action: string, taskId: string, problem: string): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `${action}: Cognigy says that it is done${taskId && ` (task ${taskId})`}, but ${problem}`,
		advice: 'Look at the snapshots of the project in Cognigy.AI before you run it again.',
		mayHaveRun: true,
	});
}

/** The words are the service's own, in which sources quote them: they may change. */
function adviceForCreation(failReason: string): string | undefined {
	if (/limit/i.test(failReason)) {
		return 'The project has as many snapshots as it may have (10, unless set otherwise). Delete one that nothing runs, with the operation Delete Snapshot, and run it again.';
	}
	if (/conflict|already|exist|duplicate|\b409\b/i.test(failReason)) {
		return 'Somebody else may have made a snapshot of this name meanwhile. Choose another name.';
	}
	return undefined;
}

function adviceForDeletion(failReason: string): string | undefined {
	if (!/attached|endpoint|in use/i.test(failReason)) return undefined;
	return 'An endpoint runs it. Deploy something else to that endpoint first.';
}
