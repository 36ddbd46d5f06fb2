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
import { looseNumber, looseText, requiredText, textSchema } from '../validation/fields';

/** A week; longer lifetimes than that are surely typing errors. */
const MAX_TOKEN_TTL_MINUTES = 7 * 24 * 60;

/** The fields as the credential's dialog calls them. */
const LABELS: Readonly<Record<string, string>> = {
	baseUrl: 'Base URL',
	webSocketUrl: 'WebSocket URL',
	tenantId: 'Tenant ID',
	username: 'Username',
	password: 'Password',
	tokenTtlMinutes: 'Token Lifetime',
	requestsPerMinute: 'Requests per Minute',
	...COMMON_LABELS,
};

const v1ConfigSchema = z
	.object({
		baseUrl: looseText(requiredText.trim()),
		webSocketUrl: looseText(textSchema.trim().default('')),
		tenantId: looseText(textSchema.trim().default('')),
		username: looseText(requiredText.refine((name) => name.trim() !== '', 'is empty')),
		password: looseText(requiredText.refine((password) => password !== '', 'is empty')),
		tokenTtlMinutes: looseNumber(
			z
				.number('is not a number')
				.positive('must be more than 0')
				.max(MAX_TOKEN_TTL_MINUTES, `must not be more than ${MAX_TOKEN_TTL_MINUTES}`)
				.default(30),
		),
		requestsPerMinute: requestBudgetField(100),
		...commonFields,
	})
	.superRefine(
		checkTogether(({ baseUrl, webSocketUrl, allowInsecure }) => ({
			baseUrl: addressProblem(baseUrl, 'http', allowInsecure),
			webSocketUrl: webSocketUrl ? addressProblem(webSocketUrl, 'ws', allowInsecure) : undefined,
		})),
	);

/** What the credential `cognigyApi` says, checked (docs/guarantees.md#parameters). */
export type V1Config = Readonly<Omit<z.output<typeof v1ConfigSchema>, 'redisCaCertificate'>>;

/**
 * Checks the fields of a credential `cognigyApi`; unknown fields are ignored.
 * @throws {CognigyError} `invalidInput`, naming the field, never its value
 */
export function parseV1Config(fields: unknown): V1Config {
	const config = withRedisPlace(checkFields(v1ConfigSchema, fields, LABELS, 'Cognigy v1 API'));
	const { baseUrl, webSocketUrl } = config;
	return { ...config, baseUrl: normalForm(baseUrl), webSocketUrl: runtimeAddress(webSocketUrl || baseUrl) };
}

/**
 * Name of who is logged in: what the service counts requests for, and to whom it hands out messages. The tenant is no part
 * of it, as no login and no REST call says it. Nothing can be read from it.
 */
export function v1Login({ baseUrl, username }: V1Config): string {
	return accountKey({ type: 'cognigyApi', baseUrl, tenantId: '', username });
}

/** Address of the runtime channel without `/ws/v1`, which people may have copied along; from the Base URL if need be. */
function runtimeAddress(address: string): string {
	return normalForm(address)
		.replace(/^http/, 'ws')
		.replace(/(?<!\/)\/+ws\/v1$/, '');
}
