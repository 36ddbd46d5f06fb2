import { inspect } from 'node:util';

import { cognigyAiAccount, parseCognigyAiConfig } from '../../../../client/cognigyAi/config';
import { CognigyError } from '../../../../client/errors';

const fields = { apiBaseUrl: 'https://api-trial.cognigy.ai', apiKey: 'key-0123456789', projectId: 'p'.repeat(24) };

function problemOf(changes: Record<string, unknown>): CognigyError {
	try {
		parseCognigyAiConfig({ ...fields, ...changes });
	} catch (error) {
		if (error instanceof CognigyError) return error;
	}
	throw new Error('Was to be refused');
}

it('has defaults, and takes what people copy along from the address', () => {
	expect(parseCognigyAiConfig(fields)).toEqual({
		...fields,
		endpointBaseUrl: '',
		requestsPer5Minutes: 1000,
		stateStore: 'local',
		redisUrl: '',
		allowInsecure: false,
	});
	for (const path of ['/', '/new', '/new/', '/new/v2.0', '/new/v2.0/', '/v2.0', '/openapi']) {
		const { apiBaseUrl } = parseCognigyAiConfig({ ...fields, apiBaseUrl: ` https://API-trial.cognigy.ai${path} ` });
		expect(apiBaseUrl).toBe('https://api-trial.cognigy.ai');
	}
	const endpointBaseUrl = ' https://Endpoint.example.com/e/ ';
	expect(parseCognigyAiConfig({ ...fields, endpointBaseUrl })).toMatchObject({
		endpointBaseUrl: 'https://endpoint.example.com/e',
	});
	expect(parseCognigyAiConfig({ ...fields, apiBaseUrl: 'https://example.com/cognigy' }).apiBaseUrl).toBe(
		'https://example.com/cognigy',
	);
});

it.each([
	[{ apiBaseUrl: '' }, 'apiBaseUrl', 'API Base URL in the credential is empty'],
	[{ apiBaseUrl: 'api-trial' }, 'apiBaseUrl', 'API Base URL'],
	[{ apiBaseUrl: 'http://api-trial.cognigy.ai' }, 'apiBaseUrl', 'because the API key would travel unencrypted'],
	[{ apiKey: '' }, 'apiKey', 'API Key in the credential is empty'],
	[{ apiKey: 'two words' }, 'apiKey', 'without spaces'],
	[{ projectId: 'https://trial.cognigy.ai/project/1' }, 'projectId', 'Project ID'],
	[
		{ endpointBaseUrl: 'endpoint-trial' },
		'endpointBaseUrl',
		'Endpoint Base URL in the credential is not a valid address',
	],
	[{ endpointBaseUrl: 'http://endpoint-trial.cognigy.ai' }, 'endpointBaseUrl', 'because the tokens of endpoints'],
	[{ endpointBaseUrl: `https://e.example/${'a1'.repeat(32)}` }, 'endpointBaseUrl', 'must end before the token'],
	[{ requestsPer5Minutes: -1 }, 'requestsPer5Minutes', 'Requests per 5 Minutes'],
	[{ requestsPer5Minutes: '-1' }, 'requestsPer5Minutes', 'must not be less than 0'],
	[{ requestsPer5Minutes: 'many' }, 'requestsPer5Minutes', 'is not a number'],
	[{ projectId: 2 ** 53 }, 'projectId', 'Project ID in the credential is a number with more digits'],
	[{ apiKey: Infinity }, 'apiKey', 'API Key in the credential is an infinite number'],
	[{ allowInsecure: 'yes' }, 'allowInsecure', 'must be true or false'],
	[{ stateStore: 'redis' }, 'redisUrl', 'Redis URL in the credential is empty'],
])('refuses %j, naming the field', (changes, parameter, words) => {
	const error = problemOf(changes);
	expect(error.category).toBe('invalidInput');
	expect(error.parameter).toBe(parameter);
	expect(error.message).toContain(words);
	// What is wrong may be the key in the wrong field (guarantee 6).
	for (const value of [fields.apiKey, 'two words', 'trial.cognigy.ai']) expect(inspect(error)).not.toContain(value);
});

it('takes plain http on this machine, and where that is allowed', () => {
	expect(() => parseCognigyAiConfig({ ...fields, apiBaseUrl: 'http://127.0.0.1:8080' })).not.toThrow();
	expect(() =>
		parseCognigyAiConfig({ ...fields, apiBaseUrl: 'http://example.com', allowInsecure: true }),
	).not.toThrow();
});

it('takes numbers and switches as text, and text as numbers', () => {
	const given = { apiKey: 123456, projectId: 777, requestsPer5Minutes: '0500', allowInsecure: 'True' };
	expect(parseCognigyAiConfig({ ...fields, ...given })).toMatchObject({
		...{ apiKey: '123456', projectId: '777', requestsPer5Minutes: 500, allowInsecure: true },
	});
});

it('names the account without secrets: the same after a change of the key', () => {
	const account = (changes: object) => cognigyAiAccount(parseCognigyAiConfig({ ...fields, ...changes }));
	expect(account({ apiKey: 'another-key' })).toBe(account({}));
	expect(account({ projectId: 'q'.repeat(24) })).not.toBe(account({}));
	expect(account({})).not.toContain('key');
});
