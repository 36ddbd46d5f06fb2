import { resolve } from 'node:path';

import { systemClock } from '../time/systemClock';
import { Database } from './sqlite/database';
import { networkDriveAdvice } from './sqlite/errors';
import { KnownStarts } from './sqlite/knownStarts';
import { networkDriveOf } from './sqlite/networkDrive';
import { SqliteRegistry } from './sqlite/registry';
import type { OnRegistryWarning, RegistryGoneError, SessionRegistry } from './sessionRegistry';

/** The files that this process has open or is opening. */
const registries = new Map<string, Promise<SessionRegistry>>();
/** Of files that were taken away, until they are known in the new one. */
const lostStarts = new Map<string, KnownStarts>();

/**
 * The registry in one SQLite file, which is made if it is missing. All in this process who open the same file share the
 * registry: it is closed for all of them together. Other processes may have it open too. Starts that were claimed here are
 * still claimed when the file was deleted or replaced meanwhile, and it is opened anew.
 * @param onWarning told of records that cannot be read, and once of a file that is gone; that of the first caller stays
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
	const starts = lostStarts.get(file) ?? new KnownStarts();
	const onGone = ({ message }: RegistryGoneError) => {
		lostStarts.set(file, starts);
		onWarning?.(message);
	};
	let database: Database | undefined;
	try {
		database = await Database.open(file, { clock: systemClock, random: Math.random, onGone });
		const registry = new SqliteRegistry(database, systemClock, leave, onWarning, starts);
		if (lostStarts.has(file)) await registry.keepStarts(starts.at(systemClock.wallTime()));
		lostStarts.delete(file);
		const drive = await networkDriveOf(file);
		if (drive) onWarning?.(`The session registry ${file} lies on a network drive (${drive}). ${networkDriveAdvice}`);
		return registry;
	} catch (error) {
		database?.close();
		leave();
		throw error;
	}
}
