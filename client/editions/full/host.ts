import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import type { Host } from '../edition';

export const host: Host = {
	stateFolder: () => join(process.env['N8N_USER_FOLDER'] || homedir(), '.n8n'),
	isQueueMode: () => process.env['EXECUTIONS_MODE']?.trim().toLowerCase() === 'queue',
	wantsEgressPolicy: () => /^(true|1)$/i.test(process.env['N8N_SSRF_PROTECTION_ENABLED'] ?? ''),
	processWide<T extends object>(name: string, create: () => T): T {
		const key = Symbol.for(`n8n-nodes-cognigy/${name}`);
		const holder = globalThis as Record<symbol, unknown>;
		// Only copies of this package know the name, and keep one kind of thing under it.
		return (holder[key] ??= create()) as T;
	},
	allowManyListeners: (signal) => setMaxListeners(0, signal),
	nextTurn: async () => await setImmediate(),
};
