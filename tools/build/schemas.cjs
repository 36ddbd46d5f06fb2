const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

/** What a node puts out, where n8n's editor looks for it: users map fields before the first run. */
exports.writeSchemas = function writeSchemas({ out }) {
	for (const node of readdirSync('nodes')) {
		const folder = join('nodes', node, '__schema__');
		if (node === 'shared' || !existsSync(folder)) continue;
		const { version, properties } = descriptionOf(node, out);
		const source = join(folder, 'output.json');
		if (!existsSync(source)) {
			writeByOperation(folder, join(out, folder, `v${version}.0.0`));
			continue;
		}
		const base = join(out, 'nodes', node, '__schema__', `v${version}.0.0`);
		const operations = properties.find(({ name }) => name === 'operation')?.options;
		// n8n's server looks for the second as well.
		const files = operations?.map(({ value }) => join(base, value)) ?? [base, join(base, 'output')];
		mkdirSync(base, { recursive: true });
		for (const file of files) writeFileSync(`${file}.json`, JSON.stringify(schemaIn(source)));
	}
};

/** A schema for each operation; of a node with resources, in the folder of its resource. */
function writeByOperation(folder, base) {
	mkdirSync(base, { recursive: true });
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const { name } = entry;
		if (entry.isDirectory()) writeByOperation(join(folder, name), join(base, name));
		else writeFileSync(join(base, name), JSON.stringify(schemaIn(join(folder, name))));
	}
}

function descriptionOf(node, out) {
	const Type = require(resolve(out, 'nodes', node, `${node}.node.js`))[node];
	return new Type().description;
}

/** n8n follows no references: what several nodes put out takes their place. */
function schemaIn(file) {
	return JSON.parse(readFileSync(file, 'utf8'), (_key, value) =>
		value?.$ref ? schemaIn(join('nodes', 'shared', '__schema__', value.$ref)) : value,
	);
}
