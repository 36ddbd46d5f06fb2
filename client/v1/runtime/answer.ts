import type { z } from 'zod/v4';

import { CognigyError } from '../../errors';
import { readJson } from '../../validation/readJson';
import { checked } from '../../validation/fields';

/**
 * Reads an answer of the runtime channel (guarantee 9).
 * @param action what was being done, for errors: `Resetting session "s1"`
 * @throws {CognigyError} `protocol`, naming the field that is not as the contract says, or another session
 */
export function readRuntimeAnswer<T extends { sessionId?: unknown }>(
	frame: string,
	schema: z.ZodType<T>,
	{ action, sessionId }: { action: string; sessionId: string },
): T {
	const refuse = (problem: string) =>
		new CognigyError({
			category: 'protocol',
			message: `${action}: Cognigy's answer cannot be used, ${problem}`,
			advice: 'Check WebSocket URL of the credential: does it point to the Cognigy runtime channel?',
		});
	let parsed: unknown;
	try {
		parsed = readJson(frame);
	} catch {
		throw refuse('it is not JSON');
	}
	const result = checked(schema, parsed);
	if (!('value' in result)) {
		const { path, problem } = result;
		throw refuse(path ? `its field ${path} ${problem}` : 'it is not a JSON object');
	}
	if (!isAbout(sessionId, result.value.sessionId)) throw refuse('it is about another session');
	return result.value;
}

/** An answer need not name its session; ids may come as numbers. */
function isAbout(sessionId: string, named: unknown): boolean {
	if (named === undefined || named === null) return true;
	return (typeof named === 'number' ? String(named) : named) === sessionId;
}
