import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { clientFor, unrestrictedEgress, type CognigyClient } from '../client';
import { demoUser } from './demoUser';

/** Where a client finds its service, and what keeps its sessions. */
export interface ServiceAddress {
	baseUrl: string;
	webSocketUrl?: string;
	tenantId?: string;
	/** Of a Redis that keeps the sessions; missing: SQLite does. */
	redisUrl?: string;
}

/**
 * Our client without n8n around it, and without a limit on its requests.
 * @param stateFolder where it keeps its sessions; by default a folder that is gone with the process
 */
export function clientOf(
	{ baseUrl, webSocketUrl, tenantId, redisUrl }: ServiceAddress,
	stateFolder = folderOfThisProcess(),
): CognigyClient {
	const store = redisUrl === undefined ? {} : { stateStore: 'redis', redisUrl };
	const fields = { baseUrl, webSocketUrl, tenantId, ...demoUser, requestsPerMinute: 0, ...store };
	const onWarning = (message: string) => console.error(message);
	return clientFor({ type: 'cognigyApi', fields }, { egress: unrestrictedEgress, stateFolder, onWarning });
}

function folderOfThisProcess(): string {
	const folder = mkdtempSync(join(tmpdir(), 'bench-state-'));
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
