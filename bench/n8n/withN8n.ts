import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { installPackage, N8nClient, packPackage, projectFolder, startN8n, type N8nServer } from '../../n8n-host';
import type { Workplace } from '../service';

/** A real n8n that has our packages and trusts the service. */
export interface N8nPlace {
	n8n: N8nServer;
	/** Signed in. */
	client: N8nClient;
}

/**
 * @param env environment variables of n8n on top of the usual ones
 * @param packages folders of the packages that it has; by default the full edition
 */
export async function withN8n<T>(
	{ folder, caFile }: Workplace,
	work: (place: N8nPlace) => Promise<T>,
	env: Readonly<Record<string, string>> = {},
	packages: readonly string[] = [projectFolder],
): Promise<T> {
	for (const packageFolder of packages) {
		const tarball = await packPackage(packageFolder);
		await installPackage(tarball, folder);
		rmSync(dirname(tarball), { recursive: true });
	}
	const n8n = await startN8n({ userFolder: folder, editor: false, caFile, env });
	try {
		const client = new N8nClient(n8n.url);
		await client.signIn();
		return await work({ n8n, client });
	} finally {
		await n8n.stop();
	}
}
