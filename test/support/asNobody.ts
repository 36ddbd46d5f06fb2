import { realProcess } from './realProcess';

/** Runs `work` as a user without any rights: root may write everywhere. Who is somebody else already stays so. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
	const isRoot = realProcess.geteuid?.() === 0;
	if (isRoot) realProcess.seteuid?.(65_534);
	try {
		return await work();
	} finally {
		if (isRoot) realProcess.seteuid?.(0);
	}
}
