import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import cloud from '../editions/cloud.json';
import { Client } from '../../client/client';
import { NOT_IN_V1, NOT_OPERATIONS } from './rows';
import { parts, rows } from './table';

it.each(['v1', 'ai'])('every operation of the client has its row: %s', (backend) => {
	const operations = Object.getOwnPropertyNames(Client.prototype).filter(
		(name) => name !== 'constructor' && !NOT_OPERATIONS.some((other) => other === name),
	);
	const covered = new Set<string>(rows.filter((row) => row.backend === backend).map(({ operation }) => operation));
	const missing = operations.filter((name) => !covered.has(name));
	expect(missing).toEqual(backend === 'v1' ? NOT_IN_V1 : []);
});

/** Parts that do not run on the cloud edition, and why. */
const notOnCloud: Partial<Record<keyof typeof parts, string>> = {
	registry: 'there is no file and no Redis that could fail',
	silence: 'HTTP/2 is not used there',
	clock: 'it is the clock of the tests that is set, which both editions are given: nothing new for much time',
};

it('every part runs on the cloud edition, unless it is said why not', () => {
	const running = Object.keys(parts).filter((part) => cloud.run.includes(`faults/${part}`));
	expect(running).toEqual(Object.keys(parts).filter((part) => !(part in notOnCloud)));
});

it.each(Object.keys(parts))('the part "%s" runs in a file of its own', (part) => {
	const file = readFileSync(join(__dirname, `${part}.test.ts`), 'utf8');
	expect(file).toContain(`describeMatrix('Fault matrix', parts.${part});`);
});
