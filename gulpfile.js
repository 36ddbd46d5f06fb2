// Build steps: the sources become the `dist` of each edition (docs/editions.md), which is all that its npm package holds
// (docs/decisions.md#libraries-are-bundled-there-are-no-dependencies).
//   dist/nodes, dist/credentials  one file per source file, as small as the glue to n8n is
//   dist/client                   the client with its libraries, one bundle, loaded on first use; and what it offers
// What is built already from the same files stays, so that commands which need the package can run side by side.
const { copyFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { dest, parallel, series, src } = require('gulp');
const { bundle } = require('./tools/build/bundle.cjs');
const { editions, SOURCE_FOLDERS } = require('./tools/build/editions.cjs');
const { cloudPackageJson } = require('./tools/build/packageJson.cjs');
const { writeSchemas } = require('./tools/build/schemas.cjs');
const { isUpToDate, stamp } = require('./tools/build/stamp.cjs');

function buildOf(edition) {
	let bundled = [];
	const clean = async () => {
		rmSync(edition.stampFile, { force: true });
		rmSync(edition.out, { recursive: true, force: true });
	};
	const bundles = async () => {
		bundled = await bundle(edition);
	};
	/** Icons and codex files lie beside the compiled nodes and credentials. */
	const assets = () =>
		src([...SOURCE_FOLDERS.map((folder) => `${folder}/**/*.{svg,json}`), '!nodes/*/__schema__/**'], {
			base: '.',
			encoding: false,
		}).pipe(dest(edition.out));
	const schemas = async () => writeSchemas(edition);
	const remember = async () => stamp(edition, bundled);
	return { clean, build: series(clean, parallel(bundles, assets), schemas, remember) };
}

async function nothing() {}

/** The rest of the folder that the package of the cloud edition is packed from. */
async function cloudPackage() {
	const { folder } = editions.cloud;
	writeFileSync(join(folder, 'package.json'), cloudPackageJson());
	copyFileSync('LICENSE', join(folder, 'LICENSE'));
}

const full = buildOf(editions.full);
const cloud = buildOf(editions.cloud);

exports.clean = parallel(full.clean, cloud.clean);
exports.build = isUpToDate(editions.full) ? nothing : full.build;
exports.buildCloud = series(cloudPackage, isUpToDate(editions.cloud) ? nothing : cloud.build);
exports.default = exports.build;
