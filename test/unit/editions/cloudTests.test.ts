import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { differences } from '../../editions/differences';
import { root } from '../docs/support';

const { run, skip } = JSON.parse(readFileSync(join(root, 'test/editions/cloud.json'), 'utf8')) as {
	run: string[];
	skip: Record<string, string>;
};

/** Of tests that would run the same code on both editions. */
const SAME_CODE = 'same-code';

/** Of the fault matrix, which has files of rows only, it is the rows that say what differs. */
const isOfMatrix = (file: string) => file.startsWith('faults/');

const files = ['integration', 'security'].flatMap((folder) =>
	readdirSync(join(root, 'test', folder), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.test.ts'))
		.map((file) => `${folder}/${file.slice(0, -'.test.ts'.length)}`),
);

it('each test file runs on the cloud edition, or is skipped for a reason', () => {
	const listed = [...run, ...Object.keys(skip)].filter((file) => !isOfMatrix(file));
	expect(listed.sort()).toEqual(files.sort());
});

it('the reason is a difference between the editions, or that the code is the same', () => {
	const reasons = [...Object.keys(differences), SAME_CODE];
	expect(Object.entries(skip).filter(([, reason]) => !reasons.includes(reason))).toEqual([]);
});

it('tests that run on the cloud edition name a difference where they do not hold', () => {
	const known = Object.keys(differences);
	const named = run.flatMap((file) => {
		const source = readFileSync(join(root, 'test', `${file}.test.ts`), 'utf8');
		return [...source.matchAll(/\b(?:differs|itUnless|describeUnless)\(([^)]*)\)/g)].flatMap(([, list = '']) =>
			list.split(',').map((one) => [file, one.trim().replaceAll("'", '')]),
		);
	});
	expect(named.length).toBeGreaterThan(10);
	expect(named.filter(([, name = '']) => !known.includes(name))).toEqual([]);
});
