import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { CheckedOperation, CognigyError, ReleaseInputs, ReleaseResult } from '../../client';
import { readDeployment } from '../shared/deployment';
import type { ClientModule } from '../shared/loadClient';
import type { ItemParameters } from '../shared/parameters';
import { runItems, type ItemWork } from '../shared/runItems';
import { DEFAULTS, properties } from './properties';

type Work<Name extends CheckedOperation> = Omit<ItemWork<Name>, 'properties'>;

const createSnapshot: Work<'createSnapshot'> = {
	operation: 'createSnapshot',
	read: {
		cognigyAiApi: (parameters) => ({
			snapshotName: parameters.text('snapshotName'),
			description: parameters.text('description'),
		}),
	},
	run: async (client, input, options) => await client.createSnapshot(input, options),
};

const deploySnapshot: Work<'deploySnapshot'> = {
	operation: 'deploySnapshot',
	read: {
		cognigyAiApi: (parameters) => ({
			endpoint: parameters.locator('endpoint'),
			deployment: readDeployment(parameters),
			expectedNow: readExpected(parameters),
		}),
	},
	run: async (client, input, options) => await client.deploySnapshot(input, options),
};

function readExpected(parameters: ItemParameters): NonNullable<ReleaseInputs['deploySnapshot']['expectedNow']> {
	const kind = parameters.choice<'anything' | 'live' | 'snapshot'>('expectedNow');
	return kind === 'snapshot' ? { kind, name: parameters.locator('expectedNowName') } : { kind };
}

const rollBack: Work<'rollBack'> = {
	operation: 'rollBack',
	read: { cognigyAiApi: (parameters) => ({ putBack: parameters.jsonObject('putBack') }) },
	run: async (client, input, options) => await client.rollBack(input, options),
};

const getStatus: Work<'getReleaseStatus'> = {
	operation: 'getReleaseStatus',
	read: {
		cognigyAiApi: (parameters) =>
			parameters.choice('statusOf') === 'task'
				? { taskId: parameters.id('taskId') }
				: { endpoint: parameters.locator('endpoint') },
	},
	run: async (client, input, options) => await client.getReleaseStatus(input, options),
};

const deleteSnapshot: Work<'deleteSnapshot'> = {
	operation: 'deleteSnapshot',
	read: {
		cognigyAiApi: (parameters) => ({
			snapshot: parameters.locator('snapshot'),
			confirmName: parameters.text('confirmName'),
		}),
	},
	run: async (client, input, options) => await client.deleteSnapshot(input, options),
};

const exportPackage = (context: IExecuteFunctions): Work<'exportPackage'> => ({
	operation: 'exportPackage',
	read: {
		cognigyAiApi: (parameters, { maxFileMegabytes }, client) => {
			// Before anything is made.
			if (parameters.id('binaryPropertyName') === '') {
				const advice = 'Correct binaryPropertyName. Nothing was sent for this item.';
				throw client.invalidInput('binaryPropertyName', 'is empty', advice);
			}
			return {
				packageName: parameters.text('packageName'),
				resourceIds: parameters.list('resourceIds'),
				...(maxFileMegabytes === undefined ? {} : { maxFileMegabytes }),
			};
		},
	},
	run: async (client, input, options) => await client.exportPackage(input, options),
	binary: async (result, parameters, client) => {
		const made = result as ReleaseResult<'exportPackage'>;
		const { file, ...json } = made;
		const { buffer, byteOffset, byteLength } = file.bytes;
		const bytes = Buffer.from(buffer, byteOffset, byteLength);
		const data = await context.helpers
			.prepareBinaryData(bytes, file.name, 'application/zip')
			.catch((reason: unknown) => {
				throw madeButNotKept(made, reason, client);
			});
		return {
			json: { ...json, fileName: file.name, fileSize: byteLength },
			binary: { [parameters.id('binaryPropertyName')]: data },
		};
	},
});

/** The package is there, and audited as made: that must not get lost with its file. */
function madeButNotKept(
	{ name, packageId, audit }: ReleaseResult<'exportPackage'>,
	reason: unknown,
	client: ClientModule,
): CognigyError {
	const why = reason instanceof Error ? reason.message : String(reason);
	return new client.CognigyError(
		{
			category: 'server',
			message: `Package "${name}" was made (${packageId}), but n8n could not keep its file: ${why}`,
			advice:
				'Check where n8n keeps binary data (N8N_DEFAULT_BINARY_DATA_MODE): its disk may be full, or its storage out of reach. Download the package in Cognigy.AI; another run of the node makes another package.',
			mayHaveRun: true,
		},
		audit,
	);
}

/** Does what is chosen, which is the same for all items. */
export async function runOperation(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const common = { properties, defaults: DEFAULTS };
	switch (context.getNodeParameter('operation', 0)) {
		case 'createSnapshot':
			return await runItems(context, { ...createSnapshot, ...common });
		case 'rollBack':
			return await runItems(context, { ...rollBack, ...common });
		case 'getStatus':
			return await runItems(context, { ...getStatus, ...common });
		case 'deleteSnapshot':
			return await runItems(context, { ...deleteSnapshot, ...common });
		case 'exportPackage':
			return await runItems(context, { ...exportPackage(context), ...common });
		default:
			return await runItems(context, { ...deploySnapshot, ...common });
	}
}
