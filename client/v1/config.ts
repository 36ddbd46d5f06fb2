import { isIPv4 } from 'node:net';
import { z } from 'zod/v4';

import { CognigyError } from '../errors';
import { firstIssue } from '../validation';

/** A week; longer lifetimes than that are surely typing errors. */
const MAX_TOKEN_TTL_MINUTES = 7 * 24 * 60;

/** The fields as the credential's dialog calls them. */
const LABELS: Readonly<Record<string, string>> = {
	baseUrl: 'Base URL',
	webSocketUrl: 'WebSocket URL',
	tenantId: 'Tenant ID',
	username: 'Username',
	password: 'Password',
	tokenTtlMinutes: 'Token Lifetime',
	requestsPerMinute: 'Requests per Minute',
	stateStore: 'State Store',
	redisUrl: 'Redis URL',
	allowInsecure: 'Allow Unencrypted Connections',
};

const v1ConfigSchema = z
	.object({
		baseUrl: z.string({ error: 'is missing' }).transform((text) => text.trim()),
		webSocketUrl: z.string().trim().default(''),
		tenantId: z.string().trim().default(''),
		username: z.string({ error: 'is missing' }).refine((text) => text.trim() !== '', 'is empty'),
		password: z.string({ error: 'is missing' }).refine((text) => text !== '', 'is empty'),
		tokenTtlMinutes: z
			.number({ error: 'is not a number' })
			.positive('must be more than 0')
			.max(MAX_TOKEN_TTL_MINUTES, `must not be more than ${MAX_TOKEN_TTL_MINUTES}`)
			.default(30),
		requestsPerMinute: z
			.number({ error: 'is not a number' })
			.int('must be a whole number')
			.min(0, 'must not be less than 0')
			.default(100),
		stateStore: z.enum(['local', 'redis'], 'must be local or redis').default('local'),
		redisUrl: z.string().trim().default(''),
		allowInsecure: z.boolean().default(false),
	})
	.superRefine((config, context) => {
		const report = (path: string, message: string | undefined) => {
			if (message) context.addIssue({ code: 'custom', path: [path], message });
		};
		report('baseUrl', addressProblem(config.baseUrl, 'http', config.allowInsecure));
		if (config.stateStore === 'redis') report('redisUrl', redisProblem(config.redisUrl));
		if (config.webSocketUrl) report('webSocketUrl', addressProblem(config.webSocketUrl, 'ws', config.allowInsecure));
	});

/** What the credential `cognigyApi` says, checked (design section 2). */
export type V1Config = Readonly<z.output<typeof v1ConfigSchema>>;

/**
 * Checks the fields of a credential `cognigyApi`; unknown fields are ignored.
 * @throws {CognigyError} `invalidInput`, naming the field, never its value
 */
export function parseV1Config(fields: unknown): V1Config {
	const result = v1ConfigSchema.safeParse(fields);
	if (result.success) {
		const { baseUrl, webSocketUrl } = result.data;
		return { ...result.data, baseUrl: normalForm(baseUrl), webSocketUrl: runtimeAddress(webSocketUrl || baseUrl) };
	}
	const { path, problem } = firstIssue(result.error);
	throw new CognigyError({
		category: 'invalidInput',
		message: `${LABELS[path] ?? path} in the credential ${problem}`,
		advice: 'Correct it in the credential "Cognigy v1 API". Nothing was sent.',
		parameter: path,
	});
}

/** @returns what is wrong with an address of the service, or undefined */
function addressProblem(address: string, scheme: 'http' | 'ws', allowInsecure: boolean): string | undefined {
	if (address === '') return 'is empty';
	if (!URL.canParse(address)) return `is not a valid address; it should look like ${scheme}s://cognigy.example.com`;
	const url = new URL(address);
	if (url.protocol !== `${scheme}:` && url.protocol !== `${scheme}s:`) return `must begin with ${scheme}s://`;
	if (url.username || url.password) return 'must not contain a user name or password';
	if (/[?#]/.test(address)) return 'must not contain "?" or "#"';
	if (url.protocol === `${scheme}:` && !allowInsecure && !isLoopback(url.hostname)) {
		return `must begin with ${scheme}s://, because the password and the token would travel unencrypted`;
	}
	return undefined;
}

/** @returns what is wrong with an address of Redis, or undefined; it may hold a password */
function redisProblem(address: string): string | undefined {
	if (address === '') return 'is empty, but State Store is Redis';
	const isRedis = URL.canParse(address) && /^rediss?:$/.test(new URL(address).protocol);
	return isRedis ? undefined : 'must begin with redis:// or rediss://';
}

/** An address that paths can be added to, and whose scheme and host are in lower case. */
function normalForm(address: string): string {
	return new URL(address).href.replace(/\/+$/, '');
}

/** Address of the runtime channel without `/ws/v1`, which people may have copied along; from the Base URL if need be. */
function runtimeAddress(address: string): string {
	return normalForm(address)
		.replace(/^http/, 'ws')
		.replace(/\/+ws\/v1$/, '');
}

/** Whether the host is this machine; plain http and ws are always allowed there. */
export function isLoopback(hostname: string): boolean {
	if (isIPv4(hostname)) return hostname.startsWith('127.');
	return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]';
}
