import * as z from 'zod/v4';

import type { CallContext } from '../../call/attempts';
import { CognigyError } from '../../errors';
import type { Deployment } from '../inputs';
import type { ProjectLists } from '../lists';
import type { ManagementApi } from '../managementApi';
import type { Endpoint, Snapshot } from '../wire';

export interface ReleaseDependencies {
	api: ManagementApi;
	lists: ProjectLists;
	projectId: string;
}

const text = z.string('must be text');

const deployedSchema = z.object({
	kind: z.enum(['live', 'snapshot', 'nothing'], 'must be live, snapshot or nothing'),
	snapshotId: text,
	name: text,
	flowId: text,
	localeId: text,
});

/** What an endpoint runs: the project as it is edited, a snapshot, or nothing that it tells. */
export type Deployed = z.output<typeof deployedSchema>;

/** Undoes a deployment: on which endpoint, what it put there, and what was there before (docs/nodes/release.md#roll-back). */
export const putBackSchema = z.object({
	botId: text,
	endpointId: text.regex(/^[\w-]+$/, 'is not the ID of an endpoint'),
	deployed: deployedSchema,
	previous: deployedSchema,
});
export type PutBack = z.output<typeof putBackSchema>;

/** @param snapshots of the project; one that is not among them has no name */
export function deployedOn(
	{ entrypoint, flowId, localeId }: Pick<Endpoint, 'entrypoint' | 'flowId' | 'localeId'>,
	projectId: string,
	snapshots: readonly Snapshot[],
): Deployed {
	if (entrypoint === '') return { kind: 'nothing', snapshotId: '', name: '', flowId, localeId };
	if (entrypoint === projectId) return { kind: 'live', snapshotId: '', name: 'live', flowId, localeId };
	const name = snapshots.find(({ _id }) => _id === entrypoint)?.name ?? '';
	return { kind: 'snapshot', snapshotId: entrypoint, name, flowId, localeId };
}

/** Whether both mean the same; names may have been given to others since. */
export function isSame(one: Deployed, other: Deployed): boolean {
	return (['kind', 'snapshotId', 'flowId', 'localeId'] as const).every((field) => one[field] === other[field]);
}

/** In words: `the live project`, `snapshot "v1.1"`. */
export function inWords({ kind, snapshotId, name }: Deployed): string {
	if (kind === 'live') return 'the live project';
	if (kind === 'nothing') return 'nothing';
	return name === ''
		? `a snapshot that is not in this project, or not there any more (${snapshotId})`
		: `snapshot "${name}"`;
}

/** In words, where the flow or the locale may be all that differs. */
export function inFullWords(deployed: Deployed): string {
	return `${inWords(deployed)} (flow ${deployed.flowId || 'none'}, locale ${deployed.localeId || 'none'})`;
}

/** The deployment that somebody asks for, on an endpoint whose flow and locale stay. @throws {CognigyError} `notFound` */
export function asDeployed(
	deployment: Deployment,
	{ flowId, localeId }: Pick<Endpoint, 'flowId' | 'localeId'>,
	snapshots: readonly Snapshot[],
): Deployed {
	if (deployment.kind === 'live') return { kind: 'live', snapshotId: '', name: 'live', flowId, localeId };
	const { _id, name } = snapshotNamed(deployment.name, snapshots);
	return { kind: 'snapshot', snapshotId: _id, name, flowId, localeId };
}

/** @throws {CognigyError} `notFound`; `protocol` when there are several, which Cognigy does not allow */
export function snapshotNamed<Named extends Snapshot>(name: string, snapshots: readonly Named[]): Named {
	const [first, ...others] = snapshots.filter((snapshot) => snapshot.name === name);
	if (first && others.length === 0) return first;
	const names = snapshots.map((snapshot) => `"${snapshot.name}"`).join(', ') || 'none';
	throw new CognigyError(
		first
			? {
					category: 'protocol',
					message: `The project has ${others.length + 1} snapshots with the name "${name}"`,
					advice: 'Delete all but one of them in Cognigy.AI.',
				}
			: {
					category: 'notFound',
					message: `The project has no snapshot with the name "${name}". It has: ${names}`,
					advice: 'Pick one of them, or create it first. Upper and lower case count.',
				},
	);
}

/** The snapshots of the project. */
export async function readSnapshots(
	{ lists, projectId }: ReleaseDependencies,
	context: CallContext,
): Promise<Snapshot[]> {
	return await lists.allSnapshots(projectId, context);
}
