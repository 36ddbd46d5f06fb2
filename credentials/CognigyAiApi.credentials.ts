import type {
	IAuthenticate,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	IHttpRequestOptions,
	INodeProperties,
	Icon,
} from 'n8n-workflow';

import { addApiKey } from './addApiKey';
import { askOverHelpers, checkStateStore, type RequestHelpers } from './askOverHelpers';
import { allowInsecureProperty, stateProperties } from './commonProperties';

const TEST_PATH = '/new/v2.0/users/me';

/** The request helpers that n8n uses a credential with, which know n8n's proxies and network policy. */
const helpersFor = new WeakMap<ICredentialDataDecryptedObject, RequestHelpers>();

/**
 * API key for the management API of Cognigy.AI (docs/protocol-cognigy-ai.md#api-keys; docs/guarantees.md#parameters).
 */
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
			displayName: 'Endpoint Base URL',
			name: 'endpointBaseUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://endpoint-trial.cognigy.ai',
			hint: 'Empty: as API Base URL, with "endpoint-" in the place of "api-"',
			description:
				'Address of the endpoints, which is what stands before the token in the URL of each of them. Needed only if you pick endpoints from the list and their address cannot be told from API Base URL.',
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
		{
			// Always empty: without such a field n8n does not call `preAuthentication`.
			displayName: 'Request Helpers',
			name: 'requestHelpers',
			type: 'hidden',
			typeOptions: { expirable: true },
			default: '',
		},
	];

	/** Nothing is asked for, and nothing stored: n8n hands out its request helpers only here. */
	async preAuthentication(this: IHttpRequestHelper, credentials: ICredentialDataDecryptedObject): Promise<IDataObject> {
		helpersFor.set(credentials, this.helpers);
		return {};
	}

	/** A function, as n8n cannot evaluate expressions of the declarative form inside a running trigger. */
	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		const helpers = helpersFor.get(credentials);
		if (helpers && isTest(requestOptions)) {
			await checkApiKey(helpers, credentials);
			await checkStateStore({ type: 'cognigyAiApi', fields: credentials });
		}
		return addApiKey(credentials, requestOptions);
	};

	/**
	 * Whose key it is, asked with what is typed in the dialog. What may go wrong, `authenticate` finds out before: n8n says
	 * only codes and statuses of it.
	 */
	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			// Without what people may have copied along.
			baseURL:
				'={{$credentials.apiBaseUrl.trim().replace(/\\/+$/, "").replace(/\\/+(new(\\/v\\d[\\d.]*)?|v\\d[\\d.]*|openapi)$/, "")}}',
			url: TEST_PATH,
		},
	};
}

/** Only the test has its address in two parts. */
function isTest({ baseURL, url }: IHttpRequestOptions): boolean {
	return baseURL !== undefined && url === TEST_PATH;
}

async function checkApiKey(helpers: RequestHelpers, credentials: ICredentialDataDecryptedObject): Promise<void> {
	await askOverHelpers(
		helpers,
		async ({ checkApiKeyOnce }, transport) => await checkApiKeyOnce(credentials, transport),
	);
}
