import { Refusal } from '../../http/answers';
import type { Permission } from '../contract';
import { retryAfterHeaders } from '../../http/rateLimit';
import type { Service } from '../service';
import type { SandboxUser } from '../users';
import type { Call } from './call';

/** Lets a call with a valid token, room in the rate limit and the permission pass: else 401, 429, 403, in this order. */
export function authorize(service: Service, call: Call, permission: Permission): SandboxUser {
	const user = authenticate(service, call.bearerToken);
	admit(service, user);
	requirePermission(user, permission);
	return user;
}

/** The user behind a token, or 401. */
export function authenticate({ users, tokens }: Service, token: string): SandboxUser {
	const user = users.get(tokens.ownerOf(token) ?? '');
	if (!user) throw new Refusal(401, 'unauthorized', 'The token is missing, invalid or expired. Log in again.');
	return user;
}

export function requirePermission(user: SandboxUser, permission: Permission): void {
	if (user.permissions.includes(permission)) return;
	throw new Refusal(403, 'forbidden', `The user lacks the permission ${permission}.`);
}

/** Counts a call against the rate limit of its user: 429 when there is no room. */
export function admit({ rateLimit, retryAfter, now }: Service, user: SandboxUser): void {
	const freeAt = rateLimit.admit(user.username);
	if (freeAt === undefined) return;
	const headers = retryAfterHeaders(retryAfter, freeAt, now());
	throw new Refusal(429, 'rate_limited', 'Too many requests in the last minute.', headers);
}
