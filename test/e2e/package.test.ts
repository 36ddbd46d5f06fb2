import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packPackage, projectFolder } from '../../n8n-host';

let files: string[];

beforeAll(async () => {
	files = execFileSync('tar', ['-tzf', await packPackage()], { encoding: 'utf8' })
		.trim()
		.split('\n')
		.map((file) => file.replace(/^package\//, ''))
		.sort();
});

it('the package holds only what n8n needs', () => {
	const unexpected = files.filter(
		(file) =>
			!/^(package\.json|README\.md|LICENSE)$/.test(file) &&
			!/^dist\/(nodes|credentials)\/.*\.(js|json|svg)$/.test(file) &&
			!/^dist\/(client\/index\.js|THIRD-PARTY-LICENSES\.txt)$/.test(file),
	);
	expect(unexpected).toEqual([]);
});

it('the package holds each file that its package.json names, and the icons and codex files beside the nodes', () => {
	expect(files).toEqual(
		expect.arrayContaining([
			'LICENSE',
			'README.md',
			'dist/THIRD-PARTY-LICENSES.txt',
			'dist/client/index.js',
			'dist/credentials/CognigyApi.credentials.js',
			'dist/credentials/cognigyApi.dark.svg',
			'dist/credentials/cognigyApi.svg',
			'dist/nodes/CognigyResetSession/CognigyResetSession.node.js',
			'dist/nodes/CognigyResetSession/CognigyResetSession.node.json',
			'dist/nodes/CognigyResetSession/cognigyResetSession.dark.svg',
			'dist/nodes/CognigyResetSession/cognigyResetSession.svg',
			'dist/nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node.js',
			'dist/nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node.json',
			'dist/nodes/CognigyStreamMessagesTrigger/cognigyStreamMessagesTrigger.dark.svg',
			'dist/nodes/CognigyStreamMessagesTrigger/cognigyStreamMessagesTrigger.svg',
			'dist/nodes/CognigyTriggerFlow/CognigyTriggerFlow.node.js',
			'dist/nodes/CognigyTriggerFlow/CognigyTriggerFlow.node.json',
			'dist/nodes/CognigyTriggerFlow/cognigyTriggerFlow.dark.svg',
			'dist/nodes/CognigyTriggerFlow/cognigyTriggerFlow.svg',
			'dist/nodes/CognigyValidateVersion/CognigyValidateVersion.node.js',
			'dist/nodes/CognigyValidateVersion/CognigyValidateVersion.node.json',
			'dist/nodes/CognigyValidateVersion/cognigyValidateVersion.dark.svg',
			'dist/nodes/CognigyValidateVersion/cognigyValidateVersion.svg',
		]),
	);
});

it('the package needs no other package but n8n-workflow, which n8n brings', () => {
	const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as Record<string, object>;
	expect(manifest['dependencies']).toBeUndefined();
	expect(manifest['peerDependencies']).toEqual({ 'n8n-workflow': '*' });
	expect(Object.keys(manifest['scripts'] ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
});

it("n8n's start does not load the client, nor any library in it", () => {
	const program = `
		for (const file of ['nodes/CognigyResetSession/CognigyResetSession.node', 'nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node', 'nodes/CognigyTriggerFlow/CognigyTriggerFlow.node', 'nodes/CognigyValidateVersion/CognigyValidateVersion.node', 'credentials/CognigyApi.credentials'])
			for (const Type of Object.values(require('./dist/' + file + '.js'))) new Type();
		console.log(Object.keys(require.cache).filter((file) => file.includes('client')).join());
	`;
	const loaded = execFileSync(process.execPath, ['-e', program], { cwd: projectFolder, encoding: 'utf8' });
	expect(loaded.trim()).toBe('');
});
