import * as z from 'zod/v4';

import {
	checkFields,
	checkTogether,
	COMMON_LABELS,
	commonFields,
	requestBudgetField,
	withRedisPlace,
} from '../validation/credentialFields';
import { addressProblem, normalForm } from '../transport/addresses';
import { accountKey } from '../registry/accountKey';
import { looseText, requiredText, textSchema } from '../validation/fields';

/** The fields as the credential's dialog calls them. */
const LABELS: Readonly<Record<string, string>> = {
	apiBaseUrl: 'API Base URL',
	apiKey: 'API Key',
	projectId: 'Project ID',
	endpointBaseUrl: 'Endpoint Base URL',
	requestsPer5Minutes: 'Requests per 5 Minutes',
	...COMMON_LABELS,
};

const configSchema = z
	.object({
		apiBaseUrl: looseText(requiredText.trim()),
		apiKey: looseText(
			requiredText
				.trim()
				.refine((key) => key !== '', 'is empty')
				// Only that can stand in a header.
				.refine((key) => /^[\x21-\x7e]*$/.test(key), 'must be printable text without spaces'),
		),
		projectId: looseText(
			textSchema
				.trim()
				.regex(/^[\w-]*$/, 'must be the ID of a project, which is 24 letters and digits')
				.default(''),
		),
		endpointBaseUrl: looseText(textSchema.trim().default('')),
		requestsPer5Minutes: requestBudgetField(1000),
		...commonFields,
	})
	.superRefine(
		checkTogether(({ apiBaseUrl, endpointBaseUrl, allowInsecure }) => ({
			apiBaseUrl: addressProblem(apiBaseUrl, 'http', allowInsecure, 'the API key'),
			endpointBaseUrl: endpointBaseProblem(endpointBaseUrl, allowInsecure),
		})),
	);

/** What the credential `cognigyAiApi` says, checked (docs/guarantees.md#parameters). */
export type CognigyAiConfig = Readonly<Omit<z.output<typeof configSchema>, 'redisCaCertificate'>>;

/**
 * Checks the fields of a credential `cognigyAiApi`; unknown fields are ignored.
 * @throws {CognigyError} `invalidInput`, naming the field, never its value
 */
export function parseCognigyAiConfig(fields: unknown): CognigyAiConfig {
	const config = withRedisPlace(checkFields(configSchema, fields, LABELS, 'Cognigy.AI API'));
	const { apiBaseUrl, endpointBaseUrl } = config;
	return {
		...config,
		apiBaseUrl: apiAddress(apiBaseUrl),
		endpointBaseUrl: endpointBaseUrl === '' ? '' : normalForm(endpointBaseUrl),
	};
}

/** Name of the account in the registry: the same after a change of the API key, and nothing can be read from it. */
export function cognigyAiAccount({ apiBaseUrl, projectId }: CognigyAiConfig): string {
	return accountKey({ type: 'cognigyAiApi', baseUrl: apiBaseUrl, tenantId: projectId, username: '' });
}

/** Name of who asks: what the service counts requests for, whatever the project. Nothing can be read from it. */
export function cognigyAiKey({ apiBaseUrl, apiKey }: CognigyAiConfig): string {
	return accountKey({ type: 'cognigyAiApi key', baseUrl: apiBaseUrl, tenantId: '', username: apiKey });
}

/** It may be empty. */
function endpointBaseProblem(address: string, allowInsecure: boolean): string | undefined {
	if (address === '') return undefined;
	// The field is shown to whoever may see the credential.
	if (/\/[0-9a-f]{32,}\/*$/i.test(address)) return 'must end before the token of the endpoint';
	return addressProblem(address, 'http', allowInsecure, 'the tokens of endpoints');
}

/**
 * Address of the management API without the path that people may have copied along
 * (docs/protocol-cognigy-ai.md#addresses).
 */
function apiAddress(address: string): string {
	return normalForm(address).replace(/(?<!\/)\/+(new(\/v\d[\d.]*)?|v\d[\d.]*|openapi)$/, '');
}
