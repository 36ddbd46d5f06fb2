import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { n8nEnvironment } from './environment';
import type { N8nInstallation } from './install';
import { runCommand } from './runCommand';

export interface MakeDatabaseOptions {
	/** Takes what n8n prints. */
	readonly outputFile: string;
	readonly signal?: AbortSignal;
}

/** Where n8n keeps its data, unless it is told of another database. */
const databaseIn = (userFolder: string) => join(userFolder, '.n8n', 'database.sqlite');

/**
 * Lets n8n make the database of an n8n that was never started, at `installation.emptyDatabase`: its tables have years of
 * migrations behind them, which cost each n8n in a new folder as much as a third of its start.
 */
export async function makeEmptyDatabase(
	installation: N8nInstallation,
	{ outputFile, signal }: MakeDatabaseOptions,
): Promise<void> {
	const { node, program, emptyDatabase } = installation;
	const userFolder = `${emptyDatabase}-making`;
	for (const old of [userFolder, emptyDatabase]) rmSync(old, { recursive: true, force: true });
	mkdirSync(userFolder, { recursive: true });
	try {
		// A command that listens nowhere. All that it needs of the database is that it is there.
		const env = n8nEnvironment({ installation, userFolder, port: 0, brokerPort: 0 });
		await runCommand(node, [program, 'list:workflow'], { cwd: userFolder, outputFile, env, signal });
		const made = new DatabaseSync(databaseIn(userFolder));
		try {
			const { count } = made.prepare('SELECT count(*) AS count FROM migrations').get() ?? {};
			if (!count) throw new Error(`n8n has made no tables. All output: ${outputFile}`);
			made.prepare('VACUUM INTO ?').run(emptyDatabase); // one file, without a write-ahead log beside it
		} finally {
			made.close();
		}
	} finally {
		rmSync(userFolder, { recursive: true, force: true });
	}
}

/**
 * Gives n8n that database where it would have to make one.
 * @param env the environment that n8n will be started with
 */
export function provideDatabase(
	{ emptyDatabase }: N8nInstallation,
	userFolder: string,
	env: Readonly<Record<string, string>>,
): void {
	const file = databaseIn(userFolder);
	if ((env['DB_TYPE'] ?? 'sqlite') !== 'sqlite' || existsSync(file)) return;
	mkdirSync(dirname(file), { recursive: true });
	copyFileSync(emptyDatabase, file);
}
