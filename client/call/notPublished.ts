import { CognigyError } from '../errors';
import type { ValidateVersionResult } from '../types';

/** The error for an environment without a published version; it says what there is instead. */
export function notPublished(result: Omit<ValidateVersionResult, 'audit'>): CognigyError {
	const { botId, targetEnvironment, available } = result;
	const found = available.map(({ name, state }) => `${name} (${state})`).join(', ') || 'none';
	return new CognigyError({
		category: 'notPublished',
		message: `Bot "${botId}" has no published version for "${targetEnvironment}". Versions found: ${found}`,
		advice: 'Publish a version for this environment in Cognigy, or correct Target Environment.',
	});
}
