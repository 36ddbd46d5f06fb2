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

import { checkStateStore } from './askOverHelpers';
import { allowInsecureProperty, stateProperties } from './commonProperties';

/** Credentials whose token was fetched from the service just now, and not taken from n8n's store. */
const freshlyLoggedIn = new WeakSet<object>();

const LOGIN_PATH = '/api/v1/auth/login';

/** A name, which is not in title case. */
const DISPLAY_NAME = 'Cognigy v1 API';

/** A number of minutes, and no secret. */
const tokenLifetimeProperty: INodeProperties = {
	displayName: 'Token Lifetime (Minutes)',
	name: 'tokenTtlMinutes',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 30,
	description: 'How long a login is valid, as set in Cognigy. It is renewed before.',
};

/**
 * Login with user name and password for the Cognigy v1 runtime API (docs/protocol-v1.md#login,
 * docs/guarantees.md#parameters).
 */
export class CognigyApi implements ICredentialType {
	name = 'cognigyApi';

	displayName = DISPLAY_NAME;

	icon: Icon = { light: 'file:cognigyApi.svg', dark: 'file:cognigyApi.dark.svg' };

	documentationUrl = 'https://www.npmjs.com/package/n8n-nodes-cognigy';

	properties: INodeProperties[] = [
		{
			// n8n offers this credential first, and hides the choice of the other in a corner of the dialog.
			displayName:
				'Only for the Cognigy v1 API. If you have an API key for Cognigy.AI, choose "Cognigy.AI (API Key)" at the top right, or create a credential "Cognigy.AI API".',
			name: 'onlyV1Notice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://cognigy.example.com',
			description:
				'Address of the Cognigy API, without "/api/v1". It must begin with https:// (http:// only for this machine).',
		},
		{
			displayName: 'WebSocket URL',
			name: 'webSocketUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. wss://cognigy.example.com',
			description:
				'Address of the runtime channel, without "/ws/v1". Cognigy Reset Session uses it. If empty, it is made from Base URL.',
		},
		{
			displayName: 'Tenant ID',
			name: 'tenantId',
			type: 'string',
			default: '',
			placeholder: 'e.g. my-company',
			description: 'Your tenant in Cognigy. Cognigy Reset Session needs it.',
		},
		{
			displayName: 'Username',
			name: 'username',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. n8n@example.com',
			description: 'User with the permissions bot:read, bot:execute, session:manage and bot:runtime:execute',
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
		},
		tokenLifetimeProperty,
		{
			displayName: 'Requests per Minute',
			name: 'requestsPerMinute',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 100,
			description:
				'How many requests Cognigy allows this user in a minute. Requests above wait for their turn; following sessions takes at most half. 0 means no limit.',
		},
		...stateProperties('started sessions, the request budget and the token'),
		allowInsecureProperty('http:// and ws://', 'password'),
		{
			displayName: 'Session Token',
			name: 'sessionToken',
			type: 'hidden',
			typeOptions: { expirable: true, password: true },
			default: '',
		},
	];

	/** Logs in for n8n's own request helper, i.e. the HTTP Request node. Our nodes use the client's token instead. */
	async preAuthentication(this: IHttpRequestHelper, credentials: ICredentialDataDecryptedObject): Promise<IDataObject> {
		const { logIn } = await import('./logIn');
		const sessionToken = await logIn(this.helpers, credentials);
		freshlyLoggedIn.add(credentials);
		return { sessionToken };
	}

	/** A function, as n8n cannot evaluate expressions of the declarative form inside a running trigger. */
	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		if (isLoginTest(requestOptions)) {
			if (!freshlyLoggedIn.has(credentials)) throw new StoredTokenRefused();
			await checkStateStore({ type: 'cognigyApi', fields: credentials });
		}
		return {
			...requestOptions,
			headers: {
				Accept: 'application/json',
				...requestOptions.headers,
				Authorization: `Bearer ${String(credentials.sessionToken)}`,
			},
		};
	};

	/** The login itself, with what is typed in the dialog. */
	test: ICredentialTestRequest = {
		request: {
			method: 'POST',
			baseURL: '={{$credentials.baseUrl.trim().replace(/\\/+$/, "")}}',
			url: LOGIN_PATH,
			body: { username: '={{$credentials.username}}', password: '={{$credentials.password}}' },
		},
		rules: [
			{
				type: 'responseCode',
				properties: { value: 401, message: 'Wrong user name or password' },
			},
			{
				type: 'responseCode',
				properties: { value: 403, message: 'Wrong user name or password' },
			},
		],
	};
}

function isLoginTest({ method, url }: IHttpRequestOptions): boolean {
	return method === 'POST' && url === LOGIN_PATH;
}

/**
 * n8n tests a credential with the token that it stored, if there is one, so a wrong password would pass and an address
 * that cannot be reached would show as a bare error code. Answered with "401" it logs in again, through
 * `preAuthentication`, which says in plain words what is wrong.
 */
class StoredTokenRefused extends Error {
	readonly response = { status: 401 };

	constructor() {
		super('The test needs a new login');
	}
}
