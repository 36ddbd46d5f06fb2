import type {
	ExpiredSessionsQuery,
	NewSession,
	OpenSessionsQuery,
	SessionKey,
	SessionRegistry,
	StartClaim,
} from '../../client/registry/sessionRegistry';

export const NOW = Date.parse('2026-01-31T12:00:00Z');
export const MINUTE = 60_000;
/** When a session that began at `NOW` expires. */
export const EXPIRY = NOW + 30 * MINUTE;

export const account = 'a'.repeat(32);
export const otherAccount = 'b'.repeat(32);

export const keyOf = (sessionId: string): SessionKey => ({ account, sessionId });

/** A session that begins at `NOW` and lives half an hour. */
export const session = (sessionId: string, changes: Partial<NewSession> = {}): NewSession => ({
	account,
	sessionId,
	botId: 'bot',
	flowId: 'flow',
	userId: 'user',
	createdAt: NOW,
	ttlSeconds: 1800,
	context: {},
	...changes,
});

/** As lists tell it. */
export const withoutContext = ({ context: _context, ...rest }: NewSession): Omit<NewSession, 'context'> => rest;

/** A session that expires so many ms after `EXPIRY`. */
export const expiring = (sessionId: string, ms: number, changes: Partial<NewSession> = {}): NewSession =>
	session(sessionId, { createdAt: NOW + ms, ...changes });

export const open = (changes: Partial<OpenSessionsQuery> = {}): OpenSessionsQuery => ({
	account,
	now: NOW,
	after: 0,
	unconfirmedUntil: 0,
	...changes,
});

/** As `open`, with the sessions that nobody confirmed. */
export const recorded = (changes: Partial<OpenSessionsQuery> = {}): OpenSessionsQuery =>
	open({ unconfirmedUntil: Number.MAX_SAFE_INTEGER, ...changes });

/** Records a session and confirms it at once. */
export async function start(registry: SessionRegistry, started: NewSession): Promise<void> {
	await registry.record(started);
	await registry.confirm(started);
}

/** A claim of the start `start`, at `NOW`: its owner lives half a minute, and it is kept for a day. */
export const claim = (owner: string, changes: Partial<StartClaim> = {}): StartClaim => ({
	account,
	startId: 'start',
	owner,
	fingerprint: 'f',
	origin: '',
	sessionId: 's',
	now: NOW,
	aliveUntil: NOW + 30_000,
	expiresAt: NOW + 24 * 60 * MINUTE,
	...changes,
});

/** A claim for five minutes, an hour after `EXPIRY`. */
export const expired = (changes: Partial<ExpiredSessionsQuery> = {}): ExpiredSessionsQuery => ({
	account,
	now: EXPIRY + 60 * MINUTE,
	leaseMs: 5 * MINUTE,
	limit: 100,
	...changes,
});

export const idsOf = (sessions: readonly SessionKey[]): string[] => sessions.map(({ sessionId }) => sessionId);

export const numbered = (count: number, prefix = 's'): string[] =>
	Array.from({ length: count }, (_, index) => `${prefix}${index}`);
