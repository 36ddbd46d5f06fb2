// Build steps: the sources become `dist`, which is all that the npm package holds
// (docs/decisions.md#libraries-are-bundled-there-are-no-dependencies).
//   dist/nodes, dist/credentials  one file per source file, as small as the glue to n8n is
//   dist/client                   the client with its libraries, one bundle, loaded on first use
// What is built already from the same files stays, so that commands which need the package can run side by side.
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync, rmSync } = require('node:fs');
const { dirname, join, relative, sep } = require('node:path');
const { build } = require('esbuild');
const { dest, parallel, series, src } = require('gulp');

const OUT = 'dist';
const SOURCE_FOLDERS = ['nodes', 'credentials'];
const CLIENT = 'client/index.ts';
/** What `dist` was built from, and the hash of that and of all that was built. */
const STAMP = join('.cache', 'build.json');

/** Imports of our own files stay imports, so that module state (the client's connections) exists once per process. */
const keepOwnImports = {
	name: 'keep-own-imports',
	setup({ onResolve }) {
		onResolve({ filter: /^\./ }, ({ path, importer, resolveDir, kind }) => {
			if (kind === 'entry-point' || !isOwnGlue(importer)) return undefined;
			const target = join(resolveDir, path);
			const file = existsSync(`${target}.ts`) ? path : `${path}/index`;
			return { path: `${file}.js`, external: true };
		});
	},
};

function isOwnGlue(file) {
	return SOURCE_FOLDERS.includes(relative(__dirname, file).split(sep)[0]);
}

function sources(folder) {
	return readdirSync(folder, { recursive: true })
		.map((file) => join(folder, file))
		.filter((file) => file.endsWith('.ts'));
}

async function clean() {
	rmSync(STAMP, { force: true });
	rmSync(OUT, { recursive: true, force: true });
}

/** Files that the bundles were made of, those of libraries too. */
let bundled = [];

function filesIn(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name));
}

/** @param inputs files that are no sources of ours */
function hashOf(inputs) {
	const settings = ['gulpfile.js', 'package.json', 'package-lock.json', 'tsconfig.json'];
	const folders = [...SOURCE_FOLDERS, dirname(CLIENT), OUT];
	const hash = createHash('sha256');
	for (const file of new Set([...settings, ...folders.flatMap(filesIn).sort(), ...inputs])) {
		const content = existsSync(file) ? readFileSync(file) : '';
		hash.update(`${file} ${content.length}\n`).update(content);
	}
	return hash.digest('hex');
}

function isUpToDate() {
	if (!existsSync(STAMP)) return false;
	const { inputs, hash } = JSON.parse(readFileSync(STAMP, 'utf8'));
	return hash === hashOf(inputs);
}

async function stamp() {
	const inputs = bundled.filter((file) => file.startsWith('node_modules/'));
	mkdirSync(dirname(STAMP), { recursive: true });
	writeFileSync(STAMP, JSON.stringify({ inputs, hash: hashOf(inputs) }));
}

/** `DEBUG=*` in the environment of n8n must not make libraries print what they send: there are tokens in it. */
const noDebugLog = {
	name: 'no-debug-log',
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'no-debug-log' }));
		onLoad({ filter: /.*/, namespace: 'no-debug-log' }, () => ({
			contents: 'module.exports = () => Object.assign(() => {}, { enabled: false });',
		}));
	},
};

async function bundle() {
	const { metafile } = await build({
		entryPoints: [...SOURCE_FOLDERS.flatMap(sources), CLIENT],
		outdir: OUT,
		outbase: '.',
		bundle: true,
		platform: 'node',
		format: 'cjs',
		// The oldest Node that a supported n8n runs on.
		target: 'node20',
		external: ['n8n-workflow'],
		plugins: [keepOwnImports, noDebugLog],
		// `import()` becomes a lazy `require`, which finds n8n's own modules the way n8n intends.
		supported: { 'dynamic-import': false },
		minifySyntax: true,
		legalComments: 'none',
		metafile: true,
		logLevel: 'warning',
	});
	bundled = Object.keys(metafile.inputs);
	writeLicenses(bundled);
}

/** The licences of the bundled libraries ask to travel with their code. */
function writeLicenses(inputs) {
	const folders = new Set(inputs.filter((file) => file.startsWith('node_modules/')).map(packageFolder));
	const texts = [...folders].sort().map((folder) => {
		const {
			name,
			version,
			licenses,
			license = licenses?.[0]?.type,
		} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
		const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
		const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
		return `${name} ${version} (${license})\n\n${text}\n`;
	});
	writeFileSync(join(OUT, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

function packageFolder(file) {
	let folder = dirname(file);
	while (!isPackage(folder)) folder = dirname(folder);
	return folder;
}

/** Some packages hold further package.json files, which only say how a part of them is to be loaded. */
function isPackage(folder) {
	return /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/.test(folder);
}

/** Icons and codex files lie beside the compiled nodes and credentials. */
function assets() {
	return src([...SOURCE_FOLDERS.map((folder) => `${folder}/**/*.{svg,json}`), '!nodes/*/__schema__/**'], {
		base: '.',
		encoding: false,
	}).pipe(dest(OUT));
}

/** What a node puts out, where n8n's editor looks for it: users map fields before the first run. */
async function schemas() {
	for (const node of readdirSync('nodes')) {
		const source = join('nodes', node, '__schema__', 'output.json');
		if (!existsSync(source)) continue;
		const { version, properties } = descriptionOf(node);
		const base = join(OUT, 'nodes', node, '__schema__', `v${version}.0.0`);
		const operations = properties.find(({ name }) => name === 'operation')?.options;
		// n8n's server looks for the second as well.
		const files = operations?.map(({ value }) => join(base, value)) ?? [base, join(base, 'output')];
		mkdirSync(base, { recursive: true });
		for (const file of files) writeFileSync(`${file}.json`, JSON.stringify(schemaIn(source)));
	}
}

function descriptionOf(node) {
	const Type = require(join(__dirname, OUT, 'nodes', node, `${node}.node.js`))[node];
	return new Type().description;
}

/** n8n follows no references: what several nodes put out takes their place. */
function schemaIn(file) {
	return JSON.parse(readFileSync(file, 'utf8'), (_key, value) =>
		value?.$ref ? schemaIn(join('nodes', 'shared', '__schema__', value.$ref)) : value,
	);
}

exports.clean = clean;
async function nothing() {}

exports.build = isUpToDate() ? nothing : series(clean, parallel(bundle, assets), schemas, stamp);
exports.default = exports.build;
