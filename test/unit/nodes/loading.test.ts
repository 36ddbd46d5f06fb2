import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const root = join(__dirname, '..', '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
	n8n: { nodes: string[]; credentials: string[] };
};
const sources = [...manifest.n8n.nodes, ...manifest.n8n.credentials].map((file) =>
	file.replace(/^dist\//, '').replace(/\.js$/, '.ts'),
);

let inputs: Metafile['inputs'];

beforeAll(async () => {
	const { metafile } = await build({
		entryPoints: sources,
		absWorkingDir: root,
		bundle: true,
		write: false,
		outdir: 'unwritten',
		platform: 'node',
		external: ['n8n-workflow'],
		metafile: true,
	});
	inputs = metafile.inputs;
});

/** What is loaded with a file; what it loads on first use (`import()`) is left out. */
function loadedWith(file: string, known = new Set<string>()): Set<string> {
	known.add(file);
	for (const { path, kind, external } of inputs[file]?.imports ?? []) {
		if (external !== true && kind !== 'dynamic-import' && !known.has(path)) loadedWith(path, known);
	}
	return known;
}

it.each(sources)('%s loads neither the client nor a library before its first use', (source) => {
	const loaded = [...loadedWith(source)];
	const libraries = loaded.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);

	expect(inputs).toHaveProperty([source]);
	expect(loaded.filter((file) => file.startsWith('client/') && !/\/?offers\.ts$/.test(file))).toEqual([]);
	expect(libraries).toEqual([]);
});
