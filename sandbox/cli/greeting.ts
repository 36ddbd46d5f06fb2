import type { Sandbox } from '../v1/server';

/** What a person needs to know to use a sandbox that has just been started. */
export function greeting({ url, webSocketUrl, tenantId, users, bots }: Sandbox, caFile: string | undefined): string {
	const certificate = caFile
		? ['', 'Trust its certificate:', `  export NODE_EXTRA_CA_CERTS=${quoteForShell(caFile)}`]
		: [];
	const curl = caFile ? `curl --cacert ${quoteForShell(caFile)}` : 'curl';
	return [
		`The Cognigy sandbox listens on ${url}`,
		`Its runtime channel: ${webSocketUrl} (tenant ${tenantId})`,
		...certificate,
		'',
		'Users',
		...table(users.map(({ username, password, permissions }) => [username, password, permissions.join(', ')])),
		'',
		'Bots',
		...table(
			bots.map(({ id, flows, versions }) => [
				id,
				`flows: ${flows.join(', ')}`,
				versions.map(({ name, state }) => `${name} is ${state}`).join(', '),
			]),
		),
		'',
		'Let a bot say something more',
		`  ${curl} -d '{"text":"Are you still there?"}' ${url}/sandbox/sessions/<session id>/messages`,
		'',
		'Make the next start fail',
		`  ${curl} -d '{"operation":"start","kind":"status","status":503}' ${url}/sandbox/faults`,
		'  All faults: npm run sandbox -- --help',
		'',
		'Stop it with Ctrl+C.',
		'',
	].join('\n');
}

/** Rows whose columns stand below each other. */
export function table(rows: string[][]): string[] {
	const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
	return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widthOf(column))).join('   ')}`.trimEnd());
}

/** A path that can be pasted into a shell. */
export function quoteForShell(path: string): string {
	return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
