import { createHash, timingSafeEqual } from 'node:crypto';
import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';

import { Refusal } from '../shared/refusal';

/** What each choice of Incoming Authentication asks for. */
const CHECKS: Readonly<Record<string, ReadonlyArray<(context: IWebhookFunctions) => Promise<Refusal | undefined>>>> = {
	none: [],
	basicAuth: [checkUser],
	headerAuth: [checkHeader],
	basicAndHeaderAuth: [checkUser, checkHeader],
};

/** @returns why whoever calls may not start the workflow; undefined: may */
export async function checkCaller(context: IWebhookFunctions): Promise<Refusal | undefined> {
	const choice: unknown = context.getNodeParameter('incomingAuthentication', 'basicAuth');
	const checks = typeof choice === 'string' && Object.hasOwn(CHECKS, choice) ? CHECKS[choice] : undefined;
	if (!checks) return new Refusal(500, 'as Incoming Authentication of this node is not set up');
	for (const check of checks) {
		const refusal = await check(context);
		if (refusal) return refusal;
	}
	return undefined;
}

async function checkUser(context: IWebhookFunctions): Promise<Refusal | undefined> {
	const { user, password } = await credential(context, 'httpBasicAuth');
	if (!isFilled(user) || !isFilled(password)) return notSetUp('Basic Auth');
	const { authorization } = context.getHeaderData();
	if (authorization === undefined) return new Refusal(401, 'as it has no user name and password');
	const given = parseBasicAuth(authorization);
	// Both are always compared, so that the time does not tell which one is wrong.
	const isRight = [isSame(given.user, user), isSame(given.password, password)].every(Boolean);
	return isRight ? undefined : new Refusal(401, 'as its user name or password is wrong');
}

async function checkHeader(context: IWebhookFunctions): Promise<Refusal | undefined> {
	const { name, value } = await credential(context, 'httpHeaderAuth');
	if (!isFilled(name) || !isFilled(value)) return notSetUp('Header Auth');
	const given = new Map(Object.entries(context.getHeaderData())).get(name.trim().toLowerCase());
	if (given === undefined) return new Refusal(403, 'as it has no header with the secret');
	return typeof given === 'string' && isSame(given, value) ? undefined : new Refusal(403, 'as its secret is wrong');
}

/** Empty when it is missing or cannot be read: then nobody gets in. */
async function credential(context: IWebhookFunctions, type: string): Promise<ICredentialDataDecryptedObject> {
	try {
		return await context.getCredentials(type);
	} catch {
		return {};
	}
}

function isFilled(value: unknown): value is string {
	return typeof value === 'string' && value.trim() !== '';
}

function notSetUp(what: string): Refusal {
	return new Refusal(500, `as the credential "${what}" of this node is missing or not complete`);
}

/** Empty when it is something else. */
function parseBasicAuth(header: string): { user: string; password: string } {
	const encoded = /^basic +([\w+/=-]+) *$/i.exec(header)?.[1] ?? '';
	const decoded = Buffer.from(encoded, 'base64').toString('utf8');
	const colon = decoded.indexOf(':');
	return colon < 0 ? { user: '', password: '' } : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Takes the same time wherever the texts differ; as hashes, also whatever their lengths are. */
function isSame(given: string, expected: string): boolean {
	return timingSafeEqual(hash(given), hash(expected));
}

function hash(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
