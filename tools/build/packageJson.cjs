const { readFileSync } = require('node:fs');

/**
 * The package.json of the cloud edition, made from that of the full one. Without devDependencies: n8n's check allows
 * imports of those, and nothing that ships may rely on that.
 */
exports.cloudPackageJson = function cloudPackageJson() {
	const full = JSON.parse(readFileSync('package.json', 'utf8'));
	const same = (...names) => Object.fromEntries(names.map((name) => [name, full[name]]));
	const made = {
		name: 'n8n-nodes-cognigy-cloud',
		...same('version'),
		description: `${full.description} (edition for n8n Cloud and for n8n servers that load verified packages only)`,
		...same('keywords', 'license'),
		homepage: `${full.homepage}-cloud`,
		...same('author', 'repository', 'engines', 'files', 'n8n', 'peerDependencies'),
	};
	return `${JSON.stringify(made, undefined, 2)}\n`;
};
