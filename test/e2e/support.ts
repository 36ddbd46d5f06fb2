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
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';

/** Which n8n to test in; N8N_MAJOR=1 takes the last n8n 1. */
export const n8nMajor: N8nMajor = process.env['N8N_MAJOR'] === '1' ? '1' : '2';

/** A real n8n with this package in it, signed in, beside a sandbox. */
export interface E2e {
	/** The n8n that was started last. */
	readonly n8n: N8nServer;
	readonly client: N8nClient;
	readonly sandbox: Sandbox;
	/** Where n8n keeps its files, the database included. */
	readonly n8nFolder: string;
	/** Everything that n8n wrote to its disk, the database included. */
	filesOfN8n(): string;
	/** Starts n8n once more with what it has on its disk, after it has ended. */
	startAgain(): Promise<void>;
	stop(): Promise<void>;
}

export interface E2eOptions {
	sandbox?: SandboxOptions;
	/** Environment variables for n8n. */
	env?: Record<string, string>;
}

export async function startE2e(options: E2eOptions = {}): Promise<E2e> {
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-cognigy-e2e-'));
	await installPackage(await packPackage(), userFolder);
	const installation = await installN8n(n8nMajor);
	const start = async () => {
		const n8n = await startN8n({ userFolder, installation, env: options.env ?? {} });
		const client = new N8nClient(n8n.url);
		await client.signIn();
		return { n8n, client };
	};
	let running = await start();
	const sandbox = await startSandbox(options.sandbox);
	const n8nFolder = join(userFolder, '.n8n');
	return {
		get n8n() {
			return running.n8n;
		},
		get client() {
			return running.client;
		},
		sandbox,
		n8nFolder,
		filesOfN8n: () => readTree(n8nFolder) + readFileSync(running.n8n.logFile, 'utf8'),
		async startAgain() {
			running = await start();
		},
		async stop() {
			await running.n8n.stop();
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

/** A workflow that the messages of sessions start; its only node is named "Cognigy". */
export function streamWorkflow(
	name: string,
	credential: StoredCredential,
	parameters: Record<string, unknown> = {},
): WorkflowDefinition {
	const trigger = cognigyNode('cognigyStreamMessagesTrigger', credential, { follow: 'registry', ...parameters });
	return { name, nodes: [trigger], connections: {}, settings: { executionOrder: 'v1' } };
}
