import * as z from 'zod/v4';

import { CognigyError } from '../errors';
import { offers } from '../offers';
import { readCertificates } from '../redis/caCertificates';
import { readRedisUrl, redisPlace } from '../redis/redisAddress';
import { checked, looseFlag, looseNumber, looseText, textSchema } from './fields';

/** How many requests a credential allows in its period; 0: no limit. */
export const requestBudgetField = (requests: number) =>
	looseNumber(
		z.number('is not a number').int('must be a whole number').min(0, 'must not be less than 0').default(requests),
	);

/** Fields that every credential of this package has. */
export const commonFields = {
	stateStore: z.enum(['local', 'redis'], 'must be local or redis').default('local'),
	redisUrl: looseText(textSchema.trim().default('')),
	redisCaCertificate: looseText(textSchema.trim().default('')),
	allowInsecure: looseFlag,
};

/** The same as the credential's dialog calls them. */
export const COMMON_LABELS = {
	stateStore: 'State Store',
	redisUrl: 'Redis URL',
	redisCaCertificate: 'CA Certificate',
	allowInsecure: 'Allow Unencrypted Connections',
};

interface StateFields {
	stateStore: 'local' | 'redis';
	redisUrl: string;
	redisCaCertificate: string;
}

/** Makes one text of all that a credential says of its Redis. @param fields checked */
export function withRedisPlace<Fields extends StateFields>(fields: Fields): Omit<Fields, 'redisCaCertificate'> {
	const { redisCaCertificate, ...rest } = fields;
	return { ...rest, redisUrl: redisPlace(fields.redisUrl, redisCaCertificate) };
}

/** Reports problems of fields that depend on others, those of `commonFields` included. */
export function checkTogether<Fields extends StateFields>(
	problemsOf: (fields: Fields) => Readonly<Record<string, string | undefined>>,
) {
	return (fields: Fields, context: z.RefinementCtx): void => {
		const isShared = fields.stateStore === 'redis' && offers.sharedState;
		const redisUrl = isShared ? redisProblem(fields.redisUrl) : undefined;
		const redisCaCertificate = isShared ? certificateProblem(fields) : undefined;
		for (const [path, message] of Object.entries({ ...problemsOf(fields), redisUrl, redisCaCertificate })) {
			if (message) context.addIssue({ code: 'custom', path: [path], message });
		}
	};
}

function redisProblem(url: string): string | undefined {
	if (url === '') return 'is empty, but State Store is Redis';
	const address = readRedisUrl(url);
	return typeof address === 'string' ? address : undefined;
}

function certificateProblem({ redisUrl, redisCaCertificate }: StateFields): string | undefined {
	if (redisCaCertificate === '') return undefined;
	if (readCertificates(redisCaCertificate) === undefined) {
		return 'holds no certificate: paste it with its lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----';
	}
	const address = readRedisUrl(redisUrl);
	return typeof address === 'string' || address.tls ? undefined : 'is for TLS: begin Redis URL with rediss://';
}

/**
 * Checks the fields of a credential; unknown ones are ignored.
 * @param labels of the fields in its dialog
 * @param credential as the dialog is called
 * @throws {CognigyError} `invalidInput`, naming the field, never its value (guarantee 6)
 */
export function checkFields<T>(
	schema: z.ZodType<T>,
	fields: unknown,
	labels: Readonly<Record<string, string>>,
	credential: string,
): T {
	const result = checked(schema, fields);
	if ('value' in result) return result.value;
	const { path, problem } = result;
	const what = path === '' ? `The credential "${credential}"` : `${labels[path] ?? path} in the credential`;
	throw new CognigyError({
		category: 'invalidInput',
		message: `${what} ${problem}`,
		advice: `Correct it in the credential "${credential}". Nothing was sent.`,
		parameter: path,
	});
}
