import { CognigyAiClient } from '../../client/cognigyAi/cognigyAiClient';
import { V1Client } from '../../client/v1/v1Client';
import { closeCognigyAiSetups } from '../support/cognigyAi';
import { closeProxies } from '../support/proxy';
import { closeServers, httpServer, type HttpTestServer } from '../support/servers';
import { closeV1Setups } from '../support/v1';
import { cellsOf, runCell } from './cell';
import { NOT_IN_V1, NOT_OPERATIONS } from './rows';
import { rows } from './table';

let passed = 0;
const cells = rows.flatMap(cellsOf);

let elsewhere: HttpTestServer;
beforeEach(async () => {
	elsewhere = await httpServer((response) => response.end());
});

afterEach(async () => {
	await closeV1Setups();
	await closeCognigyAiSetups();
	await closeProxies();
	await closeServers();
});

afterAll(() => {
	process.stdout.write(`Fault matrix: ${passed} of ${cells.length} cells passed\n`);
});

describe.each(rows.map((row) => [`${row.backend}: ${row.name}`, row] as const))('%s', (_name, row) => {
	it.each(cellsOf(row).map((cell) => [`${cell.fault.name}, ${cell.mode}`, cell] as const))(
		'%s',
		async (_what, cell) => {
			await runCell(cell, elsewhere.url);
			expect(elsewhere.requests).toEqual([]);
			passed++;
		},
	);
});

it.each([
	['v1', V1Client],
	['ai', CognigyAiClient],
] as const)('every operation of the client has its row: %s', (backend, { prototype }) => {
	const operations = Object.getOwnPropertyNames(prototype).filter(
		(name) => name !== 'constructor' && !NOT_OPERATIONS.some((other) => other === name),
	);
	const covered = new Set<string>(rows.filter((row) => row.backend === backend).map(({ operation }) => operation));
	const missing = operations.filter((name) => !covered.has(name));
	expect(missing).toEqual(backend === 'v1' ? NOT_IN_V1 : []);
});
