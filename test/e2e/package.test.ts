import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { packPackage, projectFolder } from '../../n8n-host';
import { startCognigyAiSandbox } from '../../sandbox';

const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as Record<string, object>;
const n8nSection = manifest['n8n'] as { nodes: string[]; credentials: string[] };

let files: string[];

beforeAll(async () => {
	const tarball = await packPackage();
	files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
		.trim()
		.split('\n')
		.map((file) => file.replace(/^package\//, ''))
		.sort();
	rmSync(dirname(tarball), { recursive: true });
});

it('the package holds only what n8n needs', () => {
	const unexpected = files.filter(
		(file) =>
			!/^(package\.json|README\.md|LICENSE)$/.test(file) &&
			!/^dist\/(nodes|credentials)\/.*\.(js|json|svg)$/.test(file) &&
			!/^dist\/(client\/(index|offers)\.js|THIRD-PARTY-LICENSES\.txt)$/.test(file),
	);
	expect(unexpected).toEqual([]);
});

it('the package holds each file that its package.json names, and the icons and codex files beside them', () => {
	const loaded = [...n8nSection.nodes, ...n8nSection.credentials];
	expect(loaded).toHaveLength(9);
	const beside = loaded.flatMap((file) => {
		const folder = dirname(file);
		const name = basename(file).replace(/\.(node|credentials)\.js$/, '');
		const icon = `${folder}/${name.charAt(0).toLowerCase()}${name.slice(1)}`;
		return [`${icon}.svg`, `${icon}.dark.svg`, ...(file.endsWith('.node.js') ? [file.replace(/\.js$/, '.json')] : [])];
	});
	const others = ['LICENSE', 'README.md', 'dist/THIRD-PARTY-LICENSES.txt', 'dist/client/index.js'];
	expect(files).toEqual(expect.arrayContaining([...others, ...loaded, ...beside]));
});

it('the package holds the output schemas of the action nodes, where n8n looks for them', () => {
	const schemas = files.filter((file) => file.includes('__schema__'));
	expect(schemas.map((file) => file.replace('dist/nodes/', '').replace('__schema__/', ''))).toEqual([
		'CognigyConversation/v1.0.0/contactProfile/create.json',
		'CognigyConversation/v1.0.0/contactProfile/delete.json',
		'CognigyConversation/v1.0.0/contactProfile/findByContact.json',
		'CognigyConversation/v1.0.0/contactProfile/get.json',
		'CognigyConversation/v1.0.0/contactProfile/update.json',
		'CognigyConversation/v1.0.0/conversation/getAll.json',
		'CognigyConversation/v1.0.0/conversation/getTranscript.json',
		'CognigyConversation/v1.0.0/conversation/injectContext.json',
		'CognigyRelease/v1.0.0/createSnapshot.json',
		'CognigyRelease/v1.0.0/deleteSnapshot.json',
		'CognigyRelease/v1.0.0/deploySnapshot.json',
		'CognigyRelease/v1.0.0/exportPackage.json',
		'CognigyRelease/v1.0.0/getStatus.json',
		'CognigyRelease/v1.0.0/rollBack.json',
		'CognigyResetSession/v1.0.0/expired.json',
		'CognigyResetSession/v1.0.0/session.json',
		'CognigyTriggerFlow/v1.0.0.json',
		'CognigyTriggerFlow/v1.0.0/output.json',
		'CognigyValidateVersion/v1.0.0.json',
		'CognigyValidateVersion/v1.0.0/output.json',
	]);
});

it('the package needs no other package but n8n-workflow, which n8n brings', () => {
	expect(manifest['dependencies']).toBeUndefined();
	expect(manifest['peerDependencies']).toEqual({ 'n8n-workflow': '*' });
	expect(Object.keys(manifest['scripts'] ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
});

it("n8n's start does not load the client, nor any library in it", () => {
	const program = `
		for (const file of ${JSON.stringify([...n8nSection.nodes, ...n8nSection.credentials])})
			for (const Type of Object.values(require('./' + file))) new Type();
		console.log(Object.keys(require.cache).filter((file) => file.includes('client')).join());
	`;
	const loaded = execFileSync(process.execPath, ['-e', program], { cwd: projectFolder, encoding: 'utf8' });
	// What descriptions ask of the edition, a few lines.
	const offers = join(projectFolder, 'dist', 'client', 'offers.js');
	expect(loaded.trim()).toBe(offers);
	expect(statSync(offers).size).toBeLessThan(2_000);
});

it('the package tells nothing of the machine that built it', () => {
	expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
	for (const file of files.filter((name) => name.endsWith('.js'))) {
		const code = readFileSync(join(projectFolder, file), 'utf8');
		expect([file, code.includes('sourceMappingURL')]).toEqual([file, false]);
		for (const folder of [projectFolder, homedir()]) expect([file, code.includes(`${folder}/`)]).toEqual([file, false]);
	}
});

it('DEBUG=* makes no library in it print what it sends', async () => {
	const sandbox = await startCognigyAiSandbox();
	const { apiUrl: apiBaseUrl, apiKey, projectId } = sandbox;
	const fields = { apiBaseUrl, apiKey, projectId };
	const messages = [
		{ channel: 'rest', endpoint: sandbox.endpoint('Orders REST').url },
		{ channel: 'socketio', endpoint: sandbox.endpoint('Orders Socket').url },
	].map((message) => ({ ...message, userId: 'u', sessionId: 's', text: 'Hello.', sessionTtlMinutes: 30 }));
	const program = `
		const { clientFor, closeAllClients, unrestrictedEgress } = require('./dist/client');
		const folder = require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/cognigy-debug-');
		const environment = { egress: unrestrictedEgress, stateFolder: folder, onWarning: () => {} };
		const client = clientFor({ type: 'cognigyAiApi', fields: ${JSON.stringify(fields)} }, environment);
		const options = { timeoutSeconds: 20, retries: 0, auditInput: 'none' };
		const all = ${JSON.stringify(messages)}.map((message) => client.triggerFlow(message, options));
		Promise.all(all).then(() => console.log('sent')).finally(() => {
			closeAllClients();
			require('node:fs').rmSync(folder, { recursive: true });
		});
	`;
	const env = { ...process.env, DEBUG: '*', NODE_DEBUG: '', NODE_OPTIONS: '' };
	try {
		const run = await promisify(execFile)(process.execPath, ['-e', program], { cwd: projectFolder, env });
		expect(run).toEqual({ stdout: 'sent\n', stderr: '' });
	} finally {
		await sandbox.close();
	}
});
