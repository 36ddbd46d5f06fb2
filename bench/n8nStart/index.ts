import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import {
	installN8n,
	installPackage,
	packPackage,
	readPackedManifest,
	type N8nInstallation,
	type Report,
} from '../../n8n-host';
import type { Bench } from '../bench';
import { loadInNewProcess, type LoadCost } from '../nodeLoader';
import { withWorkplace } from '../service';
import { resultsOf, textOf, type Loads, type Starts } from './result';
import { makeSmallestPackage } from './smallestPackage';
import { measureStart, SETTLE_MS, type Place } from './start';

/** What nodes load when they first run. */
const CLIENT = './dist/client';

/** What the package adds to n8n's start and to its memory, beside the same n8n without it. */
export const n8nStart: Bench = {
	name: 'n8n-start',
	async run({ quick, report }) {
		const installation = await installN8n('2', { report });
		const setup = {
			n8n: installation.version,
			starts: quick ? 1 : 15,
			settleSeconds: SETTLE_MS / 1000,
			loads: quick ? 3 : 30,
		};
		return await withWorkplace(async ({ folder }) => {
			const withIt = await placeWithPackage(join(folder, 'with'));
			const without = placeWithoutPackage(join(folder, 'without'));
			const smallest = join(folder, 'smallest');
			makeSmallestPackage(smallest);

			report(`n8n-start: n8n's own loader, ${setup.loads} new processes each`);
			const loads = await loadByTurns(installation, { ours: withIt.packageFolder, smallest }, setup.loads);
			report(`n8n-start: n8n with and without the package, ${setup.starts} starts each`);
			// The first start fills n8n's folder and does not count.
			if (!quick) for (const place of [withIt, without]) await measureStart(installation, place);
			const starts = await startByTurns(installation, { withIt, without }, setup.starts, report);
			const results = resultsOf(starts, loads, withIt.packageFolder);
			return { setup, results, text: textOf(results, setup) };
		});
	},
};

async function placeWithPackage(userFolder: string): Promise<Required<Place>> {
	const tarball = await packPackage();
	try {
		mkdirSync(userFolder);
		await installPackage(tarball, userFolder);
		const { name } = await readPackedManifest(tarball);
		// As n8n's loader names it, with links followed.
		const packageFolder = realpathSync(join(userFolder, '.n8n', 'nodes', 'node_modules', name));
		return { userFolder, packageFolder };
	} finally {
		rmSync(dirname(tarball), { recursive: true });
	}
}

function placeWithoutPackage(userFolder: string): Place {
	mkdirSync(userFolder);
	return { userFolder };
}

async function loadByTurns(
	installation: N8nInstallation,
	{ ours, smallest }: { ours: string; smallest: string },
	rounds: number,
): Promise<Loads> {
	const loads: Loads = { ours: [], smallest: [] };
	const inTurn: Array<[LoadCost[], () => Promise<LoadCost>]> = [
		[loads.ours, async () => await loadInNewProcess(installation, ours, CLIENT)],
		[loads.smallest, async () => await loadInNewProcess(installation, smallest)],
	];
	// The first reads the files from disk and does not count.
	for (const [, load] of inTurn) await load();
	for (let round = 0; round < rounds; round++) {
		for (const [costs, load] of inTurn) costs.push(await load());
	}
	return loads;
}

async function startByTurns(
	installation: N8nInstallation,
	{ withIt, without }: { withIt: Place; without: Place },
	rounds: number,
	report: Report,
): Promise<Starts> {
	const starts: Starts = { withIt: [], without: [] };
	for (let round = 1; round <= rounds; round++) {
		const inTurn = [
			async () => starts.withIt.push(await measureStart(installation, withIt)),
			async () => starts.without.push(await measureStart(installation, without)),
		];
		// Neither always comes first: what comes second may find the machine in another state.
		if (round % 2 === 0) inTurn.reverse();
		for (const start of inTurn) await start();
		const told = [starts.without, starts.withIt].map((all) => Math.round(all.at(-1)?.readyMs ?? NaN));
		report(`  round ${round}: ready after ${told[0]} ms without, ${told[1]} ms with the package`);
	}
	return starts;
}
