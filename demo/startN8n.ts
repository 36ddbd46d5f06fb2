import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
	defaultOwner,
	freePort,
	installThroughN8n,
	N8nClient,
	packPackage,
	projectFolder,
	startN8n,
	startPackageRegistry,
	type N8nInstallation,
	type N8nServer,
	type PackageRegistry,
} from '../n8n-host';
import type { Stage } from './stage';
import { step } from './terminal';

/** An n8n that somebody has signed in to, with our nodes. */
export interface N8nWithNodes {
	readonly n8n: N8nServer;
	readonly client: N8nClient;
}

/** What a person does first: starts n8n, makes an account, and installs the nodes. */
export async function startN8nWithNodes(stage: Stage, installation: N8nInstallation): Promise<N8nWithNodes> {
	const registry = await publishThePackage(stage);
	const n8n = await startEmptyN8n(stage, installation, registry);
	const client = await signIn(n8n);
	await installTheNodes(client, registry);
	return { n8n, client };
}

/** Nothing leaves this machine: npm's registry is played by a small one that knows only this package. */
async function publishThePackage({ cleanUp }: Stage): Promise<PackageRegistry> {
	return await step(
		'Packing the nodes',
		async () => {
			const tarball = await packPackage();
			const registry = await startPackageRegistry(tarball);
			rmSync(dirname(tarball), { recursive: true });
			cleanUp.add('The package registry', () => registry.close());
			return registry;
		},
		({ packageName, version }) => `${packageName} ${version}`,
	);
}

async function startEmptyN8n(
	{ cleanUp, signal }: Stage,
	installation: N8nInstallation,
	registry: PackageRegistry,
): Promise<N8nServer> {
	return await step(
		`Starting an empty n8n ${installation.version}`,
		async () => {
			const port = await freePort(5678);
			const userFolder = join(projectFolder, '.cache', 'demo', `port-${port}`);
			rmSync(userFolder, { recursive: true, force: true });
			const n8n = await startN8n({ installation, port, userFolder, registry, signal });
			cleanUp.add('n8n', () => n8n.stop());
			return n8n;
		},
		({ url }) => url,
	);
}

async function signIn(n8n: N8nServer): Promise<N8nClient> {
	const client = new N8nClient(n8n.url);
	await step(`Making the account ${defaultOwner.email} in n8n`, () => client.signIn());
	return client;
}

async function installTheNodes(client: N8nClient, registry: PackageRegistry): Promise<void> {
	await step(
		`Installing ${registry.packageName} in n8n (Settings > Community nodes)`,
		() => installThroughN8n(client, registry),
		({ installedNodes }) => installedNodes.map(({ name }) => name).join(', '),
	);
}
