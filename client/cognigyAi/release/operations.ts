import type { BackendOperation } from '../../backend';
import { checkInput, isJsonObject } from '../../validation/fields';
import { parseEndpointReference } from '../endpointAddress';
import { deploySnapshot } from './deploy';
import { exportPackage, type ExportDependencies } from './exportPackage';
import {
	createSnapshotSchema,
	deleteSnapshotSchema,
	deploySnapshotSchema,
	exportPackageSchema,
	endpointStatusSchema,
	rollBackSchema,
	taskStatusSchema,
	type ReleaseInputs,
} from './inputs';
import { rollBack } from './rollBack';
import { createSnapshot, deleteSnapshot } from './snapshots';
import { endpointStatus, taskStatus } from './status';
import type { ReleaseResults } from './types';

/** What a platform with releases has (docs/nodes/release.md). */
export type ReleaseOperations<Inputs extends Record<keyof ReleaseInputs, unknown> = ReleaseInputs> = {
	readonly [Name in keyof ReleaseInputs]: BackendOperation<Inputs[Name], ReleaseResults[Name]>;
};

/** @param allowInsecure whether an endpoint may be named by a plain http URL */
export function releaseOperations(deps: ExportDependencies, allowInsecure: boolean): ReleaseOperations {
	const subject = { botId: deps.projectId };
	return {
		createSnapshot: {
			audited: ({ snapshotName, description }) => ({ subject, input: { snapshotName, description } }),
			prepare: (input) => {
				const request = checkInput(createSnapshotSchema, input);
				return async (context) => await createSnapshot(deps, request, context);
			},
		},
		deploySnapshot: {
			// Without the endpoint: its URL is a secret.
			audited: ({ deployment, expectedNow }) => ({ subject, input: { deployment, expectedNow } }),
			prepare: (input) => {
				const { endpoint, ...request } = checkInput(deploySnapshotSchema, input);
				const checked = { ...request, endpoint: parseEndpointReference(endpoint, allowInsecure) };
				return async (context) => await deploySnapshot(deps, checked, context);
			},
		},
		rollBack: {
			audited: ({ putBack }) => ({ subject, input: { putBack } }),
			prepare: (input) => {
				const request = checkInput(rollBackSchema, input);
				return async (context) => await rollBack(deps, request, context);
			},
		},
		getReleaseStatus: {
			audited: (input) => ({ subject, input: 'taskId' in input ? input : {} }),
			prepare: (input) => {
				if (isJsonObject(input) && 'taskId' in input) {
					const { taskId } = checkInput(taskStatusSchema, input);
					return async (context) => await taskStatus(deps, taskId, context);
				}
				const endpoint = parseEndpointReference(checkInput(endpointStatusSchema, input).endpoint, allowInsecure);
				return async (context) => await endpointStatus(deps, endpoint, context);
			},
		},
		deleteSnapshot: {
			audited: ({ snapshot }) => ({ subject, input: { snapshot } }),
			prepare: (input) => {
				const request = checkInput(deleteSnapshotSchema, input);
				return async (context) => await deleteSnapshot(deps, request, context);
			},
		},
		exportPackage: {
			audited: ({ packageName, resourceIds }) => ({ subject, input: { packageName, resourceIds } }),
			prepare: (input) => {
				const request = checkInput(exportPackageSchema, input);
				return async (context) => await exportPackage(deps, request, context);
			},
		},
	};
}
