import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { NewSession, SessionRegistry } from '../../client/registry/sessionRegistry';
import { openSqliteRegistry } from '../../client/registry/sqliteRegistry';
import type { Bench } from '../bench';
import { withWorkplace } from '../service';
import { spreadOf, type Spread } from '../statistics';
import { aimed, table } from '../table';
import { longestStop } from './stillness';

const SESSIONS = 1_000;
const CONTEXT_BYTES = 1024 * 1024;
/** No call may keep the process from its other work for longer, in ms. */
const AIM_MS = 50;
/** Sessions that are recorded at the same moment. */
const AT_ONCE = 50;

const account = 'bench';
const TTL_SECONDS = 1800;
const now = Date.UTC(2026, 0, 31);
const expired = now + TTL_SECONDS * 1000;
const context = { document: 'x'.repeat(CONTEXT_BYTES) };

const session = (sessionId: string): NewSession => ({
	...{ account, sessionId, botId: 'bot', flowId: 'flow', userId: 'user' },
	...{ createdAt: now, ttlSeconds: TTL_SECONDS, context },
});

/** The longest stop of the process in each round, in ms. */
interface ContextsResult {
	call: string;
	stops: Spread;
	/** Whether it is a call of ours, or what it is compared with. */
	isOurs: boolean;
}

/** How long the process stands still for calls of a registry that is full of large contexts. */
export const registryContexts: Bench = {
	name: 'registry-contexts',
	async run({ quick, report }) {
		const setup = { sessions: quick ? 100 : SESSIONS, contextBytes: CONTEXT_BYTES, rounds: quick ? 2 : 10 };
		report(`Session registry: ${setup.sessions} sessions with contexts of ${CONTEXT_BYTES / 1024} kB`);
		const results = await withWorkplace(
			async ({ folder }) => await measure(join(folder, 'large.sqlite'), setup, report),
		);
		return { setup, results, text: textOf(results, setup.sessions) };
	},
};

async function measure(
	file: string,
	{ sessions, rounds }: { sessions: number; rounds: number },
	report: (line: string) => void,
): Promise<ContextsResult[]> {
	const registry = await openSqliteRegistry(file);
	const results: ContextsResult[] = [];
	const timed = async (call: string, work: (round: number) => Promise<unknown>, times = rounds, isOurs = true) => {
		report(`  ${call}`);
		const stops: number[] = [];
		for (let round = 0; round < times; round++) stops.push(await longestStop(async () => await work(round)));
		results.push({ call, stops: spreadOf(stops), isOurs });
	};
	try {
		await timed(
			`Record and open sessions, ${AT_ONCE} at the same moment`,
			async (round) => await recordMany(registry, round),
			sessions / AT_ONCE,
		);
		const open = { account, now, after: 0, unconfirmedUntil: 0 };
		await timed(`List all ${sessions} open sessions`, async () => {
			expectCount((await registry.openSessions(open)).length, sessions);
		});
		await timed('The same, with their contexts', async () => readWithContexts(file, sessions), 2, false);
		const claim = { account, now: expired, leaseMs: 0, limit: sessions };
		await timed(`Claim all ${sessions} expired sessions`, async () => {
			expectCount((await registry.claimExpired(claim)).length, sessions);
		});
		await timed('Mark a session as reset', async (round) => {
			await registry.markReset({ account, sessionId: `0-${round}` }, now);
		});
		await timed('Read the context of one session', async () => await registry.contextOf(session('0-0')));
		await timed(`Delete all ${sessions} sessions`, async () => await registry.prune(expired + 1), 1);
	} finally {
		await registry.close();
	}
	return results;
}

async function recordMany(registry: SessionRegistry, round: number): Promise<void> {
	const starts = Array.from({ length: AT_ONCE }, async (_, index) => {
		const started = session(`${round}-${index}`);
		await registry.record(started);
		await registry.confirm(started);
	});
	await Promise.all(starts);
}

/** As a list of sessions with all that was recorded, one context in memory at a time. */
function readWithContexts(file: string, sessions: number): void {
	const db = new DatabaseSync(file);
	try {
		let count = 0;
		for (const row of db.prepare('SELECT * FROM sessions JOIN contexts ON id = context_id').iterate()) {
			JSON.parse(String(row['context']));
			count++;
		}
		expectCount(count, sessions);
	} finally {
		db.close();
	}
}

function expectCount(found: number, expected: number): void {
	if (found !== expected) throw new Error(`${found} sessions were found instead of ${expected}.`);
}

function textOf(results: ContextsResult[], sessions: number): string {
	const longest = Math.max(...results.filter(({ isOurs }) => isOurs).map(({ stops }) => stops.max));
	const tableText = table<ContextsResult>(
		{
			Call: ({ call }) => call,
			'Process stands still: median': ({ stops }) => inMs(stops.median),
			'at most': ({ stops }) => inMs(stops.max),
		},
		results,
	);
	return `For how long n8n's process stands still at one go, for calls of a session registry in SQLite with ${sessions.toLocaleString('en')} sessions whose
contexts have ${CONTEXT_BYTES / 1024} kB each. Our aim, never longer than ${AIM_MS} ms, is ${aimed(longest <= AIM_MS)}.

${tableText}`;
}

const inMs = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
