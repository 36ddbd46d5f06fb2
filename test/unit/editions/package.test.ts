/** The package of the cloud edition, as far as it is part of the repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from '../docs/support';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('editions/cloud/package.json')) as Record<string, unknown>;

it('is made from that of the full edition (npm run build:cloud)', () => {
	const script = "process.stdout.write(require('./tools/build/packageJson.cjs').cloudPackageJson())";
	const made = execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
	expect(read('editions/cloud/package.json')).toBe(made);
});

it('brings no other package and runs nothing', () => {
	expect(Object.keys(manifest)).not.toEqual(
		expect.arrayContaining([expect.stringMatching(/^(dev|optional|bundled?)?dependencies$|^scripts$/i)]),
	);
	expect(manifest).toMatchObject({ license: 'MIT', peerDependencies: { 'n8n-workflow': '*' } });
});

it("has a README in n8n's form", () => {
	const headings = [...read('editions/cloud/README.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
	expect(headings).toEqual(['Installation', 'Operations', 'Credentials', 'Compatibility', 'Usage', 'Resources']);
});

it('has the sources beside it, where the check of n8n looks for them', () => {
	const links = execFileSync('git', ['ls-files', '-s', 'editions/cloud'], { cwd: root, encoding: 'utf8' });
	expect(links).toMatch(/^120000 .*\teditions\/cloud\/credentials$/m);
	expect(links).toMatch(/^120000 .*\teditions\/cloud\/nodes$/m);
});

describe('a release', () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'release-'));
		mkdirSync(join(folder, 'editions/cloud'), { recursive: true });
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const check = (changes: object, tag: string) => {
		for (const path of ['package.json', 'editions/cloud/package.json']) {
			writeFileSync(join(folder, path), JSON.stringify({ name: 'x', version: '1.2.3', ...changes }));
		}
		const args = [join(root, 'tools/release/check.mjs'), tag, 'https://github.com/a/b'];
		const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
		return { status, said: stderr };
	};
	const repository = { type: 'git', url: 'git+https://github.com/a/b.git' };

	it('is made from the repository that package.json names, with a tag of its version', () => {
		expect(check({ repository }, 'v1.2.3')).toEqual({ status: 0, said: '' });
	});

	it('is refused in words while the address of the repository is not known', () => {
		const { status, said } = check({}, 'v1.2.3');
		expect(status).toBe(1);
		expect(said).toContain('package.json has no "repository"');
		expect(said).toContain('docs/releasing.md');
	});

	it.each([
		['another repository', { repository: { url: 'https://github.com/a/c' } }, 'v1.2.3', 'names the repository'],
		['another version', { repository }, 'v1.2.4', 'the tag is v1.2.4'],
	])('is refused from %s', (_what, changes, tag, words) => {
		expect(check(changes, tag)).toMatchObject({ status: 1, said: expect.stringContaining(words) as string });
	});
});
