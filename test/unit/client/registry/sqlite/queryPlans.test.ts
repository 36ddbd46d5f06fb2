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
		for (const step of planOf(sql)) expect(step).not.toMatch(/\bSCAN\b/);
	});

	it.each(['claimExpired', 'claimExpiredOfBot', 'pruneSessions', 'pruneForeignConsumers'] as const)(
		'%s finds its sessions in order: however many there are, it looks at the first ones only',
		(name) => {
			expect(planOf(statements[name]).join('\n')).not.toContain('TEMP B-TREE');
		},
	);
});
