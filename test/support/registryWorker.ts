/** A process of its own with a registry, which does what it is told over IPC. Its argument says where the registry is. */
import { redisConnectionFor } from '../../client/redis/redisConnection';
import { makeMemoryStore, openMemoryRegistry } from '../../client/registry/memoryRegistry';
import { redisRegistry } from '../../client/registry/redisRegistry';
import type { SessionRegistry } from '../../client/registry/sessionRegistry';
import { openSqliteRegistry } from '../../client/registry/sqliteRegistry';
import { systemClock } from '../../client/time/systemClock';

export type RegistryMethod = Exclude<keyof SessionRegistry, 'close'>;

export interface WorkerCall {
	id: number;
	method: RegistryMethod;
	args: unknown[];
}

export interface WorkerAnswer {
	id: number;
	result?: unknown;
	/** Name and message of what was thrown. */
	error?: string;
}

const [place = ''] = process.argv.slice(2);
const opening = open();

function open(): SessionRegistry | Promise<SessionRegistry> {
	if (place === 'memory') return openMemoryRegistry(makeMemoryStore({ clock: systemClock }));
	return place.startsWith('redis') ? redisRegistry(redisConnectionFor(place)) : openSqliteRegistry(place);
}

process.on('message', (call: WorkerCall) => {
	void answer(call).then((message) => process.send?.(message));
});

async function answer({ id, method, args }: WorkerCall): Promise<WorkerAnswer> {
	try {
		const registry = await opening;
		const call = registry[method] as (...values: unknown[]) => Promise<unknown>;
		return { id, result: await call.apply(registry, args) };
	} catch (error) {
		return { id, error: String(error) };
	}
}
