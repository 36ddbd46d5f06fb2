import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const node = `exports.Smallest = class {
	description = {
		displayName: 'Smallest',
		name: 'smallest',
		group: ['transform'],
		version: 1,
		description: 'Does nothing',
		defaults: { name: 'Smallest' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	};
	async execute() {
		return [this.getInputData()];
	}
};
`;

/** A package that could not be smaller: what loading it takes, every package takes. */
export function makeSmallestPackage(folder: string): void {
	const file = 'Smallest.node.js';
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, file), node);
	const manifest = { name: 'n8n-nodes-smallest', version: '1.0.0', n8n: { n8nNodesApiVersion: 1, nodes: [file] } };
	writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
}
