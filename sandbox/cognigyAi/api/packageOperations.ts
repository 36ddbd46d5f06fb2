import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import { bodyAs, id } from '../readBody';
import { Refusal } from '../refusal';
import { jsonAnswer } from '../serve';
import type { ApiCall } from './apiCall';
import { own } from './resourceOperations';
import { projectIn, requireRole, taskBegun } from './taskOperations';

/** What makes packages, and gives out their files (docs/protocol-cognigy-ai.md#packages). */

const objectIds = z.array(z.string().regex(/^[a-z0-9]{24}$/)).min(1);
const creation = z
	.object({ projectId: id, name: id, description: z.string().optional(), resourceIds: objectIds })
	.strict();

export function createPackage(call: ApiCall): WireAnswer {
	requireRole(call, 'packages_admin');
	const { projectId, name, resourceIds } = bodyAs(creation, call.body);
	projectIn(call, projectId);
	const { tasks, packages, resources } = call.service;
	const task = tasks.begin(projectId, 'createPackageNFS', { name, resourceIds }, () => {
		const known = [...resources.flows, ...resources.endpoints].filter((one) => one.projectId === projectId);
		const unknown = resourceIds.find((resourceId) => !known.some(({ _id }) => _id === resourceId));
		if (unknown !== undefined) return { failReason: `Resource ${unknown} not found` };
		return { data: { packageId: packages.add(projectId, name, resourceIds) } };
	});
	return taskBegun(task);
}

export function packageLink(call: ApiCall): WireAnswer {
	requireRole(call, 'packages_admin');
	const { packages } = call.service;
	const found = packages.find(call.id);
	const downloadLink = packages.link(own(call, found ? [found] : []));
	if (downloadLink === undefined) throw new Refusal(409, 1004, 'The package is not ready yet.');
	return jsonAnswer(201, { downloadLink });
}
