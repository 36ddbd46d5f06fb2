import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Database } from '../../client/registry/sqlite/database';
import { SqliteRegistry } from '../../client/registry/sqlite/registry';
import type { Clock } from '../../client/time/clock';
import { systemClock } from '../../client/time/systemClock';
import type { OnRegistryWarning } from '../../client/registry/sessionRegistry';
import type { RegistryStore } from './registryContract';

/** A registry with a connection of its own: `openSqliteRegistry` shares one within the process. */
export async function openFile(
	path: string,
	clock: Clock = systemClock,
	onWarning?: OnRegistryWarning,
): Promise<SqliteRegistry> {
	const database = await Database.open(path, { clock, random: Math.random });
	return new SqliteRegistry(database, clock, () => {}, onWarning);
}

/** A file in a folder of its own, neither of which exists yet. */
export async function sqliteStore(): Promise<RegistryStore> {
	const folder = await mkdtemp(join(tmpdir(), 'registry-'));
	const place = join(folder, 'cognigy', 'sessions.sqlite');
	return {
		place,
		open: async () => await openFile(place),
		remove: async () => await rm(folder, { recursive: true, force: true }),
	};
}
