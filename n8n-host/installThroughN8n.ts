import { setTimeout as sleep } from 'node:timers/promises';
import type { InstalledCommunityPackage, N8nClient } from './client';
import type { PackageRegistry } from './packageRegistry';

/**
 * Installs a package the way users do (Settings > Community nodes), into an n8n that was started with the same
 * registry, and waits until n8n offers its nodes.
 *
 * n8n first asks its own service whether the name is blocked and the public registry whether the version exists. Where
 * these cannot be reached or know nothing of it, n8n goes on with npm, which our registry answers.
 */
export async function installThroughN8n(
	client: N8nClient,
	registry: PackageRegistry,
): Promise<InstalledCommunityPackage> {
	// An exact version: n8n 1 cannot find out what "latest" is without the public registry.
	const installed = await client.installCommunityPackage(registry.packageName, registry.version);
	const wanted = installed.installedNodes.map(({ type }) => type);
	const deadline = Date.now() + 10_000;
	for (;;) {
		const loaded = new Set(await client.nodeTypes(`${registry.packageName}.`));
		const missing = wanted.filter((type) => !loaded.has(type));
		if (missing.length === 0) return installed;
		if (Date.now() > deadline) throw new Error(`n8n has installed the package but not loaded ${missing.join(', ')}.`);
		await sleep(100);
	}
}
