import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	installN8n,
	installPackage,
	installThroughN8n,
	N8nClient,
	nodeOutput,
	startN8n,
	startPackageRegistry,
	type EndedExecution,
	type N8nMajor,
	type N8nServer,
	type StoredCredential,
	type StoredWorkflow,
	type WorkflowDefinition,
	type WorkflowNode,
} from '../../n8n-host';
import {
	startCognigyAiSandbox,
	startSandbox,
	type CognigyAiSandbox,
	type CognigyAiSandboxOptions,
	type Sandbox,
	type SandboxOptions,
} from '../../sandbox';

/** Which n8n to test in; N8N_MAJOR=1 takes the last n8n 1. */
export const n8nMajor: N8nMajor = process.env['N8N_MAJOR'] === '1' ? '1' : '2';

/** Environment variables with the paths of the packed packages. */
const PACKED_PACKAGES = { full: 'COGNIGY_TESTS_PACKAGE', cloud: 'COGNIGY_TESTS_CLOUD_PACKAGE' } as const;

/** The packed package of an edition. */
export function packedEdition(edition: keyof typeof PACKED_PACKAGES): string {
	const tarball = process.env[PACKED_PACKAGES[edition]];
	if (!tarball) throw new Error('globalSetup.cjs has not packed the packages.');
	return tarball;
}

/** Puts this package where an n8n will find it that is started with this user folder. */
export async function installThisPackage(userFolder: string): Promise<void> {
	await installPackage(packedEdition('full'), userFolder);
}

/** A real n8n with this package in it, signed in, beside a sandbox. */
export interface E2e<AnySandbox = Sandbox> {
	/** The n8n that was started last. */
	readonly n8n: N8nServer;
	readonly client: N8nClient;
	readonly sandbox: AnySandbox;
	/** Where n8n keeps its files, the database included. */
	readonly n8nFolder: string;
	/** Runs a workflow of `manualWorkflow` until it has ended, well or badly. */
	run(workflow: WorkflowDefinition): Promise<EndedExecution>;
	/** What all n8n servers that were started here have logged. */
	wholeLog(): string;
	/** Everything that n8n wrote to its disk, the database included. */
	filesOfN8n(): string;
	/** Starts n8n once more with what it has on its disk, and with the same address, after it has ended. */
	startAgain(): Promise<void>;
	stop(): Promise<void>;
}

export interface E2eOptions<Options = SandboxOptions> {
	sandbox?: Options;
	/** Whether n8n has its editor, whose node types it lists too. Default: false. */
	editor?: boolean;
	/** Environment variables for n8n. */
	env?: Record<string, string>;
	/** Takes the cloud edition, as users do: through n8n's own installer, which needs the editor. */
	cloudEdition?: boolean;
}

/** With the sandbox of Cognigy v1. */
export async function startE2e({ sandbox, ...n8n }: E2eOptions = {}): Promise<E2e> {
	return await startBeside(() => startSandbox(sandbox), n8n);
}

/** With the sandbox of Cognigy.AI. */
export async function startCognigyAiE2e({ sandbox, ...n8n }: E2eOptions<CognigyAiSandboxOptions> = {}): Promise<
	E2e<CognigyAiSandbox>
> {
	return await startBeside(() => startCognigyAiSandbox(sandbox), n8n);
}

