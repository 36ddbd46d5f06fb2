import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { closeAllClients } from '../../../client';
import { edition } from '../../../client/edition';
import { accountKey } from '../../../client/registry/accountKey';
import type { RegisteredSession } from '../../../client/registry/sessionRegistry';
import { openSqliteRegistry } from '../../../client/registry/sqliteRegistry';
import { parseV1Config } from '../../../client/v1/config';
import { executionsUnderWay } from '../../../nodes/CognigyStreamMessagesTrigger/executionsUnderWay';
import { differs } from '../../support/edition';
import { openFile } from '../../support/registryFiles';
import type { RunOptions } from '../engine';

/** The file with the sessions, in the folder of n8n. */
export function registryFile(): string {
	return join(process.env['N8N_USER_FOLDER'] ?? '', '.n8n', 'cognigy-sessions.sqlite');
}

/** The open sessions of a credential, also those whose start was not confirmed, as another process reads them. */
export async function openSessions(credential: RunOptions['credential']): Promise<RegisteredSession[]> {
	const account = accountKey({ type: 'cognigyApi', ...parseV1Config(credential) });
	const registry = await openFile(registryFile());
	try {
		const now = Date.now();
		return await registry.openSessions({ account, now, after: 0, unconfirmedUntil: now });
	} finally {
		await registry.close();
	}
}

/**
 * Another process writes into the registry and takes its time: until then it can be read, but not written. One in memory
 * is never busy.
 * @returns ends that
 */
export function keepRegistryBusy(): () => void {
	if (differs('ends-with-process')) return () => {};
	const database = new DatabaseSync(registryFile());
	database.exec('BEGIN IMMEDIATE');
	return () => database.close();
}

/** Forgets all that n8n has in its memory of us: as when it ends in an orderly way. */
export async function endProcess(): Promise<void> {
	closeAllClients();
	executionsUnderWay({ edition }).clear();
	if (differs('ends-with-process')) await forgetEverything();
	else await (await openSqliteRegistry(registryFile())).close();
}

async function forgetEverything(): Promise<void> {
	const registry = edition.openRegistry({ stateStore: 'local', redisUrl: '' }, '', () => {});
	await registry.prune(Infinity);
	await registry.close();
}

/**
 * What is on the disk at this moment is all that is left of a process that is killed now.
 * @returns makes it so: ends everything and puts the disk back
 */
export function killHere(): () => Promise<void> {
	const file = registryFile();
	const parts = ['', '-wal'].map((end) => file + end);
	const copies = parts.filter((part) => existsSync(part)).map((part) => [part, `${part}.kept`] as const);
	for (const [part, copy] of copies) copyFileSync(part, copy);
	return async () => {
		await endProcess();
		for (const part of [...parts, `${file}-shm`]) rmSync(part, { force: true });
		for (const [part, copy] of copies) copyFileSync(copy, part);
	};
}
