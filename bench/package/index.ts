import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { installN8n, packPackage } from '../../n8n-host';
import type { Bench } from '../bench';
import { loadInNewProcess } from '../nodeLoader';
import { withWorkplace } from '../service';
import { download, install, type InstalledPackage } from './install';
import { others } from './packages';
import { resultsOf, textOf, type Measured } from './result';

/** The package's size and what loading it takes, beside well-known community packages. */
export const packageCost: Bench = {
	name: 'package',
	async run({ quick, report }) {
		const installation = await installN8n('2', { report });
		const setup = { n8n: installation.version, loads: quick ? 2 : 15 };
		return await withWorkplace(async ({ folder }) => {
			const ours: Measured = { installed: await installOurs(join(folder, 'ours')), loads: [] };
			const measured: Measured[] = [];
			for (const [index, published] of (quick ? others.slice(0, 2) : others).entries()) {
				report(`package: installing ${published.name} ${published.version}`);
				const tarball = await download(published, folder);
				measured.push({ installed: await install(tarball, join(folder, String(index))), loads: [] });
			}
			report(`package: n8n's own loader, ${setup.loads} new processes each`);
			// The first round reads the files from disk and does not count.
			for (let round = 0; round <= setup.loads; round++) {
				for (const { installed, loads } of [ours, ...measured]) {
					const cost = await loadInNewProcess(installation, installed.folder);
					if (round > 0) loads.push(cost);
				}
			}
			const results = resultsOf(ours, measured);
			return { setup, results, text: textOf(results, setup) };
		});
	},
};

async function installOurs(userFolder: string): Promise<InstalledPackage> {
	const tarball = await packPackage();
	try {
		return await install(tarball, userFolder);
	} finally {
		rmSync(dirname(tarball), { recursive: true });
	}
}
