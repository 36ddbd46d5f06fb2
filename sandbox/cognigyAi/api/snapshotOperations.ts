import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import { objectId, referenceId } from '../ids';
import { bodyAs, id } from '../readBody';
import { invalid } from '../refusal';
import { NO_CONTENT } from '../serve';
import type { ApiCall } from './apiCall';
import { pageAnswer } from './formats';
import { pageOf, type Item } from './pages';
import { own } from './resourceOperations';
import { projectIn, requireRole, taskBegun } from './taskOperations';

/** What makes, shows and deletes snapshots (docs/protocol-cognigy-ai.md#snapshots). */

const creation = z.object({ projectId: id, name: id, description: id }).strict();
const resources = { many: 'resources', one: 'resource' };

export function createSnapshot(call: ApiCall): WireAnswer {
	requireRole(call, 'snapshot_admin');
	const body = bodyAs(creation, call.body);
	const projectId = projectIn(call, body.projectId);
	const { service } = call;
	const { name, description } = body;
	const task = service.tasks.begin(projectId, 'createSnapshot', { properties: { name, description } }, () => {
		const all = service.resources.snapshots;
		const own = all.filter((snapshot) => snapshot.projectId === projectId);
		if (own.some((snapshot) => snapshot.name === name)) {
			return { failReason: `409 Conflict: a snapshot with the name '${name}' exists` };
		}
		const { snapshotLimit, now } = service.settings;
		if (own.length >= snapshotLimit) return { failReason: `Limit of allowed Snapshots reached (${snapshotLimit})` };
		const createdAt = Math.floor(now() / 1000);
		const _id = objectId(`snapshot ${name} made as number ${all.length} at ${createdAt}`);
		all.push({ _id, name, description, projectId, createdAt });
		return {};
	});
	return taskBegun(task);
}

export function deleteSnapshot(call: ApiCall): WireAnswer {
	requireRole(call, 'snapshot_admin');
	const { service } = call;
	const { _id, projectId } = own(call, service.resources.snapshots);
	const work = () => {
		if (service.resources.endpoints.some(({ entrypoint }) => entrypoint === _id)) {
			return { failReason: 'The snapshot is attached to an endpoint' };
		}
		service.resources.snapshots = service.resources.snapshots.filter((snapshot) => snapshot._id !== _id);
		return {};
	};
	if (service.settings.deleteAnswer === 'task') {
		return taskBegun(service.tasks.begin(projectId, 'deleteSnapshot', { snapshotId: _id }, work));
	}
	const { failReason } = work();
	if (failReason !== undefined) throw invalid(failReason);
	return NO_CONTENT;
}

export function listSnapshotResources(call: ApiCall): WireAnswer {
	const { service, query, format } = call;
	const { _id, name, projectId } = own(call, service.resources.snapshots);
	const type = query.get('resourceType');
	const without = service.settings.snapshotsWithout[name] ?? [];
	const project = service.resources.projects.find((one) => one._id === projectId)?.name ?? '';
	const flows = service.resources.flows.filter((flow) => flow.projectId === projectId);
	const locale = { name: 'locale', referenceId: referenceId(`locale of ${project}`) };
	const held = { flow: flows, locale: [locale] }[type ?? ''] ?? [];
	const items = held
		.filter((one) => !without.includes(one.name))
		.map((one): Item => ({
			_id: objectId(`${one.name} in ${_id}`),
			name: one.name,
			referenceId: one.referenceId,
			type,
		}));
	return pageAnswer(pageOf(items, query, service.settings), resources, format);
}
