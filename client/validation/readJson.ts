/** Digits enough that an integer may be beyond 2^53; nearly every answer has none, and is read as ever. */
const MAY_BE_LONG = /\d{16}/;

/** Strings, which are left alone, and numbers. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/**
 * Reads JSON of a service as `JSON.parse` does, but an integer that a number of JavaScript cannot hold exactly becomes the
 * text of its digits: as a number, two ids could become one.
 *
 * Not by the `source` that newer Nodes tell a reviver, as n8n 1 also runs on Node 20.
 * @throws {SyntaxError} when it is not JSON
 */
export function readJson(json: string): unknown {
	const parsed: unknown = JSON.parse(json);
	if (!MAY_BE_LONG.test(json)) return parsed;
	return JSON.parse(json.replace(TOKEN, (token) => (losesDigits(token) ? `"${token}"` : token)));
}

function losesDigits(token: string): boolean {
	return /^-?\d+$/.test(token) && String(Number(token)) !== token && token !== '-0';
}

/** Whether a number that somebody else read may have been another one: then it is no id. */
export function mayHaveLostDigits(value: number): boolean {
	return !Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER;
}
