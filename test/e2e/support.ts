import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
	installN8n,
	installPackage,
	N8nClient,
	packPackage,
	startN8n,
	type N8nMajor,
	type N8nServer,
	type StoredCredential,
	type WorkflowDefinition,
	type WorkflowNode,
} from '../../n8n-host';
import { startSandbox, type Sandbox } from '../../sandbox';

/** Which n8n to test in; N8N_MAJOR=1 takes the last n8n 1. */
export const n8nMajor: N8nMajor = process.env['N8N_MAJOR'] === '1' ? '1' : '2';

/** A real n8n with this package in it, signed in, beside a sandbox. */
export interface E2e {
	n8n: N8nServer;
	client: N8nClient;
	sandbox: Sandbox;
	/** Everything that n8n wrote to its disk, the database included. */
	filesOfN8n(): string;
	stop(): Promise<void>;
}

export async function startE2e(): Promise<E2e> {
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-cognigy-e2e-'));
	await installPackage(await packPackage(), userFolder);
	const n8n = await startN8n({ userFolder, installation: await installN8n(n8nMajor) });
	const client = new N8nClient(n8n.url);
	await client.signIn();
	const sandbox = await startSandbox();
	return {
		n8n,
		client,
		sandbox,
		filesOfN8n: () => readTree(join(userFolder, '.n8n')) + n8n.log(),
		async stop() {
			await n8n.stop();
			await sandbox.close();
			rmSync(userFolder, { recursive: true, force: true });
		},
	};
}

/** The bytes of all files below a folder, as Latin-1 text, but for installed packages. */
export function readTree(folder: string): string {
	return readdirSync(folder, { withFileTypes: true })
		.filter(({ name }) => name !== 'node_modules')
		.map((entry) => {
			const path = join(folder, entry.name);
			return entry.isDirectory() ? readTree(path) : readFileSync(path, 'latin1');
		})
		.join('\n');
}

/** Manual start → a list of items → the given nodes, one after the other. */
export function manualWorkflow(name: string, items: object[], ...nodes: WorkflowNode[]): WorkflowDefinition {
	const start = { id: 'start', name: 'Start', type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} };
	const list = {
		id: 'items',
		name: 'Items',
		type: 'n8n-nodes-base.code',
		typeVersion: 2,
		parameters: { jsCode: `return ${JSON.stringify(items.map((json) => ({ json })))};` },
	};
	const all = [start, list, ...nodes];
	return {
		name,
		nodes: all.map((node, index) => ({ ...node, position: [index * 200, 0] })),
		connections: Object.fromEntries(
			all
				.slice(1)
				.map((node, index) => [all[index]?.name ?? '', { main: [[{ node: node.name, type: 'main', index: 0 }]] }]),
		),
		settings: { executionOrder: 'v1' },
	} as WorkflowDefinition;
}

/** A node of this package, named "Cognigy". */
export function cognigyNode(
	type: string,
	credential: StoredCredential,
	parameters: Record<string, unknown>,
	more: Record<string, unknown> = {},
): WorkflowNode {
	return {
		id: 'cognigy',
		name: 'Cognigy',
		type: `n8n-nodes-cognigy.${type}`,
		typeVersion: 1,
		position: [0, 0],
		parameters: { authentication: 'cognigyApi', ...parameters },
		credentials: { cognigyApi: { id: credential.id, name: credential.name } },
		...more,
	};
}
