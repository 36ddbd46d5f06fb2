import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/v4';

import { parseRunData } from '../../n8n-host/runData';

const DATABASE = 'database.sqlite';
/** Holds what n8n keeps of the run of an execution. */
const RUNS = 'execution_data.data';

const tablesSchema = z.array(z.object({ name: z.string() }));

/**
 * Where secrets stand in n8n's database.
 * @returns columns, such as `workflow_entity.nodes`; for the runs of executions the place in them as well, such as
 *   `execution_data.data.resultData.error.message`
 */
export function placesInDatabase(n8nFolder: string, secrets: readonly string[]): string[] {
	const database = new DatabaseSync(join(n8nFolder, DATABASE), { readOnly: true, timeout: 10_000 });
	try {
		const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
		const places = tablesSchema.parse(tables).flatMap(({ name }) => {
			const rows = database.prepare(`SELECT * FROM "${name}"`).all();
			return rows.flatMap((row) =>
				Object.entries(row).flatMap(([column, value]) => {
					const place = `${name}.${column}`;
					const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
					const isRun = place === RUNS && typeof text === 'string' && placesIn(text, secrets).length > 0;
					return placesIn(isRun ? parseRunData(text) : text, secrets).map((inside) => place + inside);
				}),
			);
		});
		return [...new Set(places)].sort();
	} finally {
		database.close();
	}
}

/** @returns such as `.resultData.error.message`; the name of a field may hold a secret as well */
function placesIn(value: unknown, secrets: readonly string[], seen = new Set<unknown>()): string[] {
	const holds = (text: string) => secrets.some((secret) => text.includes(secret));
	if (typeof value === 'string') return holds(value) ? [''] : [];
	if (typeof value !== 'object' || value === null || seen.has(value)) return [];
	seen.add(value);
	return Object.entries(value).flatMap(([key, inner]) =>
		[...(holds(key) ? [''] : []), ...placesIn(inner, secrets, seen)].map((place) => `.${key}${place}`),
	);
}

/** The files below a folder that hold one of the secrets, but for n8n's database and installed packages. */
export function otherFilesWith(folder: string, secrets: readonly string[]): string[] {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile() && !entry.name.startsWith(DATABASE))
		.map(({ parentPath, name }) => join(parentPath, name))
		.filter((file) => !file.includes('node_modules'))
		.filter((file) => {
			const content = readFileSync(file, 'latin1');
			return secrets.some((secret) => content.includes(secret));
		});
}
