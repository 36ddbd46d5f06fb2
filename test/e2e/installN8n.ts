import { writeSync } from 'node:fs';

import { cloudEditionFolder, installN8n, packPackage } from '../../n8n-host';
import { n8nMajor } from './support';

/** Where globalSetup.cjs reads what this has packed. */
const RESULT = 3;

async function main(): Promise<void> {
	await installN8n(n8nMajor);
	writeSync(RESULT, [await packPackage(), await packPackage(cloudEditionFolder)].join('\n'));
}

void main();
