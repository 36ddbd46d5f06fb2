/** The commands that README and docs/sandbox.md show, run as they stand there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { clientFor, closeAllClients, unrestrictedEgress } from '../../client';
import { freePort, N8nClient, packPackage, projectFolder, startN8n } from '../../n8n-host';
import { signalGroup, spawnGuarded } from '../../n8n-host/guardedProcess';

/** @param path in the repository */
const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');

/** The commands of the block of a document that has these words in it. */
function commandsOf(path: string, words: string): string {
	const blocks = [...read(path).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, commands = '']) => commands);
	const [block] = blocks.filter((commands) => commands.includes(words));
	if (block === undefined) throw new Error(`${path} has no commands with "${words}"`);
	return block;
}

interface Manifest {
	n8n: { nodes: string[] };
}

jest.setTimeout(120_000);

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-cognigy-readme-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('install the package from a file, and n8n has its nodes', async () => {
	const tarball = await packPackage();
	copyFileSync(tarball, join(folder, basename(tarball)));
	rmSync(dirname(tarball), { recursive: true });
	const env = { ...process.env, HOME: folder };
	execFileSync('bash', ['-euc', commandsOf('README.md', 'tar -xzf')], { cwd: folder, env });

	const n8n = await startN8n({ userFolder: folder });
	try {
		const client = new N8nClient(n8n.url);
		await client.signIn();
		const { n8n: shipped } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as Manifest;
		const types = await client.nodeTypes('n8n-nodes-cognigy.');
		expect(types.filter((name) => !name.endsWith('Tool'))).toHaveLength(shipped.nodes.length);
	} finally {
		await n8n.stop();
	}
});

it('start the sandbox, and make it fail', async () => {
	const port = String(await freePort());
	const [start = '', fault = ''] = commandsOf('docs/sandbox.md', '/sandbox/faults')
		.replaceAll('4010', port)
		.trim()
		.split('\n');
	const sandbox = spawnGuarded('bash', ['-euc', start], {
		cwd: projectFolder,
		stdio: ['ignore', 'pipe', 'inherit'],
		graceSeconds: 5,
	});
	try {
		await new Promise<void>((resolve, reject) => {
			sandbox.stdout?.on('data', (text: Buffer) => text.includes(`127.0.0.1:${port}`) && resolve());
			sandbox.once('exit', (code) => reject(new Error(`The sandbox ended with ${code}`)));
		});
		execFileSync('bash', ['-euc', `${fault} --fail --silent --show-error`]);

		const client = clientFor({ type: 'cognigyApi', fields: credentialInDocument(port) }, environment());
		const input = { botId: 'order-status', flowId: 'main', userId: 'u', input: '', context: {}, sessionTtlMinutes: 30 };
		const options = { timeoutSeconds: 20, retries: 0, auditInput: 'none' } as const;
		await expect(client.triggerFlow(input, options)).rejects.toMatchObject({ category: 'server', httpStatus: 503 });
		await expect(client.triggerFlow(input, options)).resolves.toMatchObject({ status: 'started' });
	} finally {
		closeAllClients();
		if (sandbox.pid !== undefined) signalGroup(sandbox.pid, 'SIGTERM');
	}
});

const environment = () => ({ egress: unrestrictedEgress, stateFolder: folder, onWarning: () => {} });

function credentialInDocument(port: string): object {
	const words = /Credential for it: Base URL `(.+)`, Tenant ID `(.+)`, user `(.+)`, password `(.+)`\./.exec(
		read('docs/sandbox.md'),
	);
	const [, baseUrl = '', tenantId, username, password] = words ?? [];
	return { baseUrl: baseUrl.replace('4010', port), tenantId, username, password };
}
