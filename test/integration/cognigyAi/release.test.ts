import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { shortPauses } from '../support';
import { closeSandboxes, credentialFor, jsonOf, picked, run, sandboxFor, secretsOf, shownBy } from './support';

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	// Over with the first look, which comes after a second.
	sandbox = await sandboxFor({ taskStates: ['queued'], ...options });
	credential = credentialFor(sandbox);
}

beforeEach(shortPauses);
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

type More = Parameters<typeof run>[3];

const release = async (operation: string, parameters: IDataObject = {}, more: More = {}) =>
	await run('cognigyRelease', credential, { operation, ...parameters }, more);
const sent = (operation: string) => sandbox.requests.filter((request) => request.operation === operation).length;

const keepGoing = { onError: 'continueRegularOutput' } as const;
const endpoint = (name = 'Orders REST') => picked('list', sandbox.endpoint(name).id);

it('releases: exactly the promised fields of each operation (docs/guarantees.md#outputs)', async () => {
	await begin();
	const { projectId: botId } = sandbox;
	const audit = expect.objectContaining({ status: 'success', botId }) as unknown;
	const id = expect.stringMatching(/^[0-9a-f]{24}$/) as unknown;
	const description = 'Created by a workflow of n8n';
	const made = jsonOf(await release('createSnapshot', { snapshotName: 'v3.0' }));
	const createdAt = expect.stringMatching(/Z$/) as unknown;
	expect(made).toEqual({ snapshotId: id, name: 'v3.0', description, createdAt, taskId: id, botId, audit });

	const flowId = sandbox.flowReferenceId('Order Status');
	const live = { kind: 'live', snapshotId: '', name: 'live', flowId, localeId: expect.any(String) as unknown };
	const snapshot = { ...live, kind: 'snapshot', snapshotId: made['snapshotId'], name: 'v3.0' };
	const endpointId = sandbox.endpoint('Orders REST').id;
	const deployed = jsonOf(
		await release('deploySnapshot', { endpoint: endpoint(), snapshot: picked('name', 'v3.0'), expectedNow: 'live' }),
	);
	const put = { endpointId, endpointName: 'Orders REST', changed: true, botId, audit };
	const putBack = { botId, endpointId, deployed: snapshot, previous: live };
	expect(deployed).toEqual({ ...put, before: live, after: snapshot, putBack });

	expect(jsonOf(await release('getStatus', { endpoint: endpoint() }))).toEqual({
		endpointId,
		endpointName: 'Orders REST',
		channel: 'rest',
		active: true,
		runs: snapshot,
		snapshots: ['v1.0', 'v1.1', 'v2.0', 'v3.0'].map((name) => ({
			snapshotId: id,
			name,
			description: expect.any(String) as unknown,
			createdAt,
			isDeployed: name === 'v3.0',
		})),
		botId,
		audit,
	});
	expect(jsonOf(await release('getStatus', { statusOf: 'task', taskId: made['taskId'] }))).toEqual({
		taskId: made['taskId'],
		name: 'createSnapshot',
		status: 'done',
		progress: 100,
		failReason: '',
		data: {},
		createdAt,
		botId,
		audit,
	});

	const back = await release('rollBack', { putBack: '={{ $json.putBack }}' }, { items: [{ json: deployed }] });
	const undone = { botId, endpointId, deployed: live, previous: snapshot };
	expect(jsonOf(back)).toEqual({ ...put, before: snapshot, after: live, putBack: undone });
	expect(sandbox.endpoint('Orders REST').deployment).toBe('live project');

	const removed = await release('deleteSnapshot', { snapshot: picked('list', 'v3.0'), confirmName: 'v3.0' });
	expect(jsonOf(removed)).toEqual({
		snapshotId: made['snapshotId'],
		name: 'v3.0',
		deleted: true,
		taskId: id,
		botId,
		audit,
	});
	const shown = shownBy(removed) + JSON.stringify([made, deployed, jsonOf(back)]);
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
});

it('puts the file of a package into a field of its item, however the IDs are given', async () => {
	await begin({ linkNotReady: 0 });
	const ids = [sandbox.endpoint('Orders REST').id, sandbox.endpoint('Showcase REST').id];
	const items = [ids.join(', '), JSON.stringify(ids), ids].map((given) => ({ json: { ids: given } }));
	const parameters = { packageName: 'Orders 1/2', resourceIds: '={{ $json.ids }}', binaryPropertyName: 'file' };
	const outcome = await release('exportPackage', { ...parameters, options: { concurrency: 3 } }, { items });
	expect(outcome.output).toHaveLength(3);
	for (const [index, { json, binary, pairedItem }] of outcome.output.entries()) {
		expect(json).toEqual({
			packageId: expect.stringMatching(/^[0-9a-f]{24}$/),
			name: 'Orders 1/2',
			taskId: expect.any(String),
			fileName: 'Orders 1_2.zip',
			fileSize: expect.any(Number),
			botId: sandbox.projectId,
			audit: expect.objectContaining({ operation: 'exportPackage' }),
		});
		expect(pairedItem).toEqual({ item: index });
		const { data = '', mimeType, fileName } = binary?.['file'] ?? {};
		expect({ mimeType, fileName }).toEqual({ mimeType: 'application/zip', fileName: 'Orders 1_2.zip' });
		const bytes = Buffer.from(data, 'base64');
		expect(bytes).toHaveLength(json['fileSize'] as number);
		for (const id of ids) expect(bytes.toString('latin1')).toContain(id);
	}
	expect(shownBy(outcome)).not.toContain('/downloads/');
});

