import { createHash } from 'node:crypto';

import { invalidInput } from '../errors';
import { addressProblem } from '../transport/addresses';

/**
 * Segments that may stand before the token (docs/protocol-cognigy-ai.md#what-an-endpoint-runs, #inject-and-notify and
 * #rest-endpoints).
 */
const ROUTE = /^(test|inject|notify)$/;

/** So much of the token's hash names an endpoint: nobody can guess the token from it, and no two in a project meet. */
const NAME_LENGTH = 12;

/**
 * Where an endpoint takes messages. Its token is the only key to it, so it must not show in any error, item or log
 * (guarantee 6).
 */
export interface EndpointAddress {
	/** Scheme, host and path before the token, without a slash at the end; holds no secret. */
	base: string;
	/** A secret. */
	token: string;
	/** Names the endpoint where its token must not show, e.g. `endpoint-0c4a1b2c3d4e`. */
	name: string;
}

/** What the URL of an endpoint says. */
export interface EndpointUrl extends EndpointAddress {
	/** Whether it is the one for tests: that belongs to who uses it, not to the endpoint. */
	isTest: boolean;
}

/**
 * Reads the URL of an endpoint, also one of its routes for test, inject and notify.
 * @throws {CognigyError} `invalidInput`, never with a part of the URL
 */
export function parseEndpointUrl(text: string, allowInsecure: boolean): EndpointUrl {
	const address = text.trim().replace(/^ws(?=s?:)/, 'http');
	const problem = addressProblem(address, 'http', allowInsecure, 'the token of the endpoint');
	if (problem) throw refused(problem);
	const { origin, pathname } = new URL(address);
	const segments = pathname.split('/').filter((segment) => segment !== '');
	const token = decoded(segments.pop() ?? '');
	if (token === '' || ROUTE.test(token)) throw refused('does not end with the token of an endpoint');
	const route = ROUTE.test(segments.at(-1) ?? '') ? segments.pop() : undefined;
	const base = [origin, ...segments].join('/');
	return { base, token, name: endpointName(token), isTest: route === 'test' };
}

function decoded(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		throw refused('has a "%" that encodes no character');
	}
}

/** The name of an endpoint, which does not tell its token. */
export function endpointName(token: string): string {
	return `endpoint-${createHash('sha256').update(token).digest('hex').slice(0, NAME_LENGTH)}`;
}

/** Which endpoint: as users and the registry say it. */
export type EndpointReference =
	{ kind: 'token'; token: string; name: string } | { kind: 'id'; id: string } | { kind: 'name'; name: string };

/** What an endpoint of the project is picked by. */
export type PickedReference = Exclude<EndpointReference, { kind: 'token' }>;

/** Undefined: it is neither an id nor a name. */
export function parsePickedReference(text: string): PickedReference | undefined {
	// Cognigy writes both in lower case.
	const lower = text.toLowerCase();
	if (/^endpoint-[0-9a-f]+$/.test(lower)) return { kind: 'name', name: lower };
	return /^[a-z0-9]{24}$/.test(lower) ? { kind: 'id', id: lower } : undefined;
}

/** @throws {CognigyError} `invalidInput`, never with a part of a URL */
export function parseEndpointReference(text: string, allowInsecure: boolean): EndpointReference {
	const reference = text.trim();
	const picked = parsePickedReference(reference);
	if (picked) return picked;
	if (!reference.includes('/')) throw refused('is neither the ID of an endpoint nor its URL', COPY_EITHER);
	const { token, name } = parseEndpointUrl(reference, allowInsecure);
	return { kind: 'token', token, name };
}

const COPY_URL = 'Copy the Endpoint URL from the settings of the endpoint in Cognigy.AI';
const COPY_EITHER = `Use its ID, which is 24 letters and digits. Or: ${COPY_URL}`;

function refused(problem: string, advice = COPY_URL) {
	return invalidInput('endpoint', problem, `${advice}. Nothing was sent for this item.`);
}
