import type { IAuthenticate, ICredentialTestRequest, ICredentialType, INodeProperties, Icon } from 'n8n-workflow';

import { addApiKey } from './addApiKey';
import { allowInsecureProperty, stateProperties } from './commonProperties';

const WRONG_ADDRESS = 'It often begins with "https://api-".';
const REDIRECTED = `API Base URL answers with a redirect. Put in the final address. ${WRONG_ADDRESS}`;

/** What the status of an answer to the test means for who typed in the key. */
const MEANINGS: Readonly<Record<number, string>> = {
	301: REDIRECTED,
	302: REDIRECTED,
	307: REDIRECTED,
	308: REDIRECTED,
	401: 'Cognigy.AI does not accept this API Key',
	403: 'The user of this API Key may not use the management API',
	404: `API Base URL does not point to the management API. ${WRONG_ADDRESS}`,
	429: 'Cognigy.AI got too many requests. Try again in some minutes.',
};

/** n8n takes both kinds of rules together, but its type does not. */
const rules = [
	...Object.entries(MEANINGS).map(([status, message]) => ({
		type: 'responseCode',
		properties: { value: Number(status), message },
	})),
	{
		// A web page, which is the interface for people or a proxy.
		type: 'responseSuccessBody',
		properties: {
			key: '[0]',
			value: '<',
			message: `API Base URL points to a website, not to the management API. ${WRONG_ADDRESS}`,
		},
	},
] as ICredentialTestRequest['rules'];

/** API key for the management API of Cognigy.AI (facts, section 1.3; design section 2). */
export class CognigyAiApi implements ICredentialType {
	name = 'cognigyAiApi';

	displayName = 'Cognigy.AI API';

	icon: Icon = { light: 'file:cognigyAiApi.svg', dark: 'file:cognigyAiApi.dark.svg' };

	documentationUrl = 'https://www.npmjs.com/package/n8n-nodes-cognigy';

	properties: INodeProperties[] = [
		{
			displayName: 'API Base URL',
			name: 'apiBaseUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://api-trial.cognigy.ai',
			description:
				'Address of the management API, without "/new/v2.0". It must begin with https:// (http:// only for this machine).',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'Made in your profile in Cognigy.AI ("API Keys"). It may do what its user may do.',
		},
		{
			displayName: 'Project ID',
			name: 'projectId',
			type: 'string',
			default: '',
			placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0',
			description:
				'ID of the project whose endpoints and snapshots you work with. It is part of the address of the project in your browser.',
		},
		{
			displayName: 'Requests per 5 Minutes',
			name: 'requestsPer5Minutes',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 1000,
			description:
				'How many requests Cognigy.AI allows in 5 minutes. Requests above wait for their turn. 0 means no limit.',
		},
		...stateProperties('started sessions and the request budget'),
		allowInsecureProperty('http:// and ws://', 'API key'),
	];

	/** A function, as n8n cannot evaluate expressions of the declarative form inside a running trigger. */
	authenticate: IAuthenticate = async (credentials, requestOptions) => addApiKey(credentials, requestOptions);

	/** Whose key it is, asked with what is typed in the dialog. */
	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			// Without what people may have copied along.
			baseURL:
				'={{$credentials.apiBaseUrl.trim().replace(/\\/+$/, "").replace(/\\/+(new(\\/v\\d[\\d.]*)?|v\\d[\\d.]*|openapi)$/, "")}}',
			url: '/new/v2.0/users/me',
		},
		rules,
	};
}
