import * as z from 'zod/v4';

import { CognigyError } from '../errors';
import { offers } from '../offers';
import { readRedisUrl } from '../redis/redisAddress';
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
	allowInsecure: looseFlag,
};

/** The same as the credential's dialog calls them. */
export const COMMON_LABELS = {
	stateStore: 'State Store',
	redisUrl: 'Redis URL',
	allowInsecure: 'Allow Unencrypted Connections',
};

/** Reports problems of fields that depend on others, those of `commonFields` included. */
export function checkTogether<Fields extends { stateStore: 'local' | 'redis'; redisUrl: string }>(
	problemsOf: (fields: Fields) => Readonly<Record<string, string | undefined>>,
) {
	return (fields: Fields, context: z.RefinementCtx): void => {
		const isShared = fields.stateStore === 'redis' && offers.sharedState;
		const redisUrl = isShared ? redisProblem(fields.redisUrl) : undefined;
		for (const [path, message] of Object.entries({ ...problemsOf(fields), redisUrl })) {
			if (message) context.addIssue({ code: 'custom', path: [path], message });
		}
	};
}

function redisProblem(url: string): string | undefined {
	if (url === '') return 'is empty, but State Store is Redis';
	const address = readRedisUrl(url);
	return typeof address === 'string' ? address : undefined;
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
