import type { IDisplayOptions, INode, INodeCredentialDescription, INodeProperties } from 'n8n-workflow';

import type { Credential } from '../../client';

/** Picks the credential, and with it the backend of the client: only this folder knows which one a node has. */
export type CredentialType = Credential['type'];

const DEFAULT: CredentialType = 'cognigyApi';

/** A name, which is not in title case. */
const V1_NAME = 'Cognigy v1 (User and Password)';

/** Which Cognigy a node talks to. */
export const authenticationProperty: INodeProperties = {
	displayName: 'Authentication',
	name: 'authentication',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: V1_NAME,
			value: 'cognigyApi',
		},
		{
			name: 'Cognigy.AI (API Key)',
			value: 'cognigyAiApi',
		},
	],
	default: DEFAULT,
	description: 'Which Cognigy API to use, and how to log in to it',
};

export const credentialDescriptions: INodeCredentialDescription[] = [
	{
		name: 'cognigyApi',
		required: true,
		displayOptions: { show: { authentication: ['cognigyApi'] } },
	},
	{
		name: 'cognigyAiApi',
		required: true,
		displayOptions: { show: { authentication: ['cognigyAiApi'] } },
	},
];

/** The type of the credential that a node uses. A node without this parameter is older than the choice. */
export function credentialTypeOf({ parameters }: Pick<INode, 'parameters'>): CredentialType {
	const chosen = parameters['authentication'];
	return credentialDescriptions.some(({ name }) => name === chosen) ? (chosen as CredentialType) : DEFAULT;
}

/** What there is for the platform of a node's credential. */
export function chosenFor<T>(node: Pick<INode, 'parameters'>, choices: Readonly<Record<CredentialType, T>>): T {
	return choices[credentialTypeOf(node)];
}

/** Parameters that only one backend uses; n8n leaves them out for the other. */
export function onlyFor(authentication: CredentialType, properties: INodeProperties[]): INodeProperties[] {
	return properties.map((property) => shownFor({ authentication: [authentication] }, property));
}

/** The same for entries of the collection "Options". */
export function optionsOnlyFor(authentication: CredentialType, options: INodeProperties[]): INodeProperties[] {
	return options.map((option) => shownFor({ '/authentication': [authentication] }, option));
}

function shownFor(show: IDisplayOptions['show'], property: INodeProperties): INodeProperties {
	const { displayOptions } = property;
	return { ...property, displayOptions: { ...displayOptions, show: { ...show, ...displayOptions?.show } } };
}

/**
 * What stands below the name of a node in the editor.
 * @param expressions JavaScript for each backend, without the braces; must not show a secret
 */
export function subtitleFor({ cognigyApi, cognigyAiApi }: Readonly<Record<CredentialType, string>>): string {
	return `={{ $parameter["authentication"] === "cognigyAiApi" ? ${cognigyAiApi} : ${cognigyApi} }}`;
}