it.each(['continueRegularOutput', 'stopWorkflow'] as const)(
	'says that the package was made when n8n cannot keep its file: %s',
	async (onError) => {
		await begin({ linkNotReady: 0 });
		jest.spyOn(BinaryDataService.prototype, 'store').mockRejectedValue(new Error('ENOSPC: no space left on device'));
		const log = jest.spyOn(Container.get(Logger), 'info');
		const parameters = { packageName: 'Orders', resourceIds: sandbox.endpoint('Orders REST').id };
		const outcome = await release('exportPackage', parameters, { onError });
		const message =
			/^Package "Orders" was made \([0-9a-f]{24}\), but n8n could not keep its file: ENOSPC: no space left on device$/;
		const taskId = expect.stringMatching(/^[0-9a-f]{24}$/) as unknown;
		if (onError === 'stopWorkflow') {
			expect(outcome.error?.message).toMatch(message);
			expect(outcome.error?.description).toMatch(/^Check where n8n keeps binary data .* makes another package\.$/);
			expect(outcome.error?.context?.['data']).toEqual({ errorCategory: 'server', taskId });
		} else {
			expect(jsonOf(outcome)).toEqual({
				error: expect.stringMatching(message) as unknown,
				errorCategory: 'server',
				audit: expect.objectContaining({ operation: 'exportPackage', status: 'success', taskId }) as unknown,
			});
		}
		const audited = log.mock.calls.filter(([line]) => line.startsWith('Cognigy audit'));
		expect(audited).toHaveLength(1);
		expect(audited[0]?.[0]).toContain('"status":"success"');
	},
);

it('does one item after the other', async () => {
	await begin({ latencyMs: 20 });
	const items = ['v1.0', 'v1.1', 'v2.0'].map((name) => ({ json: { name } }));
	await release('deploySnapshot', { endpoint: endpoint(), snapshot: picked('name', '={{ $json.name }}') }, { items });
	expect(sandbox.stats().inFlightMax).toBe(1);
	expect(sandbox.endpoint('Orders REST').deployment).toBe('v2.0');
});

it('calls parameters by their labels, and sends nothing that is wrong (guarantee 9)', async () => {
	await begin();
	const resourceIds = sandbox.endpoint('Orders REST').id;
	const wrong: Array<[string, IDataObject, RegExp]> = [
		['createSnapshot', { snapshotName: 'v1.0' }, /^Snapshot Name "v1.0" is taken/],
		['createSnapshot', { snapshotName: ' ' }, /^Snapshot Name is empty/],
		['deleteSnapshot', { snapshot: picked('name', 'v1.0'), confirmName: 'v1' }, /^Confirm Name is not the name/],
		['getStatus', { statusOf: 'task', taskId: 'x' }, /^Task ID must be 24 letters and digits/],
		['rollBack', { putBack: '' }, /^Put Back is not what "putBack" of Deploy Snapshot to Endpoint holds/],
		['rollBack', { putBack: '[' }, /^Put Back is not valid JSON/],
		['exportPackage', { packageName: 'p', resourceIds: '["a"' }, /^Resource IDs is not valid JSON/],
		['exportPackage', { packageName: 'p', resourceIds: ' ' }, /^Resource IDs is empty/],
		['exportPackage', { packageName: 'p', resourceIds, binaryPropertyName: ' ' }, /^Put Output File in Field is empty/],
	];
	for (const [operation, parameters, message] of wrong) {
		const json = jsonOf(await release(operation, parameters, keepGoing));
		expect(json).toMatchObject({ errorCategory: 'invalidInput', audit: { status: 'error' } });
		expect(json['error']).toMatch(message);
	}
	expect(new Set(sandbox.requests.map(({ operation }) => operation))).toEqual(new Set(['listSnapshots']));
});

it('leaves what became of a task to be found out: Get Status takes its ID from the error item', async () => {
	await begin();
	sandbox.planTask({ states: ['queued', 'active', 'active'] });
	sandbox.faults.inject({ operation: 'readTask', kind: 'status', status: 401 });
	const failed = await release('createSnapshot', { snapshotName: 'v3.0' }, keepGoing);
	expect(jsonOf(failed)['error']).toMatch(/The snapshot may still be created; it was not begun again/);
	const taskId = '={{ $json.audit.taskId }}';
	const status = await release('getStatus', { statusOf: 'task', taskId }, { items: failed.output });
	expect(jsonOf(status)).toMatchObject({
		name: 'createSnapshot',
		status: expect.stringMatching(/active|done/) as unknown,
	});
});

it('tells which items may have been done as well, beside the first that failed', async () => {
	await begin();
	sandbox.faults.inject({ operation: 'createSnapshot', kind: 'dropAfter', times: 2 });
	const items = [{ json: { name: 'a' } }, { json: { name: 'b' } }];
	const parameters = { snapshotName: '={{ $json.name }}', options: { concurrency: 2 } };
	const { error } = await release('createSnapshot', parameters, { items });
	expect(error?.message).toContain('The snapshot may have been created');
	expect(error?.description).toMatch(/Other items may have been carried out as well: item 1/);
	expect(sent('createSnapshot')).toBe(2);
});

it('ends at once when the execution is cancelled, and the log says that the task goes on (guarantee 7)', async () => {
	await begin();
	sandbox.planTask({ end: 'never' });
	let cancel = () => {};
	const ended = release('createSnapshot', { snapshotName: 'v3.0' }, { onStart: (execution) => (cancel = execution) });
	await sandbox.when(() => sent('createSnapshot') === 1 && sandbox.stats().inFlight === 0);
	cancel();
	const { error } = await ended;
	expect(error?.message).toBe('The execution was cancelled');
	expect(sent('createSnapshot')).toBe(1);
});
