import type { INodeProperties } from 'n8n-workflow';

import { notForAgents } from '../shared/agentTool';
import type { EntryKind } from '../shared/parameters';

const forProfile = (...operations: string[]) => ({ show: { resource: ['contactProfile'], operation: operations } });

const forWrites = forProfile('create', 'update');

/** What is written into which field of a profile; projects have these unless somebody has changed that. */
export const PROFILE_FIELDS: Readonly<Record<string, EntryKind>> = {
	accepted_gdpr: 'flag',
	age: 'number',
	birthday: 'text',
	email: 'text',
	firstname: 'text',
	gender: 'text',
	lastname: 'text',
	location: 'text',
	profilepic: 'text',
};

const fields: INodeProperties[] = [
	{
		displayName: 'Accepted GDPR',
		name: 'accepted_gdpr',
		type: 'boolean',
		default: false,
		description: 'Whether the contact has agreed that data is kept',
	},
	{ displayName: 'Age', name: 'age', type: 'number', default: 0, description: 'Age in years' },
	{ displayName: 'Birthday', name: 'birthday', type: 'string', default: '', placeholder: 'e.g. 1815-12-10' },
	{ displayName: 'Email', name: 'email', type: 'string', default: '', placeholder: 'name@email.com' },
	{ displayName: 'First Name', name: 'firstname', type: 'string', default: '', placeholder: 'e.g. Ada' },
	{ displayName: 'Gender', name: 'gender', type: 'string', default: '' },
	{ displayName: 'Last Name', name: 'lastname', type: 'string', default: '', placeholder: 'e.g. Lovelace' },
	{ displayName: 'Location', name: 'location', type: 'string', default: '', placeholder: 'e.g. London' },
	{
		displayName: 'Profile Picture',
		name: 'profilepic',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/ada.png',
		description: 'Address of a picture',
	},
];

/** One person, without what it is asked for and where. */
export const contactId = {
	displayName: 'Contact ID',
	name: 'contactId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. customer-42',
} as const satisfies Partial<INodeProperties>;

const contactIds: INodeProperties = {
	displayName: 'Contact IDs',
	name: 'contactIds',
	type: 'string',
	default: '',
	placeholder: 'e.g. customer-42, +44 20 7946 0958',
	description:
		'Whose profile it is: the user IDs that are sent with the messages, with commas between them. An expression may give a list.',
};

export const profileOperation: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['contactProfile'] } },
	options: [
		{
			name: 'Create',
			value: 'create',
			action: 'Create a contact profile',
			description: 'Create the profile of a contact that has none',
		},
		{
			name: 'Delete',
			value: 'delete',
			action: 'Delete a contact profile',
			description: 'Delete a profile, and all transcripts and analytics of its contacts, for good',
			displayOptions: notForAgents,
		},
		{
			name: 'Find by Contact',
			value: 'findByContact',
			action: 'Find the profile of a contact',
			description: 'Get the profile that belongs to the user ID of messages',
		},
		{
			name: 'Get',
			value: 'get',
			action: 'Get a contact profile',
			description: 'Get a profile by its own ID',
		},
		{
			name: 'Update',
			value: 'update',
			action: 'Update a contact profile',
			description: 'Change some fields of a profile; the others stay',
		},
	],
	default: 'findByContact',
};

/** Which profile. */
export const profileIdProperties: INodeProperties[] = [
	{
		displayName: 'Update By',
		name: 'updateBy',
		type: 'options',
		// The parameters below depend on it.
		noDataExpression: true,
		displayOptions: forProfile('update'),
		options: [
			{ name: 'Contact ID', value: 'contactId', description: 'The user ID that was sent with the messages' },
			{ name: 'Profile ID', value: 'profileId', description: 'The ID of the profile itself' },
		],
		default: 'contactId',
		description: 'How to say which profile it is',
	},
	...[forProfile('get', 'delete'), { show: { ...forProfile('update').show, updateBy: ['profileId'] } }].map(
		(displayOptions): INodeProperties => ({
			displayName: 'Profile ID',
			name: 'profileId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0',
			displayOptions,
			description: 'ID of the profile, for example "profileId" from the output of Find by Contact',
		}),
	),
	...[forProfile('findByContact'), { show: { ...forProfile('update').show, updateBy: ['contactId'] } }].map(
		(displayOptions): INodeProperties => ({
			...contactId,
			displayOptions,
			description:
				'Whose profile it is: the user ID that was sent with the messages, for example "userId" from the output of Cognigy Trigger Flow',
		}),
	),
	{
		...contactId,
		displayOptions: forProfile('delete'),
		description: 'Whose profile it is, exactly. Nothing is deleted unless the profile is that of this contact.',
	},
	{ ...contactIds, required: true, displayOptions: forProfile('create') },
];

/** What is written. */
export const profileContentProperties: INodeProperties[] = [
	{
		displayName: 'Specify Profile',
		name: 'specifyProfile',
		type: 'options',
		// The parameters below depend on it.
		noDataExpression: true,
		displayOptions: forWrites,
		options: [
			{ name: 'Using Fields Below', value: 'fields', description: 'The fields that projects have by default' },
			{ name: 'Using JSON', value: 'json', description: 'Any fields, also those that your project has added' },
		],
		default: 'fields',
		description: 'How to say what the profile holds',
	},
	{
		displayName: 'Profile Fields',
		name: 'profileFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		displayOptions: { show: { ...forWrites.show, specifyProfile: ['fields'] } },
		options: fields,
		description: 'Fields of the profile. One whose expression finds nothing is left out.',
	},
	{
		displayName: 'Profile',
		name: 'profile',
		type: 'json',
		default: '{}',
		displayOptions: { show: { ...forWrites.show, specifyProfile: ['json'] } },
		description: 'JSON object with fields of the profile',
	},
	{
		displayName: 'Active',
		name: 'active',
		type: 'boolean',
		default: true,
		displayOptions: forProfile('create'),
		description: 'Whether Cognigy is to collect data about the contact',
	},
	{
		displayName: 'Update Fields',
		name: 'updateFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		displayOptions: forProfile('update'),
		options: [
			{
				displayName: 'Active',
				name: 'active',
				type: 'boolean',
				default: true,
				description: 'Whether Cognigy is to collect data about the contact',
			},
			{ ...contactIds, description: `${contactIds.description ?? ''} They take the place of all that it has.` },
		],
		description: 'What else is to be changed',
	},
];
