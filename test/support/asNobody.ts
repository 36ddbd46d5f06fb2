/** Runs `work` as a user without any rights: root may write everywhere. Who is somebody else already stays so. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
	const isRoot = process.geteuid?.() === 0;
	if (isRoot) process.seteuid?.(65_534);
	try {
		return await work();
	} finally {
		if (isRoot) process.seteuid?.(0);
	}
}
