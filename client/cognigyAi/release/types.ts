import type { AuditEntry } from '../../audit';
import type { Deployed, PutBack } from './deployed';

/** What the operations on releases tell (docs/nodes/release.md), but for their audit. */
interface Told {
	/** The id of the project, as the credential says. */
	botId: string;
}

export interface SnapshotEntry {
	snapshotId: string;
	name: string;
	description: string;
	/** ISO 8601; empty: not told. */
	createdAt: string;
}

export interface CreatedSnapshot extends SnapshotEntry, Told {
	taskId: string;
}

export interface DeploymentResult extends Told {
	endpointId: string;
	endpointName: string;
	before: Deployed;
	after: Deployed;
	/** What undoes it; holds no secret. */
	putBack: PutBack;
	/** Whether it was not so already. */
	changed: boolean;
}

export interface EndpointStatus extends Told {
	endpointId: string;
	endpointName: string;
	channel: string;
	active: boolean;
	runs: Deployed;
	/** All of the project. */
	snapshots: Array<SnapshotEntry & { isDeployed: boolean }>;
}

export interface TaskStatus extends Told {
	taskId: string;
	/** What kind of task; empty: not told. */
	name: string;
	/** `queued`, `active`, `done`, `error`, `cancelling`, `cancelled`; the service may have more. */
	status: string;
	/** In percent. */
	progress: number | null;
	/** Why it failed; else empty. */
	failReason: string;
	/** The ids that came of it: `packageId`, … */
	data: Record<string, string>;
	/** ISO 8601; empty: not told. */
	createdAt: string;
}

export interface DeletedSnapshot extends Told {
	snapshotId: string;
	name: string;
	deleted: true;
	/** Empty: the service made no task of it. */
	taskId: string;
}

export interface ExportedPackage extends Told {
	packageId: string;
	name: string;
	taskId: string;
	/** The file, which is zip. */
	file: { name: string; bytes: Uint8Array };
}

/** What each operation on releases gives out. */
export interface ReleaseResults {
	createSnapshot: CreatedSnapshot;
	deploySnapshot: DeploymentResult;
	rollBack: DeploymentResult;
	getReleaseStatus: EndpointStatus | TaskStatus;
	deleteSnapshot: DeletedSnapshot;
	exportPackage: ExportedPackage;
}

export type ReleaseResult<Name extends keyof ReleaseResults> = ReleaseResults[Name] & { audit: AuditEntry };
