/** A copy of JSON, for somebody who may change it. Binary data becomes what JSON makes of it, as in the registry. */
export function copyOf<T>(json: T): T {
	return JSON.parse(JSON.stringify(json)) as T;
}
