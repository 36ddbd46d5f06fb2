const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { CLIENT_FOLDER, SOURCE_FOLDERS } = require('./editions.cjs');

const SETTINGS = ['gulpfile.js', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** Whether all is built already, from the very same files. */
exports.isUpToDate = function isUpToDate({ out, stampFile }) {
	if (!existsSync(stampFile)) return false;
	const { inputs, hash } = JSON.parse(readFileSync(stampFile, 'utf8'));
	return hash === hashOf(inputs, out);
};

/** Remembers what was built from what. @param bundled files that the bundles are made of */
exports.stamp = function stamp({ out, stampFile }, bundled) {
	const inputs = bundled.filter((file) => file.startsWith('node_modules/'));
	mkdirSync(dirname(stampFile), { recursive: true });
	writeFileSync(stampFile, JSON.stringify({ inputs, hash: hashOf(inputs, out) }));
};

/** @param inputs files that are no sources of ours */
function hashOf(inputs, out) {
	const folders = [...SOURCE_FOLDERS, CLIENT_FOLDER, join('tools', 'build'), out];
	const hash = createHash('sha256');
	for (const file of new Set([...SETTINGS, ...folders.flatMap(filesIn).sort(), ...inputs])) {
		const content = existsSync(file) ? readFileSync(file) : '';
		hash.update(`${file} ${content.length}\n`).update(content);
	}
	return hash.digest('hex');
}

function filesIn(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name));
}
