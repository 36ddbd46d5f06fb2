import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { newestEngine, pinnedEngines } from '../../engines/engines';
import subset from '../../engines/subset.json';

const root = join(__dirname, '..', '..', '..');
const json = <T>(...path: string[]) => JSON.parse(readFileSync(join(root, ...path), 'utf8')) as T;

interface Manifest {
	devDependencies: Record<string, string>;
	n8n: { nodes: string[] };
}
const manifest = json<Manifest>('package.json');

/** All promises to users. */
const GUARANTEES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe('the tests that run on each engine', () => {
	const files = Object.entries<{ nodes: string[]; guarantees: number[] }>(subset);

	it.each(manifest.n8n.nodes.map((file) => file.split('/').at(-2) ?? ''))('run %s', (node) => {
		expect(files.filter(([, { nodes }]) => nodes.includes(node))).not.toEqual([]);
	});

	it.each(GUARANTEES)('look at guarantee %i', (guarantee) => {
		expect(files.filter(([, { guarantees }]) => guarantees.includes(guarantee))).not.toEqual([]);
	});

	it.each(files)('%s is there, and is about what it is said to be', (name, { nodes }) => {
		const file = join(root, 'test', 'integration', `${name}.test.ts`);
		expect(existsSync(file)).toBe(true);
		const known = manifest.n8n.nodes.map((path) => path.split('/').at(-2));
		expect(nodes.filter((node) => !known.includes(node))).toEqual([]);
	});
});

describe('the engines', () => {
	it('are those that we name, from the oldest on', () => {
		expect(pinnedEngines).toEqual(['1.122.0', '1.122.48', '2.0.0', '2.15.0', '2.25.0', '2.35.0']);
		expect(newestEngine).toBe(manifest.devDependencies['n8n-core']);
	});

	it.each(pinnedEngines)('%s is pinned, with the n8n-workflow that it asks for', (version) => {
		const { dependencies } = json<{ dependencies: Record<string, string> }>('test', 'engines', version, 'package.json');
		const { packages } = json<{
			packages: Record<string, { version?: string; dependencies?: Record<string, string> }>;
		}>('test', 'engines', version, 'package-lock.json');
		const core = packages['node_modules/n8n-core'];

		expect(core?.version).toBe(version);
		expect(packages['']?.dependencies).toEqual(dependencies);
		expect(dependencies).toEqual({
			'n8n-core': version,
			'n8n-workflow': core?.dependencies?.['n8n-workflow'],
		});
	});

	it('are run by the checks of every change', () => {
		const run = readFileSync(join(root, '.ci', 'run'), 'utf8');
		expect(run).toMatch(/^engines$/m);
		expect(run).toContain('tests npm run test:engines -- "$version"');
	});

	it('begin with the one whose types the nodes compile against', () => {
		const { dependencies } = json<{ dependencies: Record<string, string> }>(
			...['test', 'engines', pinnedEngines[0] ?? '', 'package.json'],
		);
		expect(manifest.devDependencies['n8n-workflow-oldest']).toBe(`npm:n8n-workflow@${dependencies['n8n-workflow']}`);
	});
});
