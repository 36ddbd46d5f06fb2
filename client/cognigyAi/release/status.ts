import type { CallContext } from '../../call/attempts';
import type { EndpointReference } from '../endpointAddress';
import { findEndpoint } from '../findEndpoint';
import { shownTime } from '../wire';
import { deployedOn, readSnapshots, type ReleaseDependencies } from './deployed';
import { snapshotEntry } from './snapshots';
import { noTask, readTask, reasonOf, type TaskDependencies } from './tasks';
import type { EndpointStatus, TaskStatus } from './types';

/** What an endpoint runs, and what it could run. */
export async function endpointStatus(
	deps: ReleaseDependencies,
	reference: EndpointReference,
	context: CallContext,
): Promise<EndpointStatus> {
	const { projectId } = deps;
	const endpoint = await findEndpoint(deps, projectId, reference, context);
	const snapshots = await readSnapshots(deps, context);
	const { _id, name, channel, active, entrypoint } = endpoint;
	return {
		endpointId: _id,
		endpointName: name,
		channel,
		active,
		runs: deployedOn(endpoint, projectId, snapshots),
		snapshots: snapshots.map((snapshot) => ({
			...snapshotEntry(snapshot),
			isDeployed: snapshot._id === entrypoint,
		})),
		botId: projectId,
	};
}

/** How far a task has got. One that failed is told of as well. @throws {CognigyError} `notFound` */
export async function taskStatus(
	deps: ReleaseDependencies & TaskDependencies,
	taskId: string,
	context: CallContext,
): Promise<TaskStatus> {
	const task = await readTask(deps, taskId, context);
	if (!task) throw noTask(taskId);
	const { name, status, progress, data, createdAt } = task;
	const failReason = reasonOf(task, deps.secrets);
	context.trace.taskId = taskId;
	return { taskId, name, status, progress, failReason, data, createdAt: shownTime(createdAt), botId: deps.projectId };
}
