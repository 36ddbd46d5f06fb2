import type { IDisplayOptions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import type { Deployment } from '../../client';
import type { ItemParameters } from './parameters';

/** What an endpoint of Cognigy.AI may run. */
export const deploymentChoices: INodePropertyOptions[] = [
	{ name: 'Live Project', value: 'live', description: 'The project as it is edited' },
	{ name: 'Snapshot', value: 'snapshot', description: 'A snapshot of the project' },
];

/** A snapshot of the project, by its name, which exists once in it. */
export function snapshotLocator(
	name: string,
	displayName: string,
	more: Pick<INodeProperties, 'displayOptions' | 'description'>,
): INodeProperties {
	return {
		displayName,
		name,
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Select a snapshot...',
				typeOptions: { searchListMethod: 'searchSnapshots', searchable: true },
			},
			{ displayName: 'By Name', name: 'name', type: 'string', placeholder: 'e.g. v1.1' },
		],
		...more,
	};
}

/**
 * What an endpoint of Cognigy.AI is expected to run.
 * @param show when the parameters are shown
 */
export function deploymentProperties(show: IDisplayOptions['show'] = {}): INodeProperties[] {
	return [
		{
			displayName: 'Expected Deployment',
			name: 'deployment',
			type: 'options',
			noDataExpression: true,
			options: deploymentChoices,
			default: 'live',
			displayOptions: { show },
			description: 'What the endpoint must run',
		},
		snapshotLocator('snapshot', 'Snapshot', {
			displayOptions: { show: { ...show, deployment: ['snapshot'] } },
			description: 'Snapshot that must be deployed to the endpoint',
		}),
	];
}

export function readDeployment(parameters: ItemParameters): Deployment {
	const kind = parameters.text('deployment');
	return kind === 'live' ? { kind } : { kind: 'snapshot', name: parameters.locator('snapshot') };
}
