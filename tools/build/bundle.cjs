const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join, relative, sep } = require('node:path');
const { build } = require('esbuild');
const { withoutDocComments } = require('./docComments.cjs');
const { CLIENT_ENTRIES, SOURCE_FOLDERS } = require('./editions.cjs');

/**
 * Makes one file per source file of nodes and credentials, and one bundle of the client with its libraries.
 * @returns the files that the bundles are made of, those of libraries too
 */
exports.bundle = async function bundle({ name, out }) {
	const { metafile, outputFiles } = await build({
		entryPoints: [...SOURCE_FOLDERS.flatMap(sources), ...CLIENT_ENTRIES],
		outdir: out,
		outbase: '.',
		bundle: true,
		platform: 'node',
		format: 'cjs',
		// The oldest Node that a supported n8n runs on.
		target: 'node20',
		external: ['n8n-workflow'],
		plugins: [keepOwnImports, noDebugLog, ofEdition(name)],
		// `import()` becomes a lazy `require`, which finds n8n's own modules the way n8n intends.
		supported: { 'dynamic-import': false },
		minifySyntax: true,
		legalComments: 'none',
		metafile: true,
		write: false,
		logLevel: 'warning',
	});
	for (const { path, text } of outputFiles) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, withoutDocComments(text));
	}
	const bundled = Object.keys(metafile.inputs);
	writeLicenses(bundled, out);
	return bundled;
};

function sources(folder) {
	return readdirSync(folder, { recursive: true })
		.map((file) => join(folder, file))
		.filter((file) => file.endsWith('.ts'));
}

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
	return SOURCE_FOLDERS.includes(relative(process.cwd(), file).split(sep)[0]);
}

/** The sources import the full edition; another one takes its place, folder for folder. */
function ofEdition(name) {
	return {
		name: 'of-edition',
		setup({ onResolve, resolve }) {
			if (name === 'full') return;
			onResolve({ filter: /\/editions\/full(\/|$)/ }, ({ path, resolveDir, kind }) =>
				resolve(path.replace('/editions/full', `/editions/${name}`), { resolveDir, kind }),
			);
		},
	};
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

/** The licences of the bundled libraries ask to travel with their code. */
function writeLicenses(inputs, out) {
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
	writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
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
