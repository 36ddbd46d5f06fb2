import { openFilesOf, rssMbOf } from './procfs';
import type { Probe } from './probe';
import { registrySizeOf } from './registrySize';

const MB = 2 ** 20;

/** What n8n took at one moment. */
export interface Sample {
	/** Since the load began. */
	second: number;
	rssMb: number;
	/** After a garbage collection. */
	heapMb: number;
	/** Memory outside of V8's heap that belongs to objects in it. */
	externalMb: number;
	/** What keeps n8n's event loop busy: sockets, timers, requests. */
	handles: number;
	handlesByKind: Record<string, number>;
	fileDescriptors: number;
	fileDescriptorsByKind: Record<string, number>;
	/** Connections to the services. */
	connections: number;
	/** The session registry's pages in use, and its write-ahead log. */
	registryBytes: number;
	registryWalBytes: number;
	/** Sessions in the registry. */
	sessions: number;
}

export interface Watched {
	pid: number;
	probe: Probe;
	/** Where the services listen. */
	ports: readonly number[];
	registryFile: string;
}

export async function sampleOf({ pid, probe, ports, registryFile }: Watched, second: number): Promise<Sample> {
	const { heapUsed, external, resources } = await probe.ask();
	const files = openFilesOf(pid, ports);
	const registry = registrySizeOf(registryFile);
	return {
		second,
		rssMb: rssMbOf(pid),
		heapMb: heapUsed / MB,
		externalMb: external / MB,
		handles: Object.values(resources).reduce((sum, count) => sum + count, 0),
		handlesByKind: resources,
		fileDescriptors: files.all,
		fileDescriptorsByKind: files.byKind,
		connections: files.connections,
		registryBytes: registry.bytes,
		registryWalBytes: registry.walBytes,
		sessions: registry.sessions,
	};
}
