import { configure } from 'safe-stable-stringify';

const stableStringify = configure({ deterministic: true });

/** JSON without white space and with the keys of all objects sorted (RFC 8785): whoever has the value can make it. */
export function canonicalJson(value: unknown): string {
	return stableStringify(value) ?? '';
}
