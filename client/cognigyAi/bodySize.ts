import { CognigyError } from '../errors';

/** Largest JSON body that Cognigy.AI takes, in bytes (docs/protocol-cognigy-ai.md#limits). */
export const MAX_BODY_BYTES = 60_000;

/**
 * The JSON of a body, refused if it is larger than Cognigy.AI takes.
 * @param inputs the parameters that it was made of: `text and data`
 * @param parameter the one that can be large
 * @throws {CognigyError} `invalidInput`
 */
export function jsonBody(content: object, inputs: string, parameter = 'data'): string {
	const body = writeJson(content, inputs, parameter);
	const bytes = Buffer.byteLength(body);
	if (bytes <= MAX_BODY_BYTES) return body;
	throw new CognigyError({
		category: 'invalidInput',
		message: `${inputs} are too large: ${bytes} bytes, and Cognigy.AI takes ${MAX_BODY_BYTES}`,
		advice: `Make ${inputs} smaller. Nothing was sent for this item.`,
		parameter,
	});
}

function writeJson(content: object, inputs: string, parameter: string): string {
	try {
		return JSON.stringify(content);
	} catch {
		throw new CognigyError({
			category: 'invalidInput',
			message: `${inputs} cannot be written as JSON`,
			advice: 'Use only text, numbers, lists and objects in it. Nothing was sent for this item.',
			parameter,
		});
	}
}
