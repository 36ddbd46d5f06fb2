import { CognigyError } from '../errors';
import type { ValidateVersionResult } from '../types';
import type { CallContext } from '../call/attempts';
import type { V1ValidateVersionInput } from './inputs';
import type { V1Rest } from './rest';
import { versionsAnswerSchema, versionsPath } from './wire';

/**
 * Reads the bot's versions and looks for one that is published for the environment (docs/protocol-v1.md#versions).
 * @throws {CognigyError} `notPublished` when there is none and `failIfNotPublished` is set
 */
export async function validateVersion(
	rest: V1Rest,
	{ botId, flowId, targetEnvironment, failIfNotPublished }: V1ValidateVersionInput,
	context: CallContext,
): Promise<Omit<ValidateVersionResult, 'audit'>> {
	const { versions } = await rest.call(
		{
			method: 'GET',
			path: versionsPath(botId),
			answer: versionsAnswerSchema,
			kind: 'safe',
			description: {
				subject: `bot "${botId}"`,
				action: `Reading the versions of bot "${botId}"`,
				permission: 'bot:read',
				inputs: 'Bot ID',
			},
		},
		context,
	);
	const version = versions.find(({ state, name }) => state === 'published' && name === targetEnvironment) ?? null;
	const result = { valid: version !== null, botId, flowId, targetEnvironment, version, available: versions };
	if (failIfNotPublished && !result.valid) throw notPublished(result);
	return result;
}

/** The error for an environment without a published version; it says what there is instead. */
function notPublished(result: Omit<ValidateVersionResult, 'audit'>): CognigyError {
	const { botId, targetEnvironment, available } = result;
	const found = available.map(({ name, state }) => `${name} (${state})`).join(', ') || 'none';
	return new CognigyError({
		category: 'notPublished',
		message: `Bot "${botId}" has no published version for "${targetEnvironment}". Versions found: ${found}`,
		advice: 'Publish a version for this environment in Cognigy, or correct Target Environment.',
	});
}
