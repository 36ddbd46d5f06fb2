import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds open, as Linux tells it. */
export interface OpenFiles {
	/** File descriptors of every kind. */
	all: number;
	/** By kind: `socket`, `pipe`, `anon_inode`, `file`. */
	byKind: Record<string, number>;
	/** TCP connections that are up and lead to one of the ports that were asked for. */
	connections: number;
}

const ESTABLISHED = '01';

/** @param ports where the services listen that connections are counted to */
export function openFilesOf(pid: number, ports: readonly number[]): OpenFiles {
	const targets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
		try {
			return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
		} catch {
			return []; // closed meanwhile
		}
	});
	const byKind: Record<string, number> = {};
	for (const target of targets) byKind[kindOf(target)] = (byKind[kindOf(target)] ?? 0) + 1;
	const table = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')).join('\n');
	const inodes = connectedInodes(table, ports);
	const connections = targets.filter((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')).length;
	return { all: targets.length, byKind, connections };
}

/** The memory of a process that is really in RAM, in MB. */
export function rssMbOf(pid: number): number {
	const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes ?? NaN) / 1024;
}

/** The connections in a table like /proc/net/tcp that are up and lead to one of the ports. */
export function connectedInodes(table: string, ports: readonly number[]): Set<string> {
	const inodes = new Set<string>();
	for (const line of table.split('\n')) {
		const [, , remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
		const port = parseInt(remote.split(':')[1] ?? '', 16);
		if (state === ESTABLISHED && ports.includes(port)) inodes.add(inode);
	}
	return inodes;
}

function kindOf(target: string): string {
	return target.startsWith('/') ? 'file' : (target.split(':')[0] ?? target);
}
