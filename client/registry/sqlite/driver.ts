import type * as sqlite from 'node:sqlite';

import { RegistryError } from '../sessionRegistry';

/** First Node that has SQLite without a flag. */
const NEEDED_NODE = '22.13';

/**
 * Node's own SQLite, loaded on first use: older Nodes, which n8n still runs on, do not have it.
 * @throws {RegistryError} when this Node is too old
 */
export async function loadSqlite(): Promise<typeof sqlite> {
	try {
		return await import('node:sqlite');
	} catch {
		throw new RegistryError(`The local session registry ${tooOld()}. Update Node, or keep the registry in Redis.`);
	}
}

/** Why this Node can keep no sessions on this machine, to continue a sentence; undefined if it can. */
export async function localRegistryProblem(): Promise<string | undefined> {
	return await loadSqlite().then(() => undefined, tooOld);
}

function tooOld(): string {
	return `needs Node ${NEEDED_NODE} or newer, and this is Node ${process.versions.node}`;
}
