import { isCloudEdition } from '../support/edition';
import { closeProxies } from '../support/proxy';
import { httpServer, type HttpTestServer } from '../support/servers';
import { cellsOf, runCell, type HostEnvironment } from './cell';
import type { Row } from './rows';
import { closeSetups } from '../support/setups';

/**
 * Runs every cell of the rows. How many passed in all, test/run/matrixReporter.cjs says.
 * @param title of the matrix: several files may run a part of it each
 * @param environment what there is besides the service, for each cell anew
 */
export function describeMatrix(
	title: string,
	rows: readonly Row[],
	environment: () => Promise<Pick<HostEnvironment, 'redis'>> = async () => ({}),
): void {
	let elsewhere: HttpTestServer;
	beforeEach(async () => {
		elsewhere = await httpServer((response) => response.end());
	});

	afterEach(async () => {
		await closeSetups();
		await closeProxies();
	});

	describe(isCloudEdition ? `${title}, cloud edition` : title, () => {
		const there = rows.filter((row) => cellsOf(row).length > 0);
		describe.each(there.map((row) => [`${row.backend}: ${row.name}`, row] as const))('%s', (_name, row) => {
			it.each(cellsOf(row).map((cell) => [`${cell.fault.name}, ${cell.mode}`, cell] as const))(
				'%s',
				async (_what, cell) => {
					await runCell(cell, { redirectTo: elsewhere.url, ...(await environment()) });
					expect(elsewhere.requests).toEqual([]);
				},
			);
		});
	});
}