async function startBeside<AnySandbox extends { close(): Promise<void> }>(
	openSandbox: () => Promise<AnySandbox>,
	{ editor = false, env = {}, cloudEdition = false }: Omit<E2eOptions, 'sandbox'>,
): Promise<E2e<AnySandbox>> {
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-cognigy-e2e-'));
	const registry = cloudEdition ? await startPackageRegistry(packedEdition('cloud')) : undefined;
	if (!registry) await installThisPackage(userFolder);
	const installation = await installN8n(n8nMajor);
	const start = async (port?: number) => {
		const options = { ...(port === undefined ? {} : { port }), ...(registry ? { registry } : {}) };
		const n8n = await startN8n({ userFolder, installation, editor, env, ...options });
		const client = new N8nClient(n8n.url);
		await client.signIn();
		return { n8n, client };
	};
	let running = await start();
	if (registry) await installThroughN8n(running.client, registry);
	const sandbox = await openSandbox();
	const n8nFolder = join(userFolder, '.n8n');
	const wholeLog = () => readFileSync(running.n8n.logFile, 'utf8');
	return {
		get n8n() {
			return running.n8n;
		},
		get client() {
			return running.client;
		},
		sandbox,
		n8nFolder,
		async run(workflow) {
			const { client } = running;
			const stored = await client.createWorkflow(workflow);
			return await client.waitForExecution(await client.runWorkflow(stored, 'Start'));
		},
		wholeLog,
		filesOfN8n: () => readTree(n8nFolder) + wholeLog(),
		async startAgain() {
			running = await start(running.n8n.port);
		},
		async stop() {
			await running.n8n.stop();
			await sandbox.close();
			await registry?.close();
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
	};
}

/**
 * How n8n ends when all is closed: a thread of its expression engine (isolated-vm) crashes now and then at the very end. An
 * n8n that has to be killed, or ends by its own time limit, has SIGKILL or 1.
 */
export const PEACEFUL_ENDS = [0, 'SIGSEGV', 'SIGABRT'];

/** How long n8n may take to serve the webhook of a workflow that was just published, in ms. */
const SERVED_WITHIN_MS = 30_000;

/** Posts to a webhook of n8n, again until n8n serves it. @param body missing: none @returns the status of the answer */
export async function postOnceServed(url: string, body?: object): Promise<number> {
	const giveUpAt = Date.now() + SERVED_WITHIN_MS;
	const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
	for (;;) {
		const { status } = await fetch(url, { method: 'POST', ...(body && json) });
		if (status !== 404) return status;
		if (Date.now() > giveUpAt) throw new Error(`n8n does not serve ${url}.`);
		await sleep(100); // nothing has run
	}
}

/** n8n 1 runs error workflows as they are, and cannot activate one that has no other trigger. */
export async function publishErrorWorkflow(client: N8nClient, workflow: WorkflowDefinition): Promise<StoredWorkflow> {
	const stored = await client.createWorkflow(workflow);
	return n8nMajor === '2' ? await client.activateWorkflow(stored) : stored;
}

/** A node of this package, named "Cognigy", on the Cognigy that its credential is for. */
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
		parameters: { authentication: credential.type, ...parameters },
		credentials: usedBy(credential),
		...more,
	};
}

/** How a node names the credentials that it uses. */
export function usedBy(...credentials: StoredCredential[]): NonNullable<WorkflowNode['credentials']> {
	return Object.fromEntries(credentials.map(({ type, id, name }) => [type, { id, name }]));
}

/** A workflow of one trigger node. */
export function triggerWorkflow(name: string, trigger: WorkflowNode): WorkflowDefinition {
	return { name, nodes: [trigger], connections: {}, settings: { executionOrder: 'v1' } };
}

/** A workflow that the messages of sessions start; its only node is named "Cognigy". */
export function streamWorkflow(
	name: string,
	credential: StoredCredential,
	parameters: Record<string, unknown> = {},
): WorkflowDefinition {
	return triggerWorkflow(
		name,
		cognigyNode('cognigyStreamMessagesTrigger', credential, { follow: 'registry', ...parameters }),
	);
}

/** The `json` of the items of one execution. */
export type EmittedItems = Array<Record<string, unknown>>;

/** How long a busy n8n may take for what a trigger has started, in ms. */
const EMITTED_WITHIN_MS = 110_000;

/**
 * Waits for executions that a trigger, a node named "Cognigy", has started.
 * @param isEnough looks at the items of all its executions that have ended, the oldest first
 * @returns those
 */
export async function emittedUntil(
	client: N8nClient,
	workflow: StoredWorkflow,
	isEnough: (executions: EmittedItems[]) => boolean,
): Promise<EmittedItems[]> {
	const giveUpAt = Date.now() + EMITTED_WITHIN_MS;
	// Read once each: to read all of them again and again keeps n8n from its work.
	const known = new Map<string, EmittedItems>();
	const itemsOf = async (id: string) => {
		const ended = await client.waitForExecution(id, { timeoutMs: EMITTED_WITHIN_MS });
		return nodeOutput(ended, 'Cognigy');
	};
	for (;;) {
		const ids = (await client.executions(workflow)).map(({ id }) => id).reverse();
		for (const id of ids) known.set(id, known.get(id) ?? (await itemsOf(id)));
		const items = ids.map((id) => known.get(id) ?? []);
		if (isEnough(items)) return items;
		if (Date.now() > giveUpAt) throw new Error(`It was not enough: ${JSON.stringify(items, null, 2)}`);
		await sleep(100);
	}
}
