import { resolve } from 'node:path';

import { systemClock } from '../time/systemClock';
import { Database } from './sqlite/database';
import { networkDriveAdvice } from './sqlite/errors';
import { networkDriveOf } from './sqlite/networkDrive';
import { SqliteRegistry } from './sqlite/registry';
import type { OnRegistryWarning, SessionRegistry } from './sessionRegistry';

/** The files that this process has open or is opening. */
const registries = new Map<string, Promise<SessionRegistry>>();

/**
 * The registry in one SQLite file, which is made if it is missing. All in this process who open the same file share the
 * registry: it is closed for all of them together. Other processes may have it open too.
 * @param onWarning told of records that cannot be read; that of the first caller stays
 * @throws {RegistryError} when Node has no SQLite, or the file cannot be used
 */
export function openSqliteRegistry(path: string, onWarning?: OnRegistryWarning): Promise<SessionRegistry> {
	const file = resolve(path);
	const known = registries.get(file);
	if (known) return known;
	const opening = open(file, onWarning);
	registries.set(file, opening);
	return opening;
}

async function open(file: string, onWarning?: OnRegistryWarning): Promise<SessionRegistry> {
	const leave = () => registries.delete(file);
	try {
		const database = await Database.open(file, { clock: systemClock, random: Math.random });
		const drive = await networkDriveOf(file);
		if (drive) onWarning?.(`The session registry ${file} lies on a network drive (${drive}). ${networkDriveAdvice}`);
		return new SqliteRegistry(database, systemClock, leave, onWarning);
	} catch (error) {
		leave();
		throw error;
	}
}
