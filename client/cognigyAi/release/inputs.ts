import * as z from 'zod/v4';

import { checked, idUpTo, noLongerThan, numberBetween } from '../../validation/fields';
import { inputObjectSchema } from '../../validation/jsonInput';
import { deploymentSchema, type Deployment } from '../inputs';
import { putBackSchema, type PutBack } from './deployed';

export interface CreateSnapshotInput {
	snapshotName: string;
	/** The service asks for one. */
	description: string;
}

/** What an endpoint must run before it is changed. */
export type ExpectedNow = { kind: 'anything' } | Deployment;

export interface DeploySnapshotInput {
	/** The endpoint, by its URL (whose token is a secret) or its id. */
	endpoint: string;
	deployment: Deployment;
	/** Default: anything. */
	expectedNow?: ExpectedNow;
}

export interface RollBackInput {
	/** What a deployment gave out to be undone with: an object, as it came. */
	putBack: unknown;
}

/** Of an endpoint, by its URL (whose token is a secret) or its id; or of a task. */
export type ReleaseStatusInput = { endpoint: string } | { taskId: string };

export interface DeleteSnapshotInput {
	/** Its name. */
	snapshot: string;
	/** Its name once more, typed by somebody who means it. */
	confirmName: string;
}

export interface ExportPackageInput {
	packageName: string;
	/** Ids of flows and the like. */
	resourceIds: readonly string[];
	/** Larger files are refused, in MB: 1 to 256. Default 64. */
	maxFileMegabytes?: number;
}

/** What the operations on releases take. */
export interface ReleaseInputs {
	createSnapshot: CreateSnapshotInput;
	deploySnapshot: DeploySnapshotInput;
	rollBack: RollBackInput;
	getReleaseStatus: ReleaseStatusInput;
	deleteSnapshot: DeleteSnapshotInput;
	exportPackage: ExportPackageInput;
}

const RELEASE_OPERATIONS: Readonly<Record<keyof ReleaseInputs, true>> = {
	createSnapshot: true,
	deploySnapshot: true,
	rollBack: true,
	getReleaseStatus: true,
	deleteSnapshot: true,
	exportPackage: true,
};

export const isReleaseOperation = (name: string): name is keyof ReleaseInputs => name in RELEASE_OPERATIONS;

/** The service takes no larger ones. */
export const MAX_FILE_MEGABYTES = 256;

/** Longest names and descriptions, in characters. No source tells what the service takes. */
const MAX_NAME_LENGTH = 200;
const MAX_DESCRIPTION_LENGTH = 1_000;

const name = idUpTo(MAX_NAME_LENGTH);
const endpoint = z.string({ error: 'is empty' }).refine((text) => text.trim() !== '', 'is empty');
/** As MongoDB makes them: they go into paths. */
const objectId = z
	.string({ error: 'is empty' })
	.transform((text) => text.trim())
	.refine((text) => text !== '', 'is empty')
	.refine((text) => text === '' || /^[a-z0-9]{24}$/i.test(text), 'must be 24 letters and digits');

export const createSnapshotSchema = z.object({
	snapshotName: name,
	description: z
		.string({ error: 'is empty' })
		.refine((text) => text.trim() !== '', 'is empty')
		.refine(...noLongerThan(MAX_DESCRIPTION_LENGTH)),
});

export const deploySnapshotSchema = z.object({
	endpoint,
	deployment: deploymentSchema,
	expectedNow: z
		.discriminatedUnion(
			'kind',
			[z.object({ kind: z.literal('anything') }), ...deploymentSchema.options],
			'must be anything, the live project or a snapshot',
		)
		.default({ kind: 'anything' }),
});

export const rollBackSchema = z.object({
	putBack: inputObjectSchema.transform((object, context): PutBack => {
		const result = checked(putBackSchema, object);
		if ('value' in result) return result.value;
		const message = `is not what "putBack" of Deploy Snapshot to Endpoint holds: ${result.path} ${result.problem}`;
		context.addIssue({ code: 'custom', message });
		return z.NEVER;
	}),
});

export const endpointStatusSchema = z.object({ endpoint });
export const taskStatusSchema = z.object({ taskId: objectId });

export const deleteSnapshotSchema = z
	.object({ snapshot: name, confirmName: z.string({ error: 'is empty' }) })
	.superRefine(({ snapshot, confirmName }, context) => {
		if (snapshot === confirmName) return;
		const message = confirmName === '' ? 'is empty' : 'is not the name of the snapshot that is to be deleted';
		context.addIssue({ code: 'custom', path: ['confirmName'], message });
	});

export const exportPackageSchema = z.object({
	packageName: name,
	resourceIds: z
		.array(objectId, 'must be a list')
		.min(1, 'is empty')
		.transform((ids) => [...new Set(ids)]),
	maxFileMegabytes: numberBetween(1, MAX_FILE_MEGABYTES).default(64),
});
