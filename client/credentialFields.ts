import { z } from 'zod/v4';

import { CognigyError } from './errors';
import { redisProblem } from './net/addresses';
import { firstIssue } from './validation';

/** How many requests a credential allows in its period; 0: no limit. */
export const requestBudgetField = z
	.number({ error: 'is not a number' })
	.int('must be a whole number')
	.min(0, 'must not be less than 0');

/** Fields that every credential of this package has. */
export const commonFields = {
	stateStore: z.enum(['local', 'redis'], 'must be local or redis').default('local'),
	redisUrl: z.string().trim().default(''),
	allowInsecure: z.boolean().default(false),
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
		const redisUrl = fields.stateStore === 'redis' ? redisProblem(fields.redisUrl) : undefined;
		for (const [path, message] of Object.entries({ ...problemsOf(fields), redisUrl })) {
			if (message) context.addIssue({ code: 'custom', path: [path], message });
		}
	};
}

/** Names the field, never its value (guarantee 6). @param credential as its dialog is called */
export function wrongField(
	error: z.ZodError,
	labels: Readonly<Record<string, string>>,
	credential: string,
): CognigyError {
	const { path, problem } = firstIssue(error);
	return new CognigyError({
		category: 'invalidInput',
		message: `${labels[path] ?? path} in the credential ${problem}`,
		advice: `Correct it in the credential "${credential}". Nothing was sent.`,
		parameter: path,
	});
}
