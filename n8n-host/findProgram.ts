import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The absolute path of a program that the PATH knows; undefined when it knows none of that name. */
export function findProgram(name: string): string | undefined {
	const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
	return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
