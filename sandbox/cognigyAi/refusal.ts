/** Says no to a call. The message goes to the client and into the log, so it repeats no key, token or password. */
export class Refusal extends Error {
	override readonly name = 'Refusal';

	/** @param code the management API's error code (docs/protocol-cognigy-ai.md#errors) */
	constructor(
		readonly status: number,
		readonly code: number,
		message: string,
		readonly headers: Record<string, string> = {},
	) {
		super(message);
	}
}

/** Says no without a word. */
export class WordlessRefusal extends Refusal {
	constructor(status: number) {
		super(status, status, '');
	}
}

export const notFound = (message: string) => new Refusal(404, 1002, message);
export const missing = (message: string) => new Refusal(400, 1000, message);
export const invalid = (message: string) => new Refusal(400, 1005, message);
