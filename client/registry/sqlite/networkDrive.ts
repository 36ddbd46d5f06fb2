import { statfs } from 'node:fs/promises';

/** What Linux calls file systems of other machines (statfs(2)). There a write-ahead log may work, lose data or fail. */
const NETWORK_DRIVES: ReadonlyMap<number, string> = new Map([
	[0x6969, 'NFS'],
	[0xff534d42, 'SMB'],
	[0xfe534d42, 'SMB'],
	[0x517b, 'SMB'],
	[0x00c36400, 'Ceph'],
]);

/** The kind of network drive that a file lies on; undefined where it is none, or nobody knows. Never fails. */
export async function networkDriveOf(file: string): Promise<string | undefined> {
	if (process.platform !== 'linux') return undefined;
	try {
		// Some of these numbers come as negative ones.
		return NETWORK_DRIVES.get((await statfs(file)).type >>> 0);
	} catch {
		return undefined;
	}
}
