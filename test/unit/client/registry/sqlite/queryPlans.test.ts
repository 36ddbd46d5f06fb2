import { DatabaseSync } from 'node:sqlite';

import { migrate } from '../../../../../client/registry/sqlite/schema';
import { statements } from '../../../../../client/registry/sqlite/statements';

describe('every statement of the registry', () => {
	const db = new DatabaseSync(':memory:');
	beforeAll(() => migrate(db, ':memory:'));
	afterAll(() => db.close());

	const planOf = (sql: string) =>
		db
			.prepare(`EXPLAIN QUERY PLAN ${sql}`)
			.all()
			.map(({ detail }) => String(detail));

	it.each(Object.entries(statements))('%s goes through no table from its beginning', (_, sql) => {
		// That has one row for each table.
		for (const step of planOf(sql)) expect(step).not.toMatch(/\bSCAN\b(?! sqlite_sequence)/);
	});

	it.each([
		['open', 'sessions_open (account=? AND expires_at>?)'],
		['claimExpired', 'sessions_unreset (account=? AND expires_at<?)'],
		['claimExpiredOfBot', 'sessions_unreset_of_bot (account=? AND bot_id=? AND expires_at<?)'],
		['oldSessions', 'sessions_expiry (expires_at<?)'],
		['pruneForeignConsumers', 'consumers_active_at (active_at<?)'],
		['confirm', '(account=? AND session_id=?)'],
		['confirmEnded', '(account=? AND session_id=?)'],
		['markEnded', '(account=? AND session_id=?)'],
		['claimedStart', '(account=? AND start_id=?)'],
		['settleStart', '(account=? AND start_id=?)'],
		['releaseStart', '(account=? AND start_id=?)'],
		['forgetStarts', 'starts_expiry (expires_at<?)'],
		['stagedBatches', 'staged_batches_order (consumer_id=? AND rowid>?)'],
	] as const)('%s looks only at the part %s of an index', (name, part) => {
		expect(planOf(statements[name]).join('\n')).toContain(part);
	});

	it.each([
		...(['claimExpired', 'claimExpiredOfBot', 'oldSessions', 'pruneForeignConsumers', 'forgetStarts'] as const),
		'stagedBatches' as const,
	])('%s finds what it is about in order: however many there are, it looks at the first ones only', (name) => {
		expect(planOf(statements[name]).join('\n')).not.toContain('TEMP B-TREE');
	});

	it('confirm changes no index: that would take several times as long', () => {
		const opcodes = db.prepare(`EXPLAIN ${statements.confirm}`).all();
		expect(opcodes.map(({ opcode }) => opcode).filter((opcode) => /^Idx(Insert|Delete)$/.test(String(opcode)))).toEqual(
			[],
		);
	});
});
