import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
	resolved?: string;
	integrity?: string;
	link?: boolean;
	optional?: boolean;
	os?: string[];
}

const projectFolder = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(projectFolder, ...path), 'utf8');

const locks = [
	'package-lock.json',
	...['n8n-host', join('test', 'engines')].flatMap((folder) =>
		readdirSync(join(projectFolder, folder)).map((name) => join(folder, name, 'package-lock.json')),
	),
].filter((lock) => existsSync(join(projectFolder, lock)));

describe.each(locks)('%s', (lock) => {
	const { packages } = JSON.parse(read(lock)) as { packages: Record<string, LockedPackage> };
	const installed = Object.entries(packages).filter(([name]) => name !== '');

	it('tells the hash of every package, and from nowhere of its own to get it', () => {
		expect(installed.length).toBeGreaterThan(100);
		for (const [name, { resolved, integrity, link, optional, os }] of installed) {
			// Some versions of npm leave out the hash of what is for other machines.
			const isForOthers = optional === true && os !== undefined && integrity === undefined;
			if (!isForOthers) expect([name, integrity]).toEqual([name, expect.stringMatching(/^sha(512|384)-[\w+/]+=*$/)]);
			expect([name, resolved, link]).toEqual([name, undefined, undefined]);
		}
	});
});

it('nothing of a package runs when it is installed', () => {
	expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
	const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
	const onInstall = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
	expect(Object.keys(scripts).filter((name) => onInstall.includes(name))).toEqual([]);
});

describe.each(readdirSync(join(projectFolder, '.github', 'workflows')))('the workflow %s', (name) => {
	const workflow = read('.github', 'workflows', name);

	it('takes actions by the hash of what they are', () => {
		const used = [...workflow.matchAll(/^\s*(?:- )?uses:\s*(\S+)/gm)].map(([, action]) => action);
		expect(used.length).toBeGreaterThan(0);
		for (const action of used) expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
	});

	it('may only read, but for what a job is given by name', () => {
		expect(workflow).toMatch(/^permissions:\n {2}contents: read\n/m);
		expect(workflow).not.toMatch(/write-all|pull_request_target/);
	});

	it('runs no text that a stranger chose', () => {
		const expressions = [...workflow.matchAll(/\$\{\{(.*?)\}\}/g)].map(([, inner = '']) => inner);
		for (const inner of expressions) expect(inner).not.toMatch(/github\.(event|head_ref)/);
	});
});

it('the checks look for known weaknesses of what is shipped', () => {
	expect(read('.ci', 'run')).toMatch(/^step npm audit --omit=dev/m);
});
