import { referenceId } from '../../sandbox/cognigyAi/ids';
import { exchangeFaults, bodyFaults, http2Faults, statusFaults, type Fault } from './faults';
import type { Result, Row } from './rows';
import type { Subject } from './service';
import { callOptions } from './v1Rows';

/**
 * Releases: a few faults of each kind for each operation. What else can happen to a call of the management API, other rows
 * show; what happens to tasks, test/unit/client/cognigyAi/release.test.ts.
 */

const named = (...names: string[]): Fault[] =>
	[...statusFaults, ...exchangeFaults, ...bodyFaults].filter(({ name }) => names.includes(name));

/** Of a start: it did not run, it did, nobody knows. */
const startFaults = named(
	'403',
	'429',
	'502',
	'closed before it ran',
	'closed after it ran',
	'JSON that breaks off',
	'a list',
);
const safeFaults = named('403', '502', 'closed after it ran', 'a list', 'redirect to another host');

const common = { backend: 'ai', attempts: (sent: number) => sent } as const;
const start = { ...common, kind: 'start', attemptMs: 60_000, faults: [...startFaults, ...http2Faults] } as const;
const safe = { ...common, kind: 'safe', attemptMs: 15_000, faults: [...safeFaults, ...http2Faults] } as const;

const idOf = ({ ai }: Subject) => ai?.endpoint('Orders REST').id ?? '';

const v20 = { kind: 'snapshot', name: 'v2.0' } as const;

const deploys = async (subject: Subject): Promise<Result> => {
	const input = { endpoint: idOf(subject), deployment: v20 };
	const { audit, ...rest } = await subject.client.deploySnapshot(input, callOptions);
	return { audit, shown: [rest, audit] };
};

/** Back to a snapshot that it never ran, which only we know. */
const rollsBack = async (subject: Subject): Promise<Result> => {
	const { ai } = subject;
	const botId = ai?.projectId ?? '';
	const flowId = ai?.flowReferenceId('Order Status') ?? '';
	const deployed = { kind: 'live', snapshotId: '', name: 'live', flowId, localeId: referenceId('locale of Demo') };
	const previous = { ...deployed, kind: 'snapshot', snapshotId: ai?.snapshotId('v1.0') ?? '', name: 'v1.0' };
	const putBack = { botId, endpointId: idOf(subject), deployed, previous };
	const { audit, ...rest } = await subject.client.rollBack({ putBack }, callOptions);
	return { audit, shown: [rest, audit] };
};

/** A change that was made is seen, whatever was answered to it. */
const seen = { category: 'success' } as const;
const changed = {
	...start,
	call: 'updateEndpoint',
	overrides: { 'closed after it ran': seen, 'JSON that breaks off': seen, 'a list': seen },
} as const;

export const releaseRows: readonly Row[] = [
	{
		...start,
		name: 'createSnapshot',
		operation: 'createSnapshot',
		call: 'createSnapshot',
		uncertainWords: 'The snapshot may have been created, or may still be created; it was not sent again',
		run: async ({ client }) => {
			const input = { snapshotName: 'v3.0', description: 'Made' };
			const { audit, ...rest } = await client.createSnapshot(input, callOptions);
			return { audit, shown: [rest, audit] };
		},
	},
	{
		...start,
		name: 'deleteSnapshot',
		operation: 'deleteSnapshot',
		call: 'deleteSnapshot',
		uncertainWords: 'The snapshot may have been deleted, or may still be deleted; it was not sent again',
		run: async ({ client }) => {
			const input = { snapshot: 'v1.0', confirmName: 'v1.0' };
			const { audit, ...rest } = await client.deleteSnapshot(input, callOptions);
			return { audit, shown: [rest, audit] };
		},
	},
	{
		...start,
		name: 'exportPackage',
		operation: 'exportPackage',
		call: 'createPackage',
		uncertainWords: 'The package may have been made, or may still be made; it was not sent again',
		run: async (subject) => {
			const input = { packageName: 'Orders', resourceIds: [idOf(subject)] };
			const { audit, file, ...rest } = await subject.client.exportPackage(input, callOptions);
			return { audit, shown: [rest, audit, Buffer.from(file.bytes).toString('latin1')] };
		},
	},
	{
		...changed,
		name: 'deploySnapshot',
		operation: 'deploySnapshot',
		uncertainWords: 'Endpoint "Orders REST" may have been switched to snapshot "v2.0"; it was not sent again',
		run: deploys,
	},
	{
		...changed,
		name: 'rollBack',
		operation: 'rollBack',
		uncertainWords: 'Endpoint "Orders REST" may have been switched to snapshot "v1.0"; it was not sent again',
		run: rollsBack,
	},
	{ ...safe, name: 'deploySnapshot, the snapshots', operation: 'deploySnapshot', call: 'listSnapshots', run: deploys },
	{ ...safe, name: 'rollBack, the snapshots', operation: 'rollBack', call: 'listSnapshots', run: rollsBack },
	{
		...safe,
		name: 'getReleaseStatus',
		operation: 'getReleaseStatus',
		call: 'readEndpoint',
		run: async (subject) => {
			const { audit, ...rest } = await subject.client.getReleaseStatus({ endpoint: idOf(subject) }, callOptions);
			return { audit, shown: [rest, audit] };
		},
	},
];
