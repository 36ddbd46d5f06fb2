import { CognigyAiClient } from '../../client/cognigyAi/cognigyAiClient';
import { V1Client } from '../../client/v1/v1Client';
import { describeMatrix } from './describeMatrix';
import { NOT_IN_V1, NOT_OPERATIONS } from './rows';
import { rows } from './table';

describeMatrix('Fault matrix', rows);

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
